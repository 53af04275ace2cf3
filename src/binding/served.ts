import {withoutZone} from '../address/text.ts'
import type {HeldSocket, Transport} from '../protocol/binding.ts'
import {reachOf} from './rule.ts'

/** A pod as the cluster describes it: what it declares, and who sends packets to it. */
export interface ServedPod {
  readonly namespace: string
  readonly pod: string
  /** Ids of its containers. */
  readonly containers: readonly string[]
  /** Its addresses, the primary one first. */
  readonly ips: readonly string[]
  readonly ports: readonly DeclaredPort[]
  readonly probes: readonly Probe[]
  readonly services: readonly ServicePort[]
}

export interface DeclaredPort {
  readonly container: string
  readonly name?: string
  readonly port: number
  readonly protocol: Transport
}

/** What the kubelet asks over TCP: whether a container is well, or what its hooks are. */
export interface Probe {
  readonly container: string
  readonly kind: 'startup' | 'readiness' | 'liveness' | 'postStart' | 'preStop'
  readonly port: number
  /** Where it names an address of the pod; the pod's primary one without. */
  readonly host?: string
}

/** One port of a Service that selects the pod. */
export interface ServicePort {
  readonly service: string
  readonly port: number
  /** The pod's. */
  readonly target: number
  readonly protocol: Transport
  readonly families: readonly (4 | 6)[]
}

/** What the cluster knows of one socket. */
export interface Uses {
  readonly ports: readonly DeclaredPort[]
  readonly services: readonly ServicePort[]
  readonly probes: readonly Probe[]
}

export const familyOf = (ip: string): 4 | 6 => (ip.includes(':') ? 6 : 4)

const isOwnedBy = ({owner}: HeldSocket, {namespace, pod}: ServedPod): boolean =>
  owner?.named === undefined || (owner.named.namespace === namespace && owner.named.pod === pod)

/** Of several pods in a node's own namespace, those that the socket may belong to. */
export function usesOf(socket: HeldSocket, pods: readonly ServedPod[]): Uses {
  const own = pods.filter((pod) => isOwnedBy(socket, pod))
  const isHere = ({port, protocol}: {readonly port: number; readonly protocol: Transport}): boolean =>
    port === socket.port && protocol === socket.protocol
  return {
    ports: own.flatMap(({ports}) => ports).filter(isHere),
    services: own.flatMap(({services}) => services).filter(({target: port, protocol}) => isHere({port, protocol})),
    probes: own.flatMap(({probes}) => probes).filter(({port}) => isHere({port, protocol: 'tcp'})),
  }
}

/** Whether packets to this address of the namespace come to the socket. */
export function hears(socket: HeldSocket, ip: string): boolean {
  if (socket.device === 'lo') return false
  const {ipv4, ipv6} = reachOf({address: withoutZone(socket.address), v6only: socket.v6only})
  const reach = familyOf(ip) === 4 ? ipv4 : ipv6
  return reach === '*' || reach === ip
}

/** Loopback listeners are for the namespace itself. */
export const isLoopback = ({address, device}: HeldSocket): boolean =>
  device === 'lo' || /^(127\.|::1$|::ffff:127\.)/.test(address)
