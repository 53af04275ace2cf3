import {getBorderCharacters, table} from 'table'
import {cutMiddle, displayWidth} from './width.ts'

const gap = 2
const continued = '    '

/**
 * A table for one reading: no frame, two spaces between columns, numbers to the right. Where it is wider than `width`, each row goes on in
 * further lines, with the columns that do not fit, and what no line has room for is cut in its middle.
 */
export function plainTable(
  rows: readonly (readonly string[])[],
  rightAligned: readonly number[] = [],
  width = Infinity,
): string {
  if (rows.length === 0) return ''
  const fitting = rows.map((row) => row.map((cell, column) => cutMiddle(cell, column === 0 ? width : width - continued.length))) // prettier-ignore
  const [first = [], ...more] = foldedColumns(fitting, width).map((columns) => linesOf(fitting, columns, rightAligned))
  return first.map((line, row) => [line, ...more.map((lines) => continued + (lines[row] ?? ''))].join('\n')).join('\n') + '\n' // prettier-ignore
}

/** Indexes of the columns of each line of a row. */
function foldedColumns(rows: readonly (readonly string[])[], width: number): readonly (readonly number[])[] {
  const lines: number[][] = [[]]
  let room = width
  for (const [column] of (rows[0] ?? []).entries()) {
    const needed = Math.max(...rows.map((row) => displayWidth(row[column] ?? '')))
    if (needed > room && lines.at(-1)?.length !== 0) {
      lines.push([])
      room = width - continued.length
    }
    lines.at(-1)?.push(column)
    room -= needed + gap
  }
  return lines
}

function linesOf(
  rows: readonly (readonly string[])[],
  shown: readonly number[],
  rightAligned: readonly number[],
): readonly string[] {
  const columns = Object.fromEntries(
    shown.map((column, at) => [at, {alignment: rightAligned.includes(column) ? 'right' : 'left'}] as const),
  )
  const text = table(
    rows.map((row) => shown.map((column) => row[column] ?? '')),
    {
      border: getBorderCharacters('void'),
      columnDefault: {paddingLeft: 0, paddingRight: gap},
      columns,
      drawHorizontalLine: () => false,
    },
  )
  return text.replaceAll(/ +$/gm, '').replace(/\n$/, '').split('\n')
}
