export interface LiveColumn {
  readonly title: string
  readonly align: 'left' | 'right'
  /** Never narrower than this while it is shown. */
  readonly least: number
  /** Columns of a higher number go first when the screen is narrow. */
  readonly order: number
  /** Long cells lose their middle instead of their end. */
  readonly cutsMiddle?: boolean
}

export const columnGap = 2

/** A width for each column, 0 for one that is left out: as wide as its cells where there is room. */
export function layColumns(
  columns: readonly LiveColumn[],
  natural: readonly number[],
  width: number,
): readonly number[] {
  const needs = columns.map(({least}, i) => Math.min(least, natural[i] ?? 0))
  const widths = needs.map(() => 0)
  let rest = width + columnGap
  for (const i of byOrder(columns)) {
    const need = (needs[i] ?? 0) + columnGap
    if (need > rest) break
    widths[i] = needs[i] ?? 0
    rest -= need
  }
  return widen(widths, natural, rest)
}

const byOrder = (columns: readonly LiveColumn[]): readonly number[] =>
  columns.map((_, i) => i).sort((a, b) => (columns[a]?.order ?? 0) - (columns[b]?.order ?? 0))

/** One column of the screen after the other goes to those that still lack some. */
function widen(widths: readonly number[], natural: readonly number[], spare: number): readonly number[] {
  const wider = [...widths]
  for (let rest = spare; rest > 0;) {
    const hungry = wider.flatMap((each, i) => (each > 0 && each < (natural[i] ?? 0) ? [i] : []))
    if (hungry.length === 0) break
    for (const i of hungry.slice(0, rest)) wider[i] = (wider[i] ?? 0) + 1
    rest -= Math.min(rest, hungry.length)
  }
  return wider
}
