import {isLinkLocal} from '../address/scope.ts'
import type {InterfaceFacts, NodeFacts, RouteFacts} from '../protocol/facts.ts'
import {isInAny, isVirtualRouterMac} from './address-text.ts'
import type {ClusterFacts} from './observation.ts'

/** Names that CNIs give to a pod's end on the node, and to the bridges that only pods are behind. */
const podPort = /^(cali[\da-f]{8,}|lxc[\da-f]{8,}|veth[\da-f]{6,}|gke[\da-f]{8,}|eni[\da-f]{8,}|azv[\da-f]{8,})/
const podBridge = /^(cni\d+|cbr\d+|kube-bridge)$/

/** What the last facts say, ready to be asked. */
export class NodeView {
  facts: NodeFacts | undefined
  #interfaces: ReadonlyMap<string, InterfaceFacts> = new Map()
  #macs: ReadonlySet<string> = new Set()
  #addresses: ReadonlySet<string> = new Set()
  readonly #cluster: ClusterFacts

  constructor(cluster: ClusterFacts) {
    this.#cluster = cluster
  }

  learn(facts: NodeFacts): void {
    this.facts = facts
    this.#interfaces = new Map(facts.interfaces.map((item) => [item.name, item]))
    this.#macs = new Set(facts.interfaces.flatMap((item) => (item.mac === undefined ? [] : [item.mac])))
    this.#addresses = new Set(facts.interfaces.flatMap((item) => item.addresses.map((address) => address.ip)))
  }

  interface(name: string): InterfaceFacts | undefined {
    return this.#interfaces.get(name)
  }

  isOwnMac(mac: string): boolean {
    return this.#macs.has(mac)
  }

  isOwnAddress(ip: string): boolean {
    return this.#addresses.has(ip) || this.#cluster.nodeAddresses.includes(ip)
  }

  /** A link-local one on that interface, or on a virtual router's macvlan of it. */
  hasAddressOn(name: string, ip: string): boolean {
    if (!isLinkLocal(ip)) return this.isOwnAddress(ip)
    const devices = this.facts?.interfaces.filter(({addresses}) => addresses.some((address) => address.ip === ip)) ?? []
    return devices.some((device) => device.name === name || isVirtualRouterMac(device.mac ?? ''))
  }

  routesOf(name: string): readonly RouteFacts[] {
    return this.facts?.routes.filter((route) => route.interface === name) ?? []
  }

  /** Undefined where nothing is known of the interface's prefixes. */
  isOnLink(name: string, ip: string): boolean | undefined {
    if (isLinkLocal(ip)) return true
    const known = this.interface(name)
    if (known === undefined) return undefined
    const prefixes = known.addresses
      .map((address) => `${address.ip}/${address.prefixLength}`)
      .concat(this.routesOf(name).flatMap((route) => (route.gateway === undefined ? [route.destination] : [])))
    if (prefixes.every((prefix) => isLinkLocal(prefix) || prefix.startsWith('ff'))) return undefined
    return isInAny(ip, prefixes)
  }

  /** Whose neighbour lies behind it, where that is a pod: `pod default/p2`, by the interface or else by the MAC, or only `a pod`. */
  podBehind(name: string, mac?: string): string | undefined {
    const pod = this.#cluster.podOfInterface(name)
    if (pod !== undefined) return `pod ${pod}`
    const device = this.interface(name)
    if (device?.peer?.podUid !== undefined || podBridge.test(name) || podPort.test(name)) return this.#podWith(mac)
    const master = this.facts?.interfaces.find((item) => item.index === device?.master)
    return master !== undefined && podBridge.test(master.name) ? this.#podWith(mac) : undefined
  }

  #podWith(mac: string | undefined): string {
    const name = mac === undefined ? undefined : this.#cluster.nameOf(mac)
    return name !== undefined && /^[^ /]+\/[^ /]+$/.test(name) ? `pod ${name}` : 'a pod'
  }

  isDefaultRouter(ip: string): boolean {
    return this.facts?.routes.some((route) => route.destination === 'default' && route.gateway === ip) ?? false
  }
}
