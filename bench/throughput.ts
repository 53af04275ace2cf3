import type {ChildProcess} from 'node:child_process'
import {join} from 'node:path'
import {firstLine, interrupt, median, plugin, run, VethLab} from './lab.ts'
import type {BenchRow} from './row.ts'

const rounds = 9
const seconds = 2

/** What is at the interface while iperf3 sends. */
const arms = ['nothing', 'empty', 'observe'] as const
type Arm = (typeof arms)[number]

/** iperf3 through a veth pair with nothing at it, with an empty program, and observed, in turns; medians of the ratios of each round. */
export async function measureThroughput(): Promise<readonly BenchRow[]> {
  using lab = new VethLab()
  lab.start(lab.far, ['iperf3', '-s'])
  await new Promise((resolve) => setTimeout(resolve, 300))
  bitsPerSecond(lab) // warms the caches and the processor's clock
  const taken: Readonly<Record<Arm, number[]>> = {nothing: [], empty: [], observe: []}
  for (let round = 0; round < rounds; round++) {
    // Whoever comes first gains or loses by it.
    for (const turn of arms.keys()) {
      const arm = arms[(turn + round) % arms.length] ?? 'nothing'
      taken[arm].push(await measure(lab, arm))
    }
  }
  const against = (arm: Arm): number => median(taken[arm].map((rate, round) => rate / (taken.nothing[round] ?? NaN)))
  const note = `medians of ${rounds} rounds of ${seconds} s in turns, the first second of each left out; one end on each processor`
  return [
    {
      name: 'iperf3 TCP through a veth, observed / not',
      value: against('observe'),
      unit: '×',
      target: {atLeast: 0.98},
      note: `${gigabits(median(taken.observe))} against ${gigabits(median(taken.nothing))}; ${note}`,
    },
    {
      name: 'the same, an empty program / none',
      value: against('empty'),
      unit: '×',
      note: 'in the same rounds: what no observer can stay below',
    },
  ]
}

async function measure(lab: VethLab, arm: Arm): Promise<number> {
  if (arm === 'nothing') return bitsPerSecond(lab)
  const beside = lab.start(lab.near, arm === 'empty' ? emptyProgram(lab) : observe(lab))
  await firstLine(beside, {matching: /"kind":"start"/, withinMs: 15_000})
  const rate = bitsPerSecond(lab)
  await end(beside, arm)
  return rate
}

const observe = ({device}: VethLab): readonly string[] => [plugin, 'observe', 'local', '-i', device, '-o', 'json']

function emptyProgram({near, device}: VethLab): readonly string[] {
  const index = /^(\d+):/.exec(run('ip', '-n', near, 'link', 'show', device))?.[1] ?? ''
  return [process.execPath, join(import.meta.dirname, 'attach-nothing.ts'), index]
}

async function end(child: ChildProcess, arm: Arm): Promise<void> {
  if (arm === 'observe') {
    await interrupt(child)
    return
  }
  const ended = new Promise((resolve) => child.once('close', resolve))
  child.kill()
  await ended
}

const gigabits = (value: number) => `${(value / 1e9).toFixed(1)} Gbit/s`

function bitsPerSecond(lab: VethLab): number {
  const report = JSON.parse(
    lab.run(lab.near, 'iperf3', '-6', '-c', 'fd6b::2', '-O', '1', '-t', String(seconds), '-A', '0,1', '-J'),
  ) as {
    end: {sum_received: {bits_per_second: number}}
  } // iperf3 -J
  return report.end.sum_received.bits_per_second
}
