import {execFileSync} from 'node:child_process'
import {firstLine, floodScript, interrupt, median, plugin, VethLab} from './lab.ts'
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
  const flows: number[] = []
  const messages: number[] = []
  for (let round = 0; round < 9; round++) {
    flows.push(await firstLineOf('observe', {matching: /"kind":"flow"/, traffic: ping}))
    messages.push(await firstLineOf('ndp', {matching: /"kind":"ndp"/, traffic: solicitations}))
  }
  return [
    {name: 'node -e 0', value: floor, unit: 'ms', note: 'the floor'},
    {
      name: '--help',
      value: Math.min(...helps) / floor,
      unit: '× node -e 0',
      target: {atMost: 6},
      note: `${Math.min(...helps).toFixed(0)} ms`,
    },
    first('first row, local', flows),
    first('first NDP line, local', messages),
  ]
}

const first = (name: string, taken: readonly number[]): BenchRow => ({
  name,
  value: median(taken) / 1000,
  unit: 's',
  target: {atMost: 0.7},
  note: `median of ${taken.length}, the fastest ${Math.min(...taken).toFixed(0)} ms; traffic is there before`,
})

/** 50 packets a second each, from the lab's far end or to it. */
const ping = (lab: VethLab) => lab.start(lab.near, ['ping', '-6', '-q', '-i', '0.02', 'fd6b::2'])
const solicitations = (lab: VethLab) =>
  lab.start(lab.far, ['python3', floodScript, lab.device, 'solicitations', '50', '60'])

function milliseconds(action: () => void): number {
  const start = performance.now()
  action()
  return performance.now() - start
}

async function firstLineOf(
  verb: 'observe' | 'ndp',
  {matching, traffic}: {readonly matching: RegExp; readonly traffic: (lab: VethLab) => unknown},
): Promise<number> {
  using lab = new VethLab()
  lab.run(lab.near, 'ping', '-6', '-q', '-c', '1', '-w', '5', 'fd6b::2') // a new veth takes a moment to carry anything
  traffic(lab)
  const start = performance.now()
  const running = lab.start(lab.near, [plugin, verb, 'local', '-i', lab.device, '-o', 'json'])
  await firstLine(running, {matching, withinMs: 15_000})
  const elapsed = performance.now() - start
  await interrupt(running)
  return elapsed
}
