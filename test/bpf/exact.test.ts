import {join} from 'node:path'
import {setTimeout} from 'node:timers/promises'
import {describe, expect, test} from 'vitest'
import {Driver, sendFrom, warmUp} from '../../bench/sender.ts'
import {readTotals} from '../../src/generated/totals.ts'
import type {FlowPrograms} from '../../src/pod-agent/flow-programs.ts'
import {ethernet, ipv6, tcp} from '../support/packets.ts'
import {accountedFor, isRoot, libbpf, loadPrograms, object, readLines, send, sum, takeAll} from './programs.ts'

const library = join(import.meta.dirname, '../../build/libbpf/usr/lib/x86_64-linux-gnu/libbpf.so.1')
const frame = ethernet(ipv6(tcp()))

/** Drains while the senders send, then twice more; each drain on its own must add up. */
async function drainWhile(programs: FlowPrograms, sending: Promise<unknown>) {
  const filed = {packets: 0, bytes: 0}
  let drains = 0
  const senders = {done: false}
  void sending.finally(() => (senders.done = true))
  for (let last = 0; last < 2; last += senders.done ? 1 : 0) {
    await programs.swap()
    for (const piece of programs.tables.take(1 << 20)) {
      const lines = sum(readLines(piece))
      filed.packets += lines.packets
      filed.bytes += lines.bytes
    }
    drains++
    const {ingress} = readTotals(new DataView(programs.tables.totals().buffer)).directions
    expect(accountedFor(ingress, [filed])).toEqual(ingress.seen)
    await setTimeout(5)
  }
  await sending
  return {filed, drains, totals: readTotals(new DataView(programs.tables.totals().buffer)).directions.ingress}
}

/** Two threads that begin each round at once. */
const together = () => ({arrived: new SharedArrayBuffer(4), threads: 2})

describe.skipIf(!isRoot)('nothing is lost (needs root)', () => {
  const rows = [
    {title: '16,384 flows in a table of 4,096', mask: 16_383, lines: 4096, spill: 65_536, overflows: false},
    {
      title: '16,384 flows in a table of 4,096 and a spill of 1,024',
      mask: 16_383,
      lines: 4096,
      spill: 1024,
      overflows: true,
    },
    {title: '1,024 flows in a table of 8,192', mask: 1023, lines: 8192, spill: 1024, overflows: false},
    {title: 'a new flow with every packet', mask: 0xffff_ffff, lines: 1024, spill: 512, overflows: true},
  ]
  test.each(rows)('$title, two senders, drained live', async ({mask, lines, spill, overflows}) => {
    using programs = loadPrograms({lines, spill})
    using driver = new Driver({library, object: object('drive'), mask})
    driver.aim(programs.programFd('on_tc_ingress'))
    const task = {library, programs: [driver.fd], frame, repeat: 20_000, rounds: 60, ...together()}
    const sending = Promise.all([0, 1].map((cpu) => sendFrom({...task, cpu})))
    const {filed, drains, totals} = await drainWhile(programs, sending)
    expect(totals.seen.packets).toBe(2 * 60 * (warmUp + 20_000))
    expect(filed.packets + totals.overflow.packets).toBe(totals.seen.packets)
    expect(filed.bytes + totals.overflow.bytes).toBe(totals.seen.bytes)
    expect(totals.overflow.packets > 0).toBe(overflows)
    expect(drains).toBeGreaterThan(3)
  })

  test('a flow that two CPUs see at once is counted by both, without a lost packet', async () => {
    using programs = loadPrograms()
    const task = {
      library,
      programs: [programs.programFd('on_tc_ingress')],
      frame,
      repeat: 500_000,
      rounds: 2,
      ...together(),
    }
    await Promise.all([0, 1].map((cpu) => sendFrom({...task, cpu})))
    const {flows} = await takeAll(programs)
    expect(flows.map((flow) => flow.packets)).toEqual([0, 1].map(() => 2 * (warmUp + 500_000)))
  })

  test('what is not taken before the next swap but one is still there', async () => {
    using programs = loadPrograms()
    send(programs, frame)
    await programs.swap()
    send(programs, frame)
    await programs.swap()
    await programs.swap()
    const lines = [...programs.tables.take(1 << 16)].flatMap(readLines)
    expect(lines.map((line) => line.packets)).toEqual([1])
    expect((await takeAll(programs)).flows.map((line) => line.packets)).toEqual([1])
  })

  test('pieces are as large as asked and hold whole lines', async () => {
    using programs = loadPrograms()
    using driver = new Driver({library, object: object('drive'), mask: 0xffff_ffff})
    driver.aim(programs.programFd('on_tc_ingress'))
    if (libbpf === undefined) throw new Error('needs root')
    const {testRun} = await import('../../src/pod-agent/native/test-run.ts')
    testRun(libbpf, driver.fd, {frame, repeat: 1000})
    await programs.swap()
    const pieces = [...programs.tables.take(64 * 100 + 63)]
    expect(pieces.map((piece) => piece.byteLength)).toEqual(Array.from({length: 10}, () => 6400))
  })
})
