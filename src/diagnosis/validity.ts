import {isLinkLocal, isMulticast} from '../address/scope.ts'
import {isGroupMac, isVirtualRouterMac, multicastMacOf} from './address-text.ts'
import type {Finding} from './finding.ts'
import {isDiscovery, type NeighbourMessage, who} from './neighbour-message.ts'
import {type Context, finding, type RuleKind} from './rule.ts'
import * as pages from './validity-pages.ts'

/** RFC 4861 §6.1, §7.1, §8.1 and RFC 6980: each message by itself, nothing remembered. */
export const validity: RuleKind = {
  pages: Object.values(pages),
  hears: {types: [133, 134, 135, 136, 137], packets: 'chained'},
  make: () => ({
    *hear(observation, context, message) {
      if (message !== undefined && isDiscovery(message)) yield* judge(message, context)
      else if (observation.type === 'packet') yield* judgeHidden(observation)
    },
  }),
}

type PacketObservation = Extract<Parameters<ReturnType<RuleKind['make']>['hear']>[0], {type: 'packet'}>

function* judge(message: NeighbourMessage, context: Context): Generator<Finding> {
  yield* judgeHeaders(message)
  yield* judgeContents(message)
  yield* judgeMacs(message, context)
}

const told = (message: NeighbourMessage): string =>
  `${message.where}: ${message.icmp.name} from ${message.source} (${who(message.mac, undefined)}) to ${message.destination}`

const saying = (message: NeighbourMessage) => ({
  timeNs: message.timeNs,
  interface: message.interface,
  about: `${message.icmp.type} ${message.source} ${message.mac}`,
})

function* judgeHeaders(message: NeighbourMessage): Generator<Finding> {
  const {ip, packet, icmp, source} = message
  const isAdvertisement = icmp.type === 134
  if (ip.hopLimit !== 255) {
    yield finding(pages.hopLimit, {
      ...saying(message),
      detail: `${icmp.name} from ${source} has hop limit ${ip.hopLimit}, so it may have crossed a router; every receiver discards it`,
      evidence: [told(message), `hop limit ${ip.hopLimit}, must be 255`],
    })
  }
  if ((isAdvertisement || icmp.type === 137) && !isLinkLocal(source)) {
    yield finding(pages.sourceNotLinkLocal, {
      ...saying(message),
      detail: `${icmp.name} from ${source}, which is not link-local; every receiver discards it`,
      evidence: [told(message)],
    })
  }
  if (packet.fragment !== undefined) {
    yield finding(pages.fragment, {
      ...saying(message),
      detail: `${icmp.name} from ${source} came in a fragment: that hides it from filters, and hosts discard it`,
      evidence: [told(message), `fragment identification ${packet.fragment.id}, ${packet.fragment.position}`],
    })
  }
  const hiding = packet.chain.filter((header) => header.name !== 'fragment').map((header) => header.name)
  if (hiding.length > 0) {
    yield finding(pages.extensionHeader, {
      ...saying(message),
      severity: isAdvertisement ? 'critical' : 'error',
      detail: `${icmp.name} from ${source} stands behind ${hiding.join(', ')}: Linux accepts it, filters may not see it`,
      evidence: [told(message), `headers: ${packet.chain.map((header) => header.name).join(', ')}`],
    })
  }
}

function* judgeContents(message: NeighbourMessage): Generator<Finding> {
  const {icmp, source} = message
  if (icmp.code !== 0) {
    yield finding(pages.code, {
      ...saying(message),
      detail: `${icmp.name} from ${source} has code ${icmp.code}; every receiver discards it`,
      evidence: [told(message), `code ${icmp.code}, must be 0`],
    })
  }
  if (icmp.checksum === 'wrong' && message.direction !== 'egress') {
    yield finding(pages.checksum, {
      ...saying(message),
      detail: `${icmp.name} from ${source} has a wrong checksum; every receiver discards it`,
      evidence: [told(message)],
    })
  }
  const broken = icmp.problems.find((problem) => problem.reason.startsWith('option'))
  if (broken !== undefined) {
    yield finding(pages.badOption, {
      ...saying(message),
      detail: `${icmp.name} from ${source}: ${broken.text}`,
      evidence: [told(message), `${broken.text} (${broken.reference})`],
    })
  }
}

function* judgeMacs(message: NeighbourMessage, context: Context): Generator<Finding> {
  const {mac, optionMac, destination, packet} = message
  if (optionMac !== undefined && mac !== '' && optionMac !== mac && !isAllowedMac(message, context)) {
    yield finding(pages.macMismatch, {
      ...saying(message),
      detail: `${message.icmp.name} from ${message.source} says ${optionMac}, but came from ${mac}`,
      evidence: [told(message), `option: ${who(optionMac, context.cluster.nameOf(optionMac))}`],
    })
  }
  const destinationMac = packet.destinationMac
  if (destinationMac === undefined || destinationMac === '') return
  const expected = isMulticast(destination) ? multicastMacOf(destination) : undefined
  const isWrong =
    expected === undefined ? isGroupMac(destinationMac) : destinationMac !== expected && isGroupMac(destinationMac)
  // RFC 6085: a multicast destination may be sent to one receiver's own MAC.
  if (!isWrong) return
  yield finding(pages.destinationMac, {
    ...saying(message),
    detail: `${message.icmp.name} to ${destination} was sent to ${destinationMac}${expected === undefined ? ', a group of Ethernet' : `, not to ${expected}`}`,
    evidence: [told(message)],
  })
}

function isAllowedMac({mac, optionMac = '', body}: NeighbourMessage, context: Context): boolean {
  // RFC 4861 §4.5: a redirect names the MAC of its target, not that of the router that sends it.
  if (body.kind === 'redirect') return true
  if (isVirtualRouterMac(mac) || isVirtualRouterMac(optionMac)) return true
  // A bridge, bond or macvlan of one node answers with the MAC of one device and sends by another.
  return context.node.isOwnMac(mac) && context.node.isOwnMac(optionMac)
}

/** RFC 7113 §2: a first fragment to a group of discovery that does not show what it carries. */
function* judgeHidden(observation: PacketObservation): Generator<Finding> {
  const {packet, timeNs} = observation
  const {ip, fragment} = packet
  if (ip?.family !== 6 || fragment?.position !== 'first' || packet.transport !== undefined) return
  if (!/^ff02::1(:ff[\da-f]{2}:[\da-f]+)?$/.test(ip.destination)) return
  if (packet.protocol !== undefined && packet.protocol !== 58) return
  yield finding(pages.fragment, {
    timeNs,
    interface: observation.interface,
    about: `hidden ${ip.source} ${packet.sourceMac ?? ''}`,
    detail: `a first fragment from ${ip.source} to ${ip.destination} hides which message it carries: the way to pass an RA by RA guard`,
    evidence: [
      `${observation.interface}: ${packet.sourceMac ?? 'no MAC'}, fragment identification ${fragment.id}, headers ${packet.chain.map((header) => header.name).join(', ')}`,
    ],
  })
}
