import type {AddressFacts, InterfaceFacts, NodeFacts} from '../protocol/facts.ts'
import {BoundedMap} from './bounded-map.ts'
import {conflict, missing} from './dad-pages.ts'
import type {Finding} from './finding.ts'
import type {NeighbourMessage} from './neighbour-message.ts'
import {finding} from './rule.ts'

/** What the node's own addresses say of duplicate address detection. */
export class AddressNews {
  #known: ReadonlySet<string> | undefined
  /** New addresses that have their question still before them, with the time when they appeared. */
  #tentative: ReadonlyMap<string, number> = new Map()
  /** When each interface was first heard: where nobody listens, no question is seen. */
  readonly #heardSince = new BoundedMap<string, number>(512)

  hearMessage({interface: name, at}: NeighbourMessage): void {
    if (this.#heardSince.get(name) === undefined) this.#heardSince.set(name, at)
  }

  *hear(facts: NodeFacts, timeNs: bigint, askedAt: (ip: string) => number | undefined): Generator<Finding> {
    const at = Number(timeNs) / 1e9
    const [known, tentative] = [new Set<string>(), new Map<string, number>()]
    for (const device of facts.interfaces) {
      for (const address of device.addresses) {
        const about = `${device.name} ${address.ip}`
        if (address.flags.includes('dadfailed')) yield failed(device, address, timeNs)
        const isNew = this.#known?.has(about) === false
        const since = this.#tentative.get(about) ?? at
        if (isNew && address.flags.includes('tentative')) {
          tentative.set(about, since)
          continue
        }
        known.add(about)
        if (!isNew || !isAskedFor(device, address) || at - (askedAt(address.ip) ?? -Infinity) < 10) continue
        if ((this.#heardSince.get(device.name) ?? Infinity) < since) yield unasked(device, address, timeNs)
      }
    }
    this.#known = known
    this.#tentative = tentative
  }
}

const isAskedFor = (device: InterfaceFacts, address: AddressFacts): boolean =>
  device.mac !== undefined &&
  device.isUp &&
  device.isWithoutDiscovery !== true &&
  device.settings['dad_transmits'] !== 0 &&
  device.settings['accept_dad'] !== 0 &&
  !['dummy', 'loopback'].includes(device.kind) &&
  !address.flags.some((flag) => flag === 'nodad' || flag === 'optimistic')

const unasked = ({name}: InterfaceFacts, {ip, flags}: AddressFacts, timeNs: bigint): Finding =>
  finding(missing, {
    timeNs,
    interface: name,
    about: `${name} ${ip}`,
    detail: `${ip} appeared on ${name}, and nobody was asked whether it is free`,
    evidence: [`flags: ${flags.join(', ') || 'none'}`],
  })

const failed = (device: InterfaceFacts, {ip}: AddressFacts, timeNs: bigint): Finding =>
  finding(conflict, {
    timeNs,
    interface: device.name,
    about: ip,
    detail: `${ip} on ${device.name} of this node is a duplicate: the kernel does not use it`,
    evidence: [`ip -6 addr show dev ${device.name}: ${ip} dadfailed`],
    fix: `ip -6 addr del ${ip} dev ${device.name}; find who else has it: ndisc6 -q ${ip} ${device.name}`,
  })
