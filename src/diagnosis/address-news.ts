import type {AddressFacts, InterfaceFacts, NodeFacts} from '../protocol/facts.ts'
import {conflict, missing} from './dad-pages.ts'
import type {Finding} from './finding.ts'
import {finding} from './rule.ts'

/** What the node's own addresses say of duplicate address detection. */
export class AddressNews {
  #known: ReadonlySet<string> | undefined;

  *hear(facts: NodeFacts, timeNs: bigint, askedAt: (ip: string) => number | undefined): Generator<Finding> {
    const before = this.#known
    const now = new Set<string>()
    for (const device of facts.interfaces) {
      for (const address of device.addresses) {
        const about = `${device.name} ${address.ip}`
        now.add(about)
        if (address.flags.includes('dadfailed')) yield failed(device, address, timeNs)
        if (before === undefined || before.has(about) || !isAskedFor(device, address)) continue
        const at = askedAt(address.ip)
        if (at !== undefined && Number(timeNs) / 1e9 - at < 10) continue
        yield finding(missing, {
          timeNs,
          interface: device.name,
          about,
          detail: `${address.ip} appeared on ${device.name}, and nobody was asked whether it is free`,
          evidence: [`flags: ${address.flags.join(', ') || 'none'}`],
        })
      }
    }
    this.#known = now
  }
}

const isAskedFor = (device: InterfaceFacts, address: AddressFacts): boolean =>
  device.mac !== undefined &&
  device.isUp &&
  device.isWithoutDiscovery !== true &&
  device.settings['dad_transmits'] !== 0 &&
  device.settings['accept_dad'] !== 0 &&
  !['dummy', 'loopback'].includes(device.kind) &&
  // A tentative address has its question still before it.
  !address.flags.some((flag) => flag === 'nodad' || flag === 'optimistic' || flag === 'tentative')

const failed = (device: InterfaceFacts, {ip}: AddressFacts, timeNs: bigint): Finding =>
  finding(conflict, {
    timeNs,
    interface: device.name,
    about: ip,
    detail: `${ip} on ${device.name} of this node is a duplicate: the kernel does not use it`,
    evidence: [`ip -6 addr show dev ${device.name}: ${ip} dadfailed`],
    fix: `ip -6 addr del ${ip} dev ${device.name}; find who else has it: ndisc6 -q ${ip} ${device.name}`,
  })
