import type {Palette} from '../colour.ts'
import {cut, cutMiddle, displayWidth, fit, padEnd, padStart} from '../width.ts'
import {columnGap, layColumns, type LiveColumn} from './columns.ts'

/** Text, or the same at different lengths, the longest first: as much is shown as there is room for. */
export type Cell = string | readonly string[]

export interface LiveRow {
  readonly cells: readonly Cell[]
  /** Quiet rows have nothing new. */
  readonly isIdle: boolean
  readonly isSelected: boolean
  /** Shown below the row when it is opened. */
  readonly details: readonly string[]
}

/** Everything on the screen, in words; all text is safe to show. */
export interface LiveScreen {
  /** Left and right part of each line. */
  readonly header: readonly (readonly [string, string])[]
  readonly columns: readonly LiveColumn[]
  /** The column that the rows are sorted by. */
  readonly sortedBy: number
  readonly isReversed: boolean
  readonly rows: readonly LiveRow[]
  /** Instead of rows, when there are none. */
  readonly empty: string
  readonly status: string
  readonly keys: readonly (readonly [string, string])[]
}

export interface Size {
  readonly columns: number
  readonly rows: number
}

const fewestRows = 6
const fewestColumns = 20

/** Exactly `rows` lines, none wider than `columns`. */
export function renderFrame(screen: LiveScreen, size: Size, palette: Palette): readonly string[] {
  if (size.rows < fewestRows || size.columns < fewestColumns)
    return Array.from({length: size.rows}, (_, i) => (i === 0 ? cut('(too small to show; q quits)', size.columns) : ''))
  const header = screen.header.map((line, i) =>
    headerLine(line, size.columns, i === 0 ? palette.heading : (text) => text),
  )
  const footer = [palette.warning(cut(screen.status, size.columns)), keysLine(screen.keys, size.columns, palette)]
  const room = size.rows - header.length - footer.length
  const body = table(screen, {columns: size.columns, rows: room}, palette)
  return [...header, ...body, ...footer]
}

/** The right part yields to the left one. */
function headerLine([left, right]: readonly [string, string], width: number, paint: (text: string) => string): string {
  const shown = cut(left, width)
  const room = width - displayWidth(shown) - columnGap
  if (displayWidth(right) > room) return paint(shown)
  return paint(shown) + ' '.repeat(width - displayWidth(shown) - displayWidth(right)) + right
}

function keysLine(keys: LiveScreen['keys'], width: number, palette: Palette): string {
  let used = 0
  const shown: string[] = []
  for (const [key, meaning] of keys) {
    const next = displayWidth(key) + displayWidth(meaning) + 1 + (shown.length > 0 ? columnGap : 0)
    if (used + next > width) break
    used += next
    shown.push(`${palette.strong(key)} ${palette.quiet(meaning)}`)
  }
  return shown.join(' '.repeat(columnGap))
}

function table(screen: LiveScreen, size: Size, palette: Palette): readonly string[] {
  const {columns, rows} = screen
  const titles = columns.map(({title}, i) =>
    i === screen.sortedBy ? `${title}${screen.isReversed ? '▲' : '▼'}` : title,
  )
  const natural = (fitting: readonly number[] | undefined): readonly number[] =>
    titles.map((title, i) =>
      Math.max(displayWidth(title), ...rows.map(({cells}) => displayWidth(formOf(cells[i], fitting?.[i])))),
    )
  // What the longest form would have taken in vain goes to the other columns.
  const widths = layColumns(columns, natural(layColumns(columns, natural(undefined), size.columns)), size.columns)
  const line = (cells: readonly Cell[]): string => fit(joined(cells, columns, widths), size.columns)
  const body = rows.flatMap((row) => [
    rowLine(line(row.cells), row, palette),
    ...row.details.map((text) => detailLine(text, size.columns, palette)),
  ])
  const shown = rows.length === 0 ? [palette.quiet(cut(screen.empty, size.columns))] : body
  const lines = [palette.quiet(line(titles)), ...shown].slice(0, size.rows)
  return [...lines, ...Array.from({length: size.rows - lines.length}, () => '')]
}

const detailLine = (text: string, width: number, palette: Palette): string => palette.quiet(cut(`  ${text}`, width))

function rowLine(text: string, {isSelected, isIdle}: LiveRow, palette: Palette): string {
  if (isSelected) return palette.selected(text)
  return isIdle ? palette.quiet(text) : text
}

/** The longest form that fits, else the shortest there is. */
function formOf(cell: Cell = '', width = Infinity): string {
  if (typeof cell === 'string') return cell
  return cell.find((form) => displayWidth(form) <= width) ?? cell.at(-1) ?? ''
}

function joined(cells: readonly Cell[], columns: readonly LiveColumn[], widths: readonly number[]): string {
  const shown = columns.flatMap((column, i) => {
    const width = widths[i] ?? 0
    if (width === 0) return []
    const text = (column.cutsMiddle === true ? cutMiddle : cut)(formOf(cells[i], width), width)
    return [(column.align === 'right' ? padStart : padEnd)(text, width)]
  })
  return shown.join(' '.repeat(columnGap))
}
