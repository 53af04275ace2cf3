import type {ConversationBook} from './conversation-book.ts'
import {type ConversationRow, conversationRow, type Counts, ratedCounts} from './conversation-row.ts'
import type {Conversation} from './conversation.ts'
import {detailOf, shortName, socketText} from './flow-text.ts'
import type {LiveChoice} from './live-choice.ts'
import type {Names} from './names.ts'

export const sortOrders = ['bit rate', 'packet rate', 'bytes', 'packets', 'age'] as const
export type SortOrder = (typeof sortOrders)[number]

export interface Ranked {
  readonly key: string
  readonly conversation: Conversation
  readonly counts: Counts
  readonly rate: Counts
}

export interface LiveContext {
  readonly book: ConversationBook
  readonly names: Names
}

/** Every conversation in the chosen order, and what they add up to in a second. */
export function rank(
  {book, names}: LiveContext,
  {sort, isReversed, filter}: LiveChoice<SortOrder>,
): {readonly rows: readonly Ranked[]; readonly rate: Counts} {
  const rows: Ranked[] = []
  const rate = {packets: 0, bytes: 0}
  const wanted = filter.toLowerCase()
  for (const [key, conversation] of book.entries()) {
    const rated = ratedCounts(conversation, book)
    rate.packets += rated.rate.packets
    rate.bytes += rated.rate.bytes
    const ranked = {key, conversation, counts: rated.counts, rate: rated.rate}
    if (wanted === '' || searchText(rowOf(ranked, {book, names})).includes(wanted)) rows.push(ranked)
  }
  const order = isReversed ? -1 : 1
  rows.sort(
    (a, b) =>
      order * (weight(b, sort) - weight(a, sort) || b.counts.bytes - a.counts.bytes) || (a.key < b.key ? -1 : 1),
  )
  return {rows, rate}
}

function weight({counts, rate, conversation}: Ranked, sort: SortOrder): number {
  switch (sort) {
    case 'bit rate':
      return rate.bytes
    case 'packet rate':
      return rate.packets
    case 'bytes':
      return counts.bytes
    case 'packets':
      return counts.packets
    case 'age':
      return Number(-conversation.firstNs / 1_000_000n)
  }
}

export const rowOf = ({key, conversation}: Ranked, context: LiveContext): ConversationRow =>
  conversationRow(key, conversation, context)

/** What `/` looks in: both ends by address and by name, protocol, interfaces and nodes. */
function searchText(row: ConversationRow): string {
  const ends = [row.source, row.destination].flatMap((end) => [
    socketText(end),
    shortName(end.name),
    end.name?.workload,
    end.name?.service,
    end.class,
  ])
  const places = row.path.flatMap((hop) => [hop.node, hop.interface])
  return [...ends, row.protocol, detailOf(row), ...places].join(' ').toLowerCase()
}
