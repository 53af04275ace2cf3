import {execFileSync} from 'node:child_process'
import {firstLine, interrupt, median, plugin, VethLab} from './lab.ts'
import type {BenchRow} from './row.ts'

/** How long until something is seen: minima over interleaved runs, against the floor of an empty Node program. */
export async function measureStartup(): Promise<readonly BenchRow[]> {
  const floors: number[] = []
  const helps: number[] = []
  for (let round = 0; round < 20; round++) {
    floors.push(milliseconds(() => execFileSync(process.execPath, ['-e', '0'])))
    helps.push(milliseconds(() => execFileSync(plugin, ['--help'], {stdio: 'ignore'})))
  }
  const floor = Math.min(...floors)
  const rows: number[] = []
  for (let round = 0; round < 9; round++) rows.push(await firstRow())
  return [
    {name: 'node -e 0', value: floor, unit: 'ms', note: 'the floor'},
    {
      name: '--help',
      value: Math.min(...helps) / floor,
      unit: '× node -e 0',
      target: {atMost: 6},
      note: `${Math.min(...helps).toFixed(0)} ms`,
    },
    {
      name: 'first row, local',
      value: median(rows) / 1000,
      unit: 's',
      target: {atMost: 0.7},
      note: `median of ${rows.length}, the fastest ${Math.min(...rows).toFixed(0)} ms; traffic is there before`,
    },
  ]
}

function milliseconds(action: () => void): number {
  const start = performance.now()
  action()
  return performance.now() - start
}

async function firstRow(): Promise<number> {
  using lab = new VethLab()
  lab.run(lab.near, 'ping', '-6', '-q', '-c', '1', '-w', '5', 'fd6b::2') // a new veth takes a moment to carry anything
  lab.start(lab.near, ['ping', '-6', '-q', '-i', '0.02', 'fd6b::2'])
  const start = performance.now()
  const observe = lab.start(lab.near, [plugin, 'observe', 'local', '-i', lab.device, '-o', 'json'])
  await firstLine(observe, {matching: /"kind":"flow"/, withinMs: 15_000})
  const elapsed = performance.now() - start
  await interrupt(observe)
  return elapsed
}
