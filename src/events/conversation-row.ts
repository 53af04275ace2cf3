import {classOf} from '../address/class.ts'
import {formatBytes} from '../address/text.ts'
import {extensionHeaders, fragmentPositions} from '../generated/words.ts'
import type {ConversationBook} from './conversation-book.ts'
import {type Hop, pathOf} from './conversation-path.ts'
import {type Conversation, type Counts, type End, type Point, through} from './conversation.ts'
import {type Endpoint, type Icmp, setBits, tcpFlagNames} from './flow-row.ts'
import type {Names} from './names.ts'
import {protocolName} from './protocol-names.ts'

export type {Hop} from './conversation-path.ts'
export type {Counts} from './conversation.ts'

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
