import {getBorderCharacters, table} from 'table'

/** A table for one reading: no frame, two spaces between columns, numbers to the right. */
export function plainTable(rows: readonly (readonly string[])[], rightAligned: readonly number[] = []): string {
  if (rows.length === 0) return ''
  const columns = Object.fromEntries(
    Array.from(
      rows[0] ?? [],
      (_, column) => [column, {alignment: rightAligned.includes(column) ? 'right' : 'left'}] as const,
    ),
  )
  const text = table(
    rows.map((row) => [...row]),
    {
      border: getBorderCharacters('void'),
      columnDefault: {paddingLeft: 0, paddingRight: 2},
      columns,
      drawHorizontalLine: () => false,
    },
  )
  return text.replaceAll(/ +$/gm, '')
}
