import type {DropCopy, DropCount, DropReport} from '../protocol/drops.ts'

/** Drops of one reason, function, interface and protocol. */
export interface DropRow {
  readonly kind: Omit<DropCount, 'count'>
  /** Since the row was last told. */
  readonly count: number
  readonly total: number
  /** The newest copy of this reason and place. */
  readonly copy?: DropCopy
}

/** What one node has dropped so far. The kernel's counts are cumulative. */
export class DropBook {
  readonly #rows = new Map<string, {kind: Omit<DropCount, 'count'>; total: number; told: number}>()
  readonly #copies = new Map<string, DropCopy>()
  #last: Omit<DropReport, 'counts'> = {uncounted: 0, copiesLost: 0, counters: {}}

  add({counts, ...rest}: DropReport): void {
    this.#last = rest
    for (const {count, ...kind} of counts) {
      const key = JSON.stringify(kind)
      this.#rows.set(key, {kind, total: count, told: this.#rows.get(key)?.told ?? 0})
    }
  }

  keep(copies: readonly DropCopy[]): void {
    for (const copy of copies) this.#copies.set(placeOf(copy), copy)
  }

  /** What grew since the last call. */
  takeChanged(): readonly DropRow[] {
    const rows = [...this.#rows.values()].filter(({total, told}) => total > told)
    return rows.map((row) => {
      const {kind, total, told} = row
      row.told = total
      const copy = this.#copies.get(placeOf(kind))
      return {kind, total, count: total - told, ...(copy === undefined ? {} : {copy})}
    })
  }

  get total(): number {
    return [...this.#rows.values()].reduce((sum, {total}) => sum + total, 0)
  }

  /** What rows that this chooses add up to. */
  totalOf(choose: (kind: Omit<DropCount, 'count'>) => boolean): number {
    return [...this.#rows.values()].reduce((sum, {kind, total}) => sum + (choose(kind) ? total : 0), 0)
  }

  get rest(): Omit<DropReport, 'counts'> {
    return this.#last
  }
}

const placeOf = ({
  reason,
  symbol,
  interface: name,
  network,
}: Omit<DropCount, 'count' | 'family' | 'protocol'>): string => JSON.stringify([reason, symbol, name, network])
