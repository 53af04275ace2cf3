/** Filters of a killed run that were on one interface and are removed. */
export interface SweptInterface {
  readonly interface: string
  readonly filters: number
  /** `kept`: others made it or use it. */
  readonly qdisc: 'removed' | 'kept'
}

export interface SweepAnswer {
  readonly type: 'sweep'
  readonly removed: readonly SweptInterface[]
}

export function sweptText({interface: name, filters, qdisc}: SweptInterface): string {
  const rest = qdisc === 'removed' ? 'its clsact qdisc is gone too' : 'the clsact qdisc stays, which others made or use'
  return `Removed from ${name} what a killed run had left there: ${count(filters)}; ${rest}.`
}

/** One sentence an interface, or one for all where they are many. */
export function sweptLines(removed: readonly SweptInterface[]): readonly string[] {
  if (removed.length <= mostAlone) return removed.map(sweptText)
  const filters = removed.reduce((sum, each) => sum + each.filters, 0)
  return [`Removed what a killed run had left on ${removed.length} interfaces: ${count(filters)}.`]
}

const mostAlone = 4
const count = (filters: number): string => (filters === 1 ? '1 filter' : `${filters} filters`)
