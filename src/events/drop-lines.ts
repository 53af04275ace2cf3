import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import type {JsonValue} from '../output/json.ts'
import {exactCount} from '../output/quantity.ts'
import {rfc3339} from '../output/time.ts'
import {decodeFrame} from '../packet/decode.ts'
import type {Packet} from '../packet/packet.ts'
import type {DropCopy, DropKind} from '../protocol/drops.ts'
import type {NamedPair, ShownDrop} from './drop-shown.ts'
import {meaningOf} from './drop-words.ts'
import {shortName} from './flow-text.ts'
import {icmpTypeName} from './icmp-names.ts'
import type {EndName} from './names.ts'
import {protocolName} from './protocol-names.ts'

export interface DropLineOptions {
  readonly palette: Palette
  readonly time: string
  readonly isWide: boolean
  /** Where several are looked at. */
  readonly node: string | undefined
}

/** `12 dropped by netfilter on eth0 of shop/web-0: a rule of … (NETFILTER_DROP in nft_do_chain), TCP fd00::1 → fd00::2`. */
export function dropText(drop: ShownDrop, options: DropLineOptions): string {
  const {palette, time, isWide, node} = options
  const {kind, count, pod} = drop
  const {layer, text} = meaningOf(kind)
  const where = [kind.reason, kind.symbol].filter((each) => each !== undefined).join(' in ')
  const owner = shortName(pod)
  const parts = [
    palette.quiet(time),
    ...(node === undefined ? [] : [palette.name(escapeText(node))]),
    `${palette.strong(exactCount(count))} dropped by ${palette.warning(layer)}`,
    ...(kind.interface === undefined ? [] : [`on ${escapeText(kind.interface)}`]),
    ...(owner === undefined ? [] : [`of ${palette.name(owner)}`]),
  ]
  const wide = isWide ? palette.quiet(`, ${wideText(drop)}`) : ''
  return `${parts.join(' ')}: ${text} (${escapeText(where)}), ${packetText(kind)}${pairsText(drop, palette)}${wide}\n`
}

/** `ICMPv6 neighbor-solicitation`. */
export const packetText = (kind: DropKind): string =>
  kind.icmpType === undefined
    ? protocolName(kind.protocol)
    : `${protocolName(kind.protocol)} ${icmpTypeName({family: kind.family, type: kind.icmpType})}`

function wideText({kind, total, network}: ShownDrop): string {
  const name = network?.name === undefined ? String(kind.network) : escapeText(network.name)
  return `${exactCount(total)} in all, ${kind.direction}, network namespace ${name}`
}

function pairsText(drop: ShownDrop, palette: Palette): string {
  const {pairs, count} = drop
  const [first] = pairs
  if (first === undefined) return ''
  const others = count - first.count
  return ` ${pairText(drop, first, palette)}${others > 0 ? `, and ${exactCount(others)} between others` : ''}`
}

/** `fd00::1 (shop/web-0) → fd00::2, e.g. port 443`. */
export function pairText(drop: Pick<ShownDrop, 'copy'>, pair: NamedPair, palette: Palette): string {
  const end = (address: string, name: EndName | undefined): string => {
    const text = shortName(name)
    return text === undefined ? address : `${address} (${palette.name(text)})`
  }
  const port = sampleOf(drop, pair)?.destinationPort
  const example = port === undefined ? '' : `, e.g. port ${port}`
  return `${end(pair.source, pair.from)} → ${end(pair.destination, pair.to)}${example}`
}

export interface DropPlace {
  readonly node: string
  readonly timeNs: bigint
  /** To be added to the times of copies. */
  readonly clockOffsetNs: bigint
}

/** The contract's `drop` lines: one for each pair of addresses, and one for those that are not known. */
export function dropObjects(drop: ShownDrop, place: DropPlace): readonly JsonValue[] {
  const known = drop.pairs.reduce((sum, {count}) => sum + count, 0)
  const lines = drop.pairs.map((pair) => dropObject(drop, place, pair))
  return drop.count > known ? [...lines, dropObject(drop, place, {count: drop.count - known})] : lines
}

function dropObject(drop: ShownDrop, place: DropPlace, pair: Partial<NamedPair> & {readonly count: number}): JsonValue {
  const {kind, total, network} = drop
  const here = [drop.pod, pair.to, pair.from].find((each) => each?.pod !== undefined)
  const {layer, text, isBenign} = meaningOf(kind)
  return {
    kind: 'drop',
    time: rfc3339(place.timeNs),
    node: place.node,
    interface: kind.interface,
    direction: kind.direction,
    reason: kind.reason,
    symbol: kind.symbol,
    layer,
    meaning: text,
    count: pair.count,
    total,
    family: kind.family,
    source: pair.source,
    destination: pair.destination,
    from: nameObject(pair.from),
    to: nameObject(pair.to),
    pod: here?.pod,
    namespace: here?.namespace,
    protocol: protocolName(kind.protocol),
    icmp: kind.icmpType === undefined ? undefined : {type: kind.icmpType, name: icmpTypeName({family: kind.family, type: kind.icmpType})}, // prettier-ignore
    sample: pair.source === undefined ? undefined : sampleObject(drop, pair, place),
    networkNamespace: kind.network === 0 ? undefined : kind.network,
    networkName: network?.name,
    benign: isBenign,
  }
}

function nameObject(name: EndName | undefined): JsonValue | undefined {
  if (name === undefined) return undefined
  const {namespace, pod, workload, service, node} = name
  return {namespace, pod, workload, service, node}
}

interface Sample {
  readonly sourcePort?: number
  readonly destinationPort?: number
  readonly packet: Packet
}

/** The newest copy, if it is of this pair. */
function sampleOf({copy}: Pick<ShownDrop, 'copy'>, {source, destination}: Partial<NamedPair>): Sample | undefined {
  if (copy === undefined) return undefined
  const packet = packetOf(copy)
  if (packet.ip?.source !== source || packet.ip?.destination !== destination) return undefined
  const {transport} = packet
  if (transport === undefined || !('sourcePort' in transport)) return {packet}
  return {packet, sourcePort: transport.sourcePort, destinationPort: transport.destinationPort}
}

function sampleObject(drop: ShownDrop, pair: Partial<NamedPair>, {clockOffsetNs}: DropPlace): JsonValue | undefined {
  const sample = sampleOf(drop, pair)
  if (sample === undefined || drop.copy === undefined) return undefined
  const {sourcePort, destinationPort, packet} = sample
  const time = rfc3339(BigInt(drop.copy.monotonicNs) + clockOffsetNs)
  return {time, length: drop.copy.length, hopLimit: packet.ip?.hopLimit, sourcePort, destinationPort}
}

const packetOf = ({bytes, length}: DropCopy): Packet =>
  decodeFrame({link: 'none', bytes: Buffer.from(bytes, 'base64'), length})
