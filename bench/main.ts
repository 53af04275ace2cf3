// `npm run bench`: every figure of the README in one run, as a table and as build/bench.json. Parts can be named: npm run bench -- startup datapath
import {mkdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {table} from 'table'
import {measureCapture} from './capture.ts'
import {measureDatapath} from './datapath.ts'
import {measureDrops} from './drops.ts'
import {measureFlood} from './flood.ts'
import {measureIdle} from './idle.ts'
import type {BenchRow} from './row.ts'
import {measureStartup} from './startup.ts'
import {measureStream} from './stream.ts'
import {measureThroughput} from './throughput.ts'

const parts: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  datapath: measureDatapath,
  startup: measureStartup,
  throughput: measureThroughput,
  idle: measureIdle,
  flood: measureFlood,
  drops: measureDrops,
  capture: measureCapture,
  stream: measureStream,
}

const chosen = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts)
const rows: BenchRow[] = []
for (const name of chosen) {
  const measure = parts[name]
  if (measure === undefined) throw new RangeError(`no part "${name}"; there are ${Object.keys(parts).join(', ')}`)
  process.stderr.write(`bench: ${name}\n`)
  rows.push(...(await measure()))
}

const number = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2))
const reached = ({value, target}: BenchRow) =>
  target === undefined || ('atMost' in target ? value <= target.atMost : value >= target.atLeast)
const bound = ({target}: BenchRow) =>
  target === undefined ? '' : 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`
const verdict = (row: BenchRow) => (row.target === undefined ? '' : reached(row) ? 'reached' : 'MISSED')

console.log(
  table(
    [
      ['what', 'value', 'unit', 'to reach', '', 'note'],
      ...rows.map((row) => [row.name, number(row.value), row.unit, bound(row), verdict(row), row.note ?? '']),
    ],
    {columns: {5: {width: 50, wrapWord: true}}},
  ),
)
const folder = join(import.meta.dirname, '../build')
mkdirSync(folder, {recursive: true})
writeFileSync(join(folder, 'bench.json'), `${JSON.stringify(rows, undefined, 1)}\n`)
const missed = rows.filter((row) => !reached(row))
console.log(`${rows.length} figures, ${missed.length} missed; also in build/bench.json`)
