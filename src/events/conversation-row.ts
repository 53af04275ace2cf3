import {classOf} from '../address/class.ts'
import {formatBytes} from '../address/text.ts'
import {extensionHeaders, fragmentPositions} from '../generated/words.ts'
import type {ConversationBook} from './conversation-book.ts'
import {type Conversation, counterOf, type End, type Point} from './conversation.ts'
import {type Endpoint, type Icmp, setBits, tcpFlagNames} from './flow-row.ts'
import type {Names} from './names.ts'
import {protocolName} from './protocol-names.ts'

export interface Counts {
  readonly packets: number
  readonly bytes: number
}

export interface Hop {
  readonly node: string
  readonly interface: string
  readonly direction: 'ingress' | 'egress'
  readonly forward: Counts
  readonly backward: Counts
}

/** A conversation as one row. Its counts are those of one interface, the one that saw most of it, and never the sum over its path. */
export interface ConversationRow {
  readonly key: string
  readonly family: 4 | 6
  readonly protocol: string
  readonly icmp?: Icmp
  readonly source: Endpoint
  readonly destination: Endpoint
  readonly counts: Counts
  readonly forward: Counts
  readonly backward: Counts
  /** In one second, over the last drain. */
  readonly rate: Counts
  readonly countedAt: {readonly node: string; readonly interface: string}
  readonly path: readonly Hop[]
  readonly firstNs: bigint
  readonly lastNs: bigint
  readonly tcpFlags: readonly string[]
  readonly headers: readonly string[]
  readonly fragments: readonly string[]
}

/** A packet that is forwarded back through the interface it came by is seen there twice; the larger of the two counts it once. */
const through = (counts: Float64Array, isForward: boolean): Counts => ({
  packets: Math.max(counts[counterOf(isForward, true)] ?? 0, counts[counterOf(isForward, false)] ?? 0),
  bytes: Math.max(counts[counterOf(isForward, true) + 1] ?? 0, counts[counterOf(isForward, false) + 1] ?? 0),
})

const sum = (a: Counts, b: Counts): Counts => ({packets: a.packets + b.packets, bytes: a.bytes + b.bytes})

const seenAt = (counts: Float64Array): Counts => sum(through(counts, true), through(counts, false))

/** What ranks a row, without making one. */
export function ratedCounts(
  conversation: Conversation,
  book: ConversationBook,
): {readonly point: Point | undefined; readonly counts: Counts; readonly rate: Counts} {
  let best: Point | undefined
  let most: Counts = {packets: -1, bytes: -1}
  for (const point of conversation.points.values()) {
    const counts = seenAt(point.counts)
    if (counts.packets > most.packets) [best, most] = [point, counts]
  }
  const beat = best === undefined ? undefined : book.beatOf(best.state)
  if (best === undefined || beat?.drain !== best.drain) return {point: best, counts: most, rate: {packets: 0, bytes: 0}}
  const recent = seenAt(best.recent)
  return {point: best, counts: most, rate: {packets: recent.packets / beat.seconds, bytes: recent.bytes / beat.seconds}}
}

export function conversationRow(
  key: string,
  conversation: Conversation,
  context: {readonly book: ConversationBook; readonly names: Names},
): ConversationRow {
  const {point, counts, rate} = ratedCounts(conversation, context.book)
  const {family, protocol, icmp, marks, firstNs, lastNs} = conversation
  const endpoint = ({bytes, port}: End): Endpoint => {
    const ip = formatBytes(bytes, family)
    return {ip, ...(port === undefined ? {} : {port}), class: classOf(bytes, family), name: context.names.lookup(ip)}
  }
  const none = new Float64Array(8)
  const source = endpoint(conversation.source)
  const destination = endpoint(conversation.destination)
  return {
    key,
    family,
    protocol: protocolName(protocol),
    ...(icmp === undefined ? {} : {icmp}),
    source,
    destination,
    counts,
    forward: through(point?.counts ?? none, true),
    backward: through(point?.counts ?? none, false),
    rate,
    countedAt: {node: point?.state.node ?? '', interface: point?.state.interfaces.nameOf(point.index) ?? ''},
    path: pathOf(conversation, {from: source.name?.node, to: destination.name?.node}),
    firstNs,
    lastNs,
    tcpFlags: setBits(marks & 0xff, tcpFlagNames),
    headers: setBits((marks >>> 8) & 0xff, extensionHeaders),
    fragments: setBits((marks >>> 16) & 0xff, fragmentPositions),
  }
}

/** Interfaces in the order in which a packet from the source meets them. */
function pathOf(
  {points}: Conversation,
  {from, to}: {readonly from: string | undefined; readonly to: string | undefined},
): readonly Hop[] {
  const nodeRank = (node: string): number => (node === from ? 0 : node === to ? 2 : 1)
  return [...points.values()]
    .map((point) => ({hop: hopOf(point), rank: nodeRank(point.state.node) * 4 + hookRank(point)}))
    .sort(
      (a, b) =>
        a.rank - b.rank || a.hop.node.localeCompare(b.hop.node) || a.hop.interface.localeCompare(b.hop.interface),
    )
    .map(({hop}) => hop)
}

function hopOf({state, index, counts}: Point): Hop {
  return {
    node: state.node,
    interface: state.interfaces.nameOf(index),
    direction: entersForward(counts) ? 'ingress' : 'egress',
    forward: through(counts, true),
    backward: through(counts, false),
  }
}

/** Where a forward packet comes in, a backward one goes out. */
const entersForward = (counts: Float64Array): boolean =>
  (counts[counterOf(true, true)] ?? 0) + (counts[counterOf(false, false)] ?? 0) >=
  (counts[counterOf(true, false)] ?? 0) + (counts[counterOf(false, true)] ?? 0)

/** In through the port, then its bridge; out through the bridge, then its port. */
function hookRank({state, index, counts}: Point): number {
  const isPort = state.interfaces.get(index)?.master !== undefined
  if (entersForward(counts)) return isPort ? 0 : 1
  return isPort ? 3 : 2
}
