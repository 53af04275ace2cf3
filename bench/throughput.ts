import {firstLine, interrupt, median, plugin, VethLab} from './lab.ts'
import type {BenchRow} from './row.ts'

const rounds = 9
const seconds = 2

/** iperf3 through a veth pair, observed and not, in turns; the ratio of the medians. */
export async function measureThroughput(): Promise<readonly BenchRow[]> {
  using lab = new VethLab()
  lab.start(lab.far, ['iperf3', '-s'])
  await new Promise((resolve) => setTimeout(resolve, 300))
  bitsPerSecond(lab) // warms the caches and the processor's clock
  const alone: number[] = []
  const observed: number[] = []
  for (let round = 0; round < rounds; round++) {
    alone.push(bitsPerSecond(lab))
    const observe = lab.start(lab.near, [plugin, 'observe', 'local', '-i', lab.device, '-o', 'json'])
    await firstLine(observe, {matching: /"kind":"start"/, withinMs: 15_000})
    observed.push(bitsPerSecond(lab))
    await interrupt(observe)
  }
  const ratio = median(observed) / median(alone)
  return [
    {
      name: 'iperf3 TCP through a veth, observed / not',
      value: ratio,
      unit: '×',
      target: {atLeast: 0.98},
      note: `${gigabits(median(observed))} against ${gigabits(median(alone))}; medians of ${rounds} rounds of ${seconds} s in turns, the first second of each left out`,
    },
  ]
}

const gigabits = (value: number) => `${(value / 1e9).toFixed(1)} Gbit/s`

function bitsPerSecond(lab: VethLab): number {
  const report = JSON.parse(
    lab.run(lab.near, 'iperf3', '-6', '-c', 'fd6b::2', '-O', '1', '-t', String(seconds), '-J'),
  ) as {
    end: {sum_received: {bits_per_second: number}}
  } // iperf3 -J
  return report.end.sum_received.bits_per_second
}
