// `npm run bench`: every figure, as a table and in build/figures.json. Parts can be named: npm run bench -- startup datapath
// `npm run bench -- --readme` measures nothing, and puts what build/figures.json has into the README.
import {parseArgs} from 'node:util'
import {measureCapture} from './capture.ts'
import {measureClients} from './clients.ts'
import {measureDatapath} from './datapath.ts'
import {measureDrops} from './drops.ts'
import {isReached, keepFigures, terminalTable, writeReadme} from './figures.ts'
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
  clients: measureClients,
  capture: measureCapture,
  stream: measureStream,
}

const {values, positionals} = parseArgs({allowPositionals: true, options: {readme: {type: 'boolean', default: false}}})
if (values.readme) {
  writeReadme(Object.keys(parts))
} else {
  const rows = await measure(positionals.length > 0 ? positionals : Object.keys(parts))
  console.log(terminalTable(rows))
  const missed = rows.filter((row) => !isReached(row))
  console.log(`${rows.length} figures, ${missed.length} missed; kept in build/figures.json, also for --readme`)
}

/** Each part is kept when it is measured, whatever becomes of the next. */
async function measure(chosen: readonly string[]): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = []
  for (const name of chosen) {
    const part = parts[name]
    if (part === undefined) throw new RangeError(`no part "${name}"; there are ${Object.keys(parts).join(', ')}`)
    process.stderr.write(`bench: ${name}\n`)
    const measured = await part()
    keepFigures({[name]: measured})
    rows.push(...measured)
  }
  return rows
}
