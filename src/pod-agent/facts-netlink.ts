import {formatIPv6} from '../address/text.ts'
import type {AddressFacts, AddressFlag, InterfaceFacts, NeighbourFacts, RouteFacts} from '../protocol/facts.ts'
import {settingsOf} from './facts-settings.ts'
import {dump, type DumpRequest, kindOf, readAttributes, textOf} from './rtnetlink.ts'

/** What RTM_NEWLINK says of an interface; addresses and groups come from elsewhere. */
export interface LinkFacts {
  readonly index: number
  /** IFLA_LINK: of a veth, the index of its other end in the namespace where that is. */
  readonly peerIndex: number | undefined
  readonly facts: Omit<InterfaceFacts, 'addresses' | 'groups' | 'peer'>
}

const inet6 = 10
const messageTypes = {getLink: 18, getAddress: 22, getRoute: 26, getNeighbour: 30}
const headerBytes = {link: 16, address: 8, route: 12, neighbour: 12}

const requestOf = (type: number, body: Uint8Array): DumpRequest => {
  return (sequence) => dump(type, body, sequence)
}
/** RTEXT_FILTER_SKIP_STATS of IFLA_EXT_MASK: counters are most of what a link says, and change with every packet. */
const withoutCounters = Uint8Array.of(8, 0, 29, 0, 8, 0, 0, 0)
const ofFamily = (length: number): Buffer => Buffer.alloc(length).fill(inet6, 0, 1)
const proxyFlag = 0x08
const proxyNeighbours = ofFamily(headerBytes.neighbour)
proxyNeighbours.writeUInt8(proxyFlag, 10)

export const requests = {
  links: requestOf(messageTypes.getLink, Buffer.concat([Buffer.alloc(headerBytes.link), withoutCounters])),
  addresses: requestOf(messageTypes.getAddress, ofFamily(headerBytes.address)),
  routes: requestOf(messageTypes.getRoute, ofFamily(headerBytes.route)),
  neighbours: requestOf(messageTypes.getNeighbour, ofFamily(headerBytes.neighbour)),
  proxies: requestOf(messageTypes.getNeighbour, proxyNeighbours),
} as const

const u32 = (bytes: Buffer | undefined): number | undefined => bytes?.readUInt32LE(0)
const ip = (bytes: Buffer | undefined): string | undefined => (bytes?.length === 16 ? formatIPv6(bytes) : undefined)
const macOf = (bytes: Buffer | undefined): string | undefined =>
  bytes?.length === 6 ? [...bytes].map((each) => each.toString(16).padStart(2, '0')).join(':') : undefined

/** Leaves out what is undefined. */
const given = <Fields extends object>(fields: Fields): {[Key in keyof Fields]?: Exclude<Fields[Key], undefined>} =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Fields]?: Exclude<Fields[Key], undefined>
  } // fromEntries forgets the keys

/** include/uapi/linux/if_link.h */
const linkAttributes = {mac: 1, name: 3, mtu: 4, link: 5, master: 10, details: 18, afSpecific: 26, linkNetns: 37}
const detailAttributes = {kind: 1, values: 2}
const bridgeAttributes = {snooping: 23, querier: 25, querierInterval: 32}
/** USER_HZ, in which a bridge tells its intervals. */
const ticksPerSecond = 100n
/** include/uapi/linux/if.h */
const linkFlags = {up: 0x1, noArp: 0x80}

export function readLinkFacts(body: Buffer): LinkFacts {
  const found = readAttributes(body.subarray(headerBytes.link))
  const nested = (from: Map<number, Buffer>, key: number) => readAttributes(from.get(key) ?? Buffer.alloc(0))
  const details = nested(found, linkAttributes.details)
  const kind = textOf(details.get(detailAttributes.kind)) || kindOf(body.readUInt16LE(2))
  const bridge = kind === 'bridge' ? nested(details, detailAttributes.values) : new Map<number, Buffer>()
  const claim = (key: number): boolean | undefined => {
    const value = bridge.get(key)
    return value === undefined ? undefined : value.readUInt8(0) !== 0
  }
  const ticks = bridge.get(bridgeAttributes.querierInterval)?.readBigUInt64LE(0)
  const index = body.readInt32LE(4)
  const flags = body.readUInt32LE(8)
  const facts = {
    name: textOf(found.get(linkAttributes.name)),
    index,
    kind,
    mtu: u32(found.get(linkAttributes.mtu)) ?? 0,
    isUp: (flags & linkFlags.up) !== 0,
    settings: settingsOf(nested(nested(found, linkAttributes.afSpecific), inet6)),
    ...given({
      mac: macOf(found.get(linkAttributes.mac)),
      isWithoutDiscovery: (flags & linkFlags.noArp) === 0 ? undefined : true,
      master: u32(found.get(linkAttributes.master)),
      multicastSnooping: claim(bridgeAttributes.snooping),
      multicastQuerier: claim(bridgeAttributes.querier),
      multicastQuerierSeconds: ticks === undefined ? undefined : Number(ticks / ticksPerSecond),
      hasPeerElsewhere: found.has(linkAttributes.linkNetns) ? true : undefined,
    }),
  }
  return {index, peerIndex: u32(found.get(linkAttributes.link)), facts}
}

/** include/uapi/linux/if_addr.h */
const addressAttributes = {address: 1, local: 2, cache: 6, flags: 8}
const addressFlags: readonly (readonly [bit: number, flag: AddressFlag])[] = [
  [0x01, 'temporary'],
  [0x02, 'nodad'],
  [0x04, 'optimistic'],
  [0x08, 'dadfailed'],
  [0x20, 'deprecated'],
  [0x40, 'tentative'],
  [0x80, 'permanent'],
  [0x100, 'managetempaddr'],
  [0x200, 'noprefixroute'],
  [0x800, 'stable-privacy'],
]
const forever = 0xffff_ffff

export function readAddressFacts(body: Buffer): {readonly index: number; readonly address: AddressFacts} | undefined {
  const found = readAttributes(body.subarray(headerBytes.address))
  const text = ip(found.get(addressAttributes.local) ?? found.get(addressAttributes.address))
  if (text === undefined) return undefined
  const bits = u32(found.get(addressAttributes.flags)) ?? body.readUInt8(2)
  const cache = found.get(addressAttributes.cache)
  const lifetime = (at: number): number | undefined => {
    const seconds = cache?.readUInt32LE(at)
    return seconds === forever ? undefined : seconds
  }
  const address = {
    ip: text,
    prefixLength: body.readUInt8(1),
    flags: addressFlags.filter(([bit]) => (bits & bit) !== 0).map(([, flag]) => flag),
    ...given({preferredLifetime: lifetime(0), validLifetime: lifetime(4)}),
  }
  return {index: body.readUInt32LE(4), address}
}

/** include/uapi/linux/rtnetlink.h */
const routeAttributes = {
  destination: 1,
  device: 4,
  gateway: 5,
  metric: 6,
  metrics: 8,
  multipath: 9,
  cache: 12,
  table: 15,
}
const mainTable = 254
const unicast = 1
const metricMtu = 2
const clockTicks = 100
/** /etc/iproute2/rt_protos of iproute2 6.1 */
const protocols: Readonly<Record<number, string>> = {
  0: 'unspec', 1: 'redirect', 2: 'kernel', 3: 'boot', 4: 'static', 8: 'gated', 9: 'ra', 10: 'mrt', 11: 'zebra',
  12: 'bird', 13: 'dnrouted', 14: 'xorp', 15: 'ntk', 16: 'dhcp', 17: 'mrouted', 18: 'keepalived', 42: 'babel',
  186: 'bgp', 187: 'isis', 188: 'ospf', 189: 'rip', 192: 'eigrp',
} // prettier-ignore

export type IndexedRoute = Omit<RouteFacts, 'interface'> & {readonly index: number}

interface Hop {
  readonly index: number
  readonly gateway: string | undefined
}

/** Of several next hops, the first: struct rtnexthop has its interface at 4 and its attributes at 8. */
function hopOf(found: Map<number, Buffer>): Hop | undefined {
  const hops = found.get(routeAttributes.multipath)
  if (hops !== undefined) {
    const own = readAttributes(hops.subarray(8, hops.readUInt16LE(0)))
    return {index: hops.readInt32LE(4), gateway: ip(own.get(routeAttributes.gateway))}
  }
  const index = u32(found.get(routeAttributes.device))
  return index === undefined ? undefined : {index, gateway: ip(found.get(routeAttributes.gateway))}
}

/** A unicast route of the main table. */
export function readRouteFacts(body: Buffer): IndexedRoute | undefined {
  const found = readAttributes(body.subarray(headerBytes.route))
  const table = u32(found.get(routeAttributes.table)) ?? body.readUInt8(4)
  const hop = hopOf(found)
  if (table !== mainTable || body.readUInt8(7) !== unicast || hop === undefined) return undefined
  const prefixLength = body.readUInt8(1)
  const prefix = ip(found.get(routeAttributes.destination)) ?? '::'
  const expires = found.get(routeAttributes.cache)?.readInt32LE(8) ?? 0
  const metrics = readAttributes(found.get(routeAttributes.metrics) ?? body.subarray(0, 0))
  const number = body.readUInt8(5)
  return {
    destination: prefixLength === 0 ? 'default' : `${prefix}/${prefixLength}`,
    index: hop.index,
    protocol: protocols[number] ?? String(number),
    metric: u32(found.get(routeAttributes.metric)) ?? 0,
    ...given({
      gateway: hop.gateway,
      mtu: u32(metrics.get(metricMtu)),
      expires: expires === 0 ? undefined : Math.round(expires / clockTicks),
    }),
  }
}

/** include/uapi/linux/neighbour.h */
const neighbourAttributes = {destination: 1, mac: 2}
const router = 0x80
const externallyLearned = 0x10
const states: Readonly<Record<number, string>> = {
  0: 'NONE', 1: 'INCOMPLETE', 2: 'REACHABLE', 4: 'STALE', 8: 'DELAY', 0x10: 'PROBE', 0x20: 'FAILED', 0x40: 'NOARP', 0x80: 'PERMANENT',
} // prettier-ignore

export type IndexedNeighbour = Omit<NeighbourFacts, 'interface'> & {readonly index: number}

export function readNeighbourFacts(body: Buffer): IndexedNeighbour | undefined {
  const found = readAttributes(body.subarray(headerBytes.neighbour))
  const text = ip(found.get(neighbourAttributes.destination))
  if (text === undefined) return undefined
  const flags = body.readUInt8(10)
  const state = body.readUInt16LE(8)
  return {
    index: body.readInt32LE(4),
    ip: text,
    state: states[state] ?? String(state),
    router: (flags & router) !== 0,
    proxy: (flags & proxyFlag) !== 0,
    ...given({
      mac: macOf(found.get(neighbourAttributes.mac)),
      isExternal: (flags & externallyLearned) === 0 ? undefined : true,
    }),
  }
}
