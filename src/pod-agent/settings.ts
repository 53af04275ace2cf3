import {unreadableSettings} from '../errors.ts'
import {
  type AddressClause,
  type AgentSettings,
  type Feeds,
  filterLimits,
  type IcmpClause,
  type KernelFilter,
  type PortClause,
  type Prefix,
  type ProtocolClause,
} from '../protocol/settings.ts'
import type {BindQuestion, ListenersQuestion} from '../protocol/binding.ts'
import type {ClientsQuestion} from '../protocol/clients.ts'
import {boolean, integer, list, oneOf, optional, record, type Shape, ShapeError, text} from './shape.ts'

/** setTimeout takes 31 bits; what is longer fires at once. */
const longestMs = 2 ** 31 - 1

const side = oneOf('any', 'source', 'destination')

const prefix = record<Prefix>({
  address: text(/^[0-9a-f]{32}$/, '32 hexadecimal digits'),
  length: integer(0, 128),
})

const port = integer(0, 65_535)

const range: Shape<{first: number; last: number}> = (value, path) => {
  const {first, last} = record<{first: number; last: number}>({first: port, last: port})(value, path)
  if (first > last) throw new ShapeError(path, 'a range that ends after it starts')
  return {first, last}
}

const filter = record<KernelFilter>({
  families: list(oneOf(4, 6), {least: 1, most: 2}),
  direction: optional(oneOf('ingress', 'egress')),
  addresses: list(
    record<AddressClause>({side, negate: boolean, prefixes: list(prefix, {least: 1, most: filterLimits.prefixes})}),
    {most: filterLimits.addressClauses},
  ),
  ports: list(record<PortClause>({side, negate: boolean, ranges: list(range, {least: 1, most: filterLimits.ranges})}), {
    most: filterLimits.portClauses,
  }),
  protocols: list(
    record<ProtocolClause>({
      negate: boolean,
      numbers: list(integer(0, 255), {least: 1, most: filterLimits.protocols}),
    }),
    {most: filterLimits.protocols},
  ),
  icmpTypes: list(
    record<IcmpClause>({negate: boolean, types: list(integer(0, 255), {least: 1, most: filterLimits.icmpTypes})}),
    {most: filterLimits.icmpTypes},
  ),
})

const patterns = list(text(/^!?[^!/\s]+$/, 'a pattern of interface names'), {most: 256})

const feeds = record<Feeds>({
  icmpTypes: list(integer(0, 255), {most: 256}),
  copiesPerSecond: optional(integer(1, 100_000)),
  chains: boolean,
  neighbours: boolean,
  drops: oneOf<boolean | 'discovery'>(true, false, 'discovery'),
  dropInterfaces: optional(patterns),
  retransmissions: boolean,
  facts: boolean,
})

const address = text(/^[\da-fA-F:.]+(%[^\s%/]{1,15})?$/, 'an address')

const bindQuestion = record<BindQuestion>({
  port: optional(integer(1, 65_535)),
  protocols: list(oneOf('tcp', 'udp'), {least: 1, most: 2}),
  addresses: list(address, {most: 16}),
  uid: optional(integer(0, 2 ** 32 - 2)),
  inPlace: boolean,
  server: optional(
    record<NonNullable<BindQuestion['server']>>({
      port: integer(1, 65_535),
      addresses: list(address, {least: 1, most: 2}),
    }),
  ),
})

const powerOfTwo: Shape<number> = (value, path) => {
  const number = integer(4, 2 ** 22)(value, path)
  if ((number & (number - 1)) !== 0) throw new ShapeError(path, 'a power of two')
  return number
}

const settings = record<AgentSettings>({
  run: text(/^[0-9a-f]{16}$/, '16 hexadecimal digits'),
  publicKey: text(/^[A-Za-z0-9+/]{43}=$/, '32 bytes in base64'),
  port,
  hook: oneOf('auto', 'tcx', 'clsact', 'xdp', 'xdp-native', 'xdp-generic'),
  interfaces: patterns,
  flows: powerOfTwo,
  intervalMs: integer(10, longestMs),
  silenceMs: integer(300, longestMs),
  maxDurationMs: integer(1, longestMs),
  containers: optional(list(text(/^[0-9a-zA-Z_.-]{8,128}$/, 'the id of a container'), {least: 1, most: 256})),
  filter,
  feeds,
  bindcheck: optional(bindQuestion),
  listeners: optional(record<ListenersQuestion>({everywhere: boolean})),
  clients: optional(record<ClientsQuestion>({connections: boolean})),
  sweep: optional(oneOf(true)),
})

/** Reads the one argument of the agent; whatever is off is refused by its path. */
export function readSettings(argument: string | undefined): AgentSettings {
  if (argument === undefined) throw unreadableSettings('there is no argument')
  try {
    return settings(JSON.parse(argument), 'settings')
  } catch (cause) {
    if (cause instanceof ShapeError || cause instanceof SyntaxError) throw unreadableSettings(cause.message, cause)
    throw cause
  }
}
