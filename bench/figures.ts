import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {table} from 'table'
import type {BenchRow} from './row.ts'

/** What each part measured when it last ran. */
export type Figures = Readonly<Record<string, readonly BenchRow[]>>

const kept = join(import.meta.dirname, '../build/figures.json')
const readme = join(import.meta.dirname, '../README.md')
const [begin, end] = ['<!-- figures: npm run bench, then npm run bench -- --readme -->\n', '<!-- /figures -->']

export function keptFigures(): Figures {
  return existsSync(kept) ? (JSON.parse(readFileSync(kept, 'utf8')) as Figures) : {} // written by keepFigures
}

/** Parts that were not measured now stay as they were. */
export function keepFigures(figures: Figures): void {
  writeFileSync(kept, `${JSON.stringify({...keptFigures(), ...figures}, undefined, 1)}\n`)
}

const number = (value: number): string => {
  if (value >= 1e6) return `${Number((value / 1e6).toFixed(2))} M`
  if (Number.isInteger(value) || value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
export const isReached = ({value, target}: BenchRow): boolean =>
  target === undefined || ('atMost' in target ? value <= target.atMost : value >= target.atLeast)
const bound = ({target}: BenchRow): string =>
  target === undefined ? '' : 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${number(target.atLeast)}`
const verdict = (row: BenchRow): string => (row.target === undefined ? '' : isReached(row) ? 'reached' : 'MISSED')

export const terminalTable = (rows: readonly BenchRow[]): string =>
  table(
    [
      ['what', 'value', 'unit', 'to reach', '', 'note'],
      ...rows.map((row) => [row.name, number(row.value), row.unit, bound(row), verdict(row), row.note ?? '']),
    ],
    {columns: {5: {width: 50, wrapWord: true}}},
  )

const readmeTable = (rows: readonly BenchRow[]): string =>
  [
    '| what | measured | to reach |',
    '|---|---|---|',
    ...rows.map((row) => {
      const missed = isReached(row) ? '' : ' (missed)'
      return `| ${row.name} | ${number(row.value)} ${row.unit} | ${bound(row)}${missed} |`
    }),
    '',
  ].join('\n')

/** Puts all that is kept into the README, in the order of these parts. */
export function writeReadme(parts: readonly string[]): void {
  const figures = keptFigures()
  const text = readFileSync(readme, 'utf8')
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)]
  if (from < begin.length || to < from) throw new Error(`README.md has no ${begin.trim()} … ${end}`)
  const rows = parts.flatMap((part) => figures[part] ?? [])
  writeFileSync(readme, text.slice(0, from) + readmeTable(rows) + text.slice(to))
}
