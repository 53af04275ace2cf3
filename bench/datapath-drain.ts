import {pieceBytes} from '../src/pod-agent/drain.ts'
import {testRun} from '../src/pod-agent/native/test-run.ts'
import {ethernet, ipv6, tcp} from '../test/support/packets.ts'
import type {Bench} from './datapath.ts'
import type {BenchRow} from './row.ts'

const flows = 100_000
/** The first ones run before the compiler has seen the code: an agent drains each second. */
const rounds = 41

/** What an agent does for one drain: takes every line out of the table into pieces that it may keep and send. */
export async function measureDrain(bench: Bench): Promise<readonly BenchRow[]> {
  using programs = bench.load({lines: 131_072})
  using driver = bench.drive(0xffff_ffff)
  driver.aim(programs.programFd('on_tc_ingress'))
  const cpu: number[] = []
  const waits: number[] = []
  for (let round = 0; round < rounds; round++) {
    testRun(bench.libbpf, driver.fd, {frame: ethernet(ipv6(tcp())), repeat: flows})
    const asked = performance.now()
    await programs.swap()
    waits.push(performance.now() - asked)
    const begin = bench.clock.threadCpuNs()
    let lines = 0
    for (const piece of programs.tables.take(pieceBytes)) lines += piece.byteLength / 64
    cpu.push(Number(bench.clock.threadCpuNs() - begin) / 1e6)
    if (lines !== flows) throw new Error(`${lines} of ${flows} flows came out`)
  }
  const sorted = (values: readonly number[]) => values.toSorted((one, other) => one - other)
  const quantile = (values: readonly number[], share: number) =>
    sorted(values)[Math.floor(values.length * share)] ?? Number.NaN
  return [
    {
      name: 'drain and hand-over of 100,000 flows',
      value: quantile(cpu, 0.1),
      unit: 'ms CPU',
      target: {atMost: 2},
      note: `table of 131,072 lines; tenth of ${rounds} rounds, half ${quantile(cpu, 0.5).toFixed(1)}`,
    },
    {name: "the kernel's wait at a swap", value: quantile(waits, 0.5), unit: 'ms'},
  ]
}
