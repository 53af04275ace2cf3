import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import type {JsonValue} from '../output/json.ts'
import {exactCount, plural} from '../output/quantity.ts'
import {rfc3339} from '../output/time.ts'
import {decodeFrame} from '../packet/decode.ts'
import type {Packet} from '../packet/packet.ts'
import type {DropCopy} from '../protocol/drops.ts'
import type {DropRow} from './drop-book.ts'
import {meaningOf} from './drop-words.ts'
import {shortName} from './flow-text.ts'
import type {Names} from './names.ts'
import {protocolName} from './protocol-names.ts'

export interface DropLineOptions {
  readonly palette: Palette
  readonly time: string
  readonly names: Names
  readonly isWide: boolean
  /** Where several are looked at. */
  readonly node: string | undefined
}

const packetOf = ({bytes, length}: DropCopy): Packet =>
  decodeFrame({link: 'none', bytes: Buffer.from(bytes, 'base64'), length})

/** `12 dropped by netfilter on eth0: a rule of … (NETFILTER_DROP in nft_do_chain), last TCP fd00::1 → fd00::2`. */
export function dropText({kind, count, total, copy}: DropRow, options: DropLineOptions): string {
  const {palette, time, names, isWide, node} = options
  const {layer, text} = meaningOf(kind)
  const where = [kind.reason, kind.symbol].filter((each) => each !== undefined).join(' in ')
  const parts = [
    palette.quiet(time),
    ...(node === undefined ? [] : [palette.name(escapeText(node))]),
    `${palette.strong(exactCount(count))} dropped by ${palette.warning(layer)}`,
    ...(kind.interface === undefined ? [] : [`on ${escapeText(kind.interface)}`]),
  ]
  const wide = isWide ? `, ${exactCount(total)} in all, network namespace ${kind.network}` : ''
  return `${parts.join(' ')}: ${text} (${escapeText(where)}), ${protocolName(kind.protocol)}${endsText(copy, names)}${wide}\n`
}

function endsText(copy: DropCopy | undefined, names: Names): string {
  const ip = copy === undefined ? undefined : packetOf(copy).ip
  if (ip === undefined) return ''
  const end = (address: string): string => {
    const name = shortName(names.lookup(address))
    return name === undefined ? address : `${address} (${escapeText(name)})`
  }
  return `, last ${end(ip.source)} → ${end(ip.destination)}`
}

export interface DropPlace {
  readonly node: string
  readonly timeNs: bigint
  readonly names: Names
}

/** The contract's `drop` line. */
export function dropObject({kind, count, total, copy}: DropRow, {node, timeNs, names}: DropPlace): JsonValue {
  const ip = copy === undefined ? undefined : packetOf(copy).ip
  const name = ip === undefined ? undefined : (names.lookup(ip.destination) ?? names.lookup(ip.source))
  const {layer, isBenign} = meaningOf(kind)
  return {
    kind: 'drop',
    time: rfc3339(timeNs),
    node,
    interface: kind.interface,
    reason: kind.reason,
    symbol: kind.symbol,
    layer,
    count,
    total,
    family: kind.family,
    source: ip?.source,
    destination: ip?.destination,
    pod: name?.pod,
    namespace: name?.namespace,
    protocol: protocolName(kind.protocol),
    networkNamespace: kind.network,
    benign: isBenign,
  }
}

const counterWords: Readonly<Record<string, string>> = {
  Ip6InDiscards: 'received, and dropped for want of memory',
  Ip6InNoRoutes: 'no route to their destination',
  Ip6OutNoRoutes: 'sent without a route',
  Ip6InHdrErrors: 'with an invalid header or a hop limit that ran out',
  Ip6InAddrErrors: 'not for this node',
  Ip6InTooBigErrors: 'too big for the next link',
  Ip6InUnknownProtos: 'with a next header that nothing handles',
  Ip6ReasmFails: 'fragments that could not be put together',
  Icmp6InErrors: 'invalid ICMPv6 messages',
  Udp6NoPorts: 'UDP datagrams to a port nobody has',
  Udp6RcvbufErrors: 'UDP datagrams to a full socket',
  'softnet dropped': 'all CPUs: the backlog was full',
  'softnet time_squeeze': 'all CPUs: work was left for later',
}

/** A line each for the counters that moved. */
export const countersText = (counters: Readonly<Record<string, number>>): string =>
  Object.entries(counters)
    .map(([name, value]) => `  ${escapeText(name)} +${exactCount(value)}${name in counterWords ? `  ${counterWords[name] ?? ''}` : ''}\n`)
    .join('') // prettier-ignore

export interface DropSums {
  readonly node: string
  readonly seconds: number
  readonly total: number
  readonly hidden: number
  readonly uncounted: number
  readonly counters: Readonly<Record<string, number>>
}

export function dropSummary({node, seconds, total, hidden, uncounted, counters}: DropSums): string {
  const benign = hidden === 0 ? '' : `; ${plural(hidden, 'benign drop')} not shown, --all shows them`
  const missing = uncounted === 0 ? '' : `  ${plural(uncounted, 'further drop')} could not be counted by reason\n`
  const moved = countersText(counters)
  const own = moved === '' ? "  the node's own counters of drops and errors did not move\n" : moved
  return `\n${escapeText(node)}: ${plural(total, 'packet')} dropped in ${seconds.toFixed(1)} s${benign}\n${missing}${own}`
}
