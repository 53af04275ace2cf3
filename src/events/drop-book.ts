import type {DropCopy, DropCount, DropKind, DropPair, DropReport, NetworkFacts} from '../protocol/drops.ts'

/** Drops of one kind. */
export interface DropRow {
  readonly kind: DropKind
  /** Since the row was last told; of these, `pairs` says who sent them to whom as far as it is known. */
  readonly count: number
  readonly total: number
  readonly pairs: readonly DropPair[]
  /** The newest copy. */
  readonly copy?: DropCopy
}

interface Kept {
  readonly kind: DropKind
  readonly key: string
  total: number
  copied: number
  told: number
  pairs: Map<string, DropPair>
}

export type DropRest = Pick<DropReport, 'uncounted' | 'filtered' | 'copiesLost' | 'counters'>

/** What one node has dropped so far. The kernel's counts are cumulative. */
export class DropBook {
  readonly #rows = new Map<string, Kept>()
  readonly #copies = new Map<string, DropCopy>()
  readonly #networks = new Map<number, NetworkFacts>()
  #rest: DropRest = {uncounted: 0, filtered: 0, copiesLost: 0, counters: {}}

  add({counts, networks, ...rest}: DropReport): void {
    this.#rest = rest
    for (const [inode, each] of Object.entries(networks)) this.#networks.set(Number(inode), each)
    for (const each of counts) this.#addCount(each)
  }

  keep(copies: readonly DropCopy[]): void {
    for (const copy of copies) this.#copies.set(keyOf(copy), copy)
  }

  /** What grew since the last call. */
  takeChanged(): readonly DropRow[] {
    const rows = [...this.#rows.values()].filter(({total, told}) => total > told)
    return rows.map((row) => {
      const {kind, key, total, told, pairs} = row
      row.told = total
      row.pairs = new Map()
      const copy = this.#copies.get(key)
      const sorted = [...pairs.values()].toSorted((a, b) => b.count - a.count)
      return {kind, total, count: total - told, pairs: sorted, ...(copy === undefined ? {} : {copy})}
    })
  }

  networkOf({network}: Pick<DropKind, 'network'>): NetworkFacts | undefined {
    return this.#networks.get(network)
  }

  get total(): number {
    return this.totalOf(() => true)
  }

  /** Packets that were told as copies, too. */
  get copied(): number {
    return [...this.#rows.values()].reduce((sum, {copied}) => sum + copied, 0)
  }

  /** What rows that this chooses add up to. */
  totalOf(choose: (kind: DropKind) => boolean): number {
    return [...this.#rows.values()].reduce((sum, {kind, total}) => sum + (choose(kind) ? total : 0), 0)
  }

  get rest(): DropRest {
    return this.#rest
  }

  #addCount({count, copied, pairs, ...kind}: DropCount): void {
    const key = keyOf(kind)
    const row: Kept = this.#rows.get(key) ?? {kind, key, total: 0, copied: 0, told: 0, pairs: new Map()}
    this.#rows.set(key, row)
    row.total = count
    row.copied = copied
    for (const pair of pairs) {
      const name = `${pair.source} ${pair.destination}`
      row.pairs.set(name, {...pair, count: pair.count + (row.pairs.get(name)?.count ?? 0)})
    }
  }
}

export const keyOf = ({
  reason,
  symbol,
  family,
  protocol,
  icmpType,
  isAnnouncement,
  direction,
  interface: name,
  network,
}: DropKind): string =>
  JSON.stringify([reason, symbol, family, protocol, icmpType, isAnnouncement, direction, name, network])
