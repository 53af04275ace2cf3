import {join} from 'node:path'
import {median, outputOf, VethLab} from './lab.ts'
import type {BenchRow} from './row.ts'

const rounds = 50

/** What is at the interface while iperf3 sends. */
export const arms = ['nothing', 'empty', 'observe'] as const
export type Arm = (typeof arms)[number]
/** Bytes a second in each round. */
export type Turns = Readonly<Record<Arm, number[]>>

/** One iperf3 stream through a veth pair, with nothing at it, with an empty program and with ours, in turns; medians of the ratios of each round. */
export async function measureThroughput(): Promise<readonly BenchRow[]> {
  using lab = new VethLab()
  lab.start(lab.far, ['iperf3', '-s'])
  await new Promise((resolve) => setTimeout(resolve, 300))
  lab.start(lab.near, ['iperf3', '-6', '-c', 'fd6b::2', '-t', '600', '-A', '0,1'])
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const program = join(import.meta.dirname, 'throughput-turns.ts')
  const turns = JSON.parse(
    await outputOf(lab.start(lab.near, [process.execPath, program, lab.device, String(rounds)])),
  ) as Turns // its own
  const against = (arm: Arm): number => median(turns[arm].map((rate, round) => rate / (turns.nothing[round] ?? NaN)))
  return [
    {
      name: 'iperf3 TCP through a veth, observed / not',
      value: against('observe'),
      unit: '×',
      target: {atLeast: 0.98},
      note: `${gigabits(median(turns.observe))} against ${gigabits(median(turns.nothing))}; medians of ${rounds} rounds of half a second each in turns; one end on each processor`,
    },
    {
      name: 'the same, an empty program / none',
      value: against('empty'),
      unit: '×',
      note: 'in the same rounds: what no observer can stay below',
    },
  ]
}

const gigabits = (value: number) => `${((8 * value) / 1e9).toFixed(1)} Gbit/s`
