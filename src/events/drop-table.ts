import {keyOf} from './drop-book.ts'
import {packetText} from './drop-lines.ts'
import type {NamedPair, ShownDrop} from './drop-shown.ts'
import {meaningOf} from './drop-words.ts'
import {shortName} from './flow-text.ts'
import type {LiveChoice} from './live-choice.ts'
import type {NodeState} from './node-state.ts'

export const dropOrders = ['rate', 'packets', 'newest'] as const
export type DropOrder = (typeof dropOrders)[number]

/** Drops of one kind on one node since the start; `count` leaves out what a filter on names does. */
export interface TabledDrop extends ShownDrop {
  readonly key: string
  readonly node: string
  readonly isBenign: boolean
  /** Packets a second in the last refresh. */
  readonly rate: number
  readonly firstNs: bigint
  readonly lastNs: bigint
}

export interface DropGrowth {
  readonly rows: readonly ShownDrop[]
  /** How long the node counted for it. */
  readonly seconds: number
}

export interface RankedDrops {
  readonly rows: readonly TabledDrop[]
  /** Those that the text after / leaves out are counted here too. */
  readonly kinds: number
  readonly rate: number
}

/** Of each kind so many pairs of addresses are remembered: the heaviest. */
const mostPairs = 32

/** What was dropped so far, a row a kind. */
export class DropTable {
  readonly #rows = new Map<string, TabledDrop>()

  /** What grew on a node; all that did not has no rate any more. */
  add({key: place, node, nowNs}: NodeState, {rows, seconds}: DropGrowth): void {
    for (const [key, row] of this.#rows)
      if (row.rate > 0 && key.startsWith(`${place} `)) this.#rows.set(key, {...row, rate: 0})
    for (const row of rows) {
      const key = `${place} ${keyOf(row.kind)}`
      const before = this.#rows.get(key)
      this.#rows.set(key, {
        ...row,
        key,
        node,
        count: row.count + (before?.count ?? 0),
        pairs: joinPairs(row.pairs, before?.pairs ?? []),
        isBenign: meaningOf(row.kind).isBenign,
        rate: row.count / seconds,
        firstNs: before?.firstNs ?? nowNs,
        lastNs: nowNs,
      })
    }
  }

  /** In the chosen order; benign ones only where they are asked for. */
  rank({sort, isReversed, filter}: LiveChoice<DropOrder>, {isAll}: {readonly isAll: boolean}): RankedDrops {
    const wanted = filter.toLowerCase()
    const all = [...this.#rows.values()].filter(({isBenign}) => isAll || !isBenign)
    const order = isReversed ? -1 : 1
    const rows = all
      .filter((row) => wanted === '' || searchText(row).includes(wanted))
      .sort((a, b) => order * (weight(b, sort) - weight(a, sort) || b.count - a.count) || (a.key < b.key ? -1 : 1))
    return {rows, kinds: all.length, rate: all.reduce((sum, {rate}) => sum + rate, 0)}
  }
}

function weight({rate, count, lastNs}: TabledDrop, sort: DropOrder): number {
  switch (sort) {
    case 'rate':
      return rate
    case 'packets':
      return count
    case 'newest':
      return Number(lastNs / 1_000_000n)
  }
}

function joinPairs(newer: readonly NamedPair[], older: readonly NamedPair[]): readonly NamedPair[] {
  const all = new Map(older.map((pair) => [`${pair.source} ${pair.destination}`, pair]))
  for (const pair of newer) {
    const key = `${pair.source} ${pair.destination}`
    all.set(key, {...pair, count: pair.count + (all.get(key)?.count ?? 0)})
  }
  return [...all.values()].sort((a, b) => b.count - a.count).slice(0, mostPairs)
}

/** What `/` looks in: the reason and the function, words and names, addresses and places. */
function searchText(row: TabledDrop): string {
  const {kind, pairs, network, pod, node} = row
  const {layer, text} = meaningOf(kind)
  const ends = pairs.flatMap(({source, destination, from, to}) => [source, destination, shortName(from), shortName(to)])
  const parts = [kind.reason, kind.symbol, layer, text, packetText(kind), kind.interface, network?.name, shortName(pod), node]
  return [...parts, ...ends].join(' ').toLowerCase()
} // prettier-ignore
