import {join} from 'node:path'
import {median, outputOf, VethLab} from './lab.ts'
import type {BenchRow} from './row.ts'

const rounds = 300

/** What is at the interface while iperf3 sends. */
export const arms = ['nothing', 'empty', 'observe'] as const
export type Arm = (typeof arms)[number]
/** Bytes a second in each round. */
export type Turns = Readonly<Record<Arm, number[]>>

/** One iperf3 stream through a veth pair, with nothing at it, with an empty program and with ours, in turns. Both its ends on one processor: what wakes the other one up costs here from nothing to a half, as the host has it. */
export async function measureThroughput(): Promise<readonly BenchRow[]> {
  using lab = new VethLab()
  lab.start(lab.far, ['iperf3', '-s'])
  await new Promise((resolve) => setTimeout(resolve, 300))
  lab.start(lab.near, ['iperf3', '-6', '-c', 'fd6b::2', '-t', '600', '-A', '0,0'])
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const program = join(import.meta.dirname, 'throughput-turns.ts')
  const turns = JSON.parse(
    await outputOf(lab.start(lab.near, [process.execPath, program, lab.device, String(rounds)])),
  ) as Turns // its own
  const [observed, empty] = [ratioOf(turns.observe, turns.nothing), ratioOf(turns.empty, turns.nothing)]
  return [
    {
      name: 'iperf3 TCP through a veth, observed / not',
      value: observed.value,
      unit: '×',
      target: {atLeast: 0.98},
      note: `± ${observed.error.toFixed(3)} (standard error); ${gigabits(median(turns.observe))} against ${gigabits(median(turns.nothing))}; ${rounds} rounds of a tenth of a second each in turns, drained once in ten; both ends on one processor`,
    },
    {
      name: 'the same, an empty program / none',
      value: empty.value,
      unit: '×',
      note: `± ${empty.error.toFixed(3)}, in the same rounds`,
    },
  ]
}

/** The mean of the logarithms of each round's ratio and its standard error, without the rounds in which the host or TCP stood still: beyond three standard deviations, as their median deviation has them. */
function ratioOf(rates: readonly number[], bases: readonly number[]): {readonly value: number; readonly error: number} {
  const all = rates.map((rate, round) => Math.log(Math.max(rate, 1) / Math.max(bases[round] ?? NaN, 1)))
  const middle = median(all)
  const limit = 3 * 1.4826 * median(all.map((each) => Math.abs(each - middle)))
  const kept = all.filter((each) => Math.abs(each - middle) <= limit)
  const mean = kept.reduce((sum, each) => sum + each, 0) / kept.length
  const variance = kept.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (kept.length - 1)
  return {value: Math.exp(mean), error: Math.sqrt(variance / kept.length)}
}

const gigabits = (value: number) => `${((8 * value) / 1e9).toFixed(1)} Gbit/s`
