import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {FlowPrograms} from '../../src/pod-agent/flow-programs.ts'
import {foreign, golden, linkHeader, tagged, whole} from './golden.ts'
import {accountedFor, isRoot, loadPrograms, mergeCpus, type ProgramName, send, takeAll} from './programs.ts'

describe.skipIf(!isRoot)('one frame through the programs in this kernel (needs root)', () => {
  let programs: FlowPrograms
  beforeAll(() => {
    programs = loadPrograms()
  })
  afterAll(() => programs.close())

  const hooks: readonly {program: ProgramName; direction: 'ingress' | 'egress'; verdict: number}[] = [
    {program: 'on_tc_ingress', direction: 'ingress', verdict: -1},
    {program: 'on_tc_egress', direction: 'egress', verdict: -1},
    {program: 'on_xdp', direction: 'ingress', verdict: 2},
  ]
  describe.each(hooks)('$program', ({program, direction, verdict}) => {
    test.each(golden)('$title', async (each) => {
      expect(send(programs, each.frame, {program})).toBe(verdict)
      const bytes = each.frame.length - linkHeader(each.frame)
      expect((await takeAll(programs)).flows).toEqual([{...whole(each, bytes), direction}])
    })

    test.each(foreign)('$title is seen, and set aside', async ({frame}) => {
      const before = (await takeAll(programs))[direction]
      send(programs, frame, {program})
      const {flows, ...after} = await takeAll(programs)
      expect(flows).toEqual([])
      expect(after[direction].seen.packets - before.seen.packets).toBe(1)
      expect(after[direction].otherFamily.bytes - before.otherFamily.bytes).toBe(frame.length - 14)
    })
  })

  test.each(golden.map(tagged))('$title, cut at every byte, is never another flow', async (each) => {
    const before = (await takeAll(programs)).ingress
    const lengths = Array.from({length: each.frame.length - 15}, (_, cut) => cut + 15)
    for (const length of lengths) send(programs, each.frame.subarray(0, length))
    const {flows, ingress} = await takeAll(programs)
    const flow = whole(each, 0)
    const filed = lengths.filter((length) => length >= each.needs)
    const expected = {
      ...flow,
      packets: filed.length,
      bytes: filed.reduce((total, length) => total + length - linkHeader(each.frame), 0),
      tcpFlags: filed.some((length) => length >= each.needs + 10) ? flow.tcpFlags : 0,
    }
    expect(mergeCpus(flows)).toEqual(filed.length === 0 ? [] : [expected])
    const undecodable = accountedFor(ingress, []).packets - accountedFor(before, []).packets
    expect(undecodable).toBe(lengths.length - filed.length)
    expect(ingress.seen.packets - before.seen.packets).toBe(lengths.length)
  })

  test('seen is what was set aside, undecodable and in flows, in packets and in bytes', async () => {
    using fresh = loadPrograms()
    for (const {frame} of [...golden.map(tagged), ...foreign]) {
      for (let length = 15; length <= frame.length; length += 3) send(fresh, frame.subarray(0, length))
    }
    const {flows, ingress} = await takeAll(fresh)
    expect(ingress.seen).toEqual(accountedFor(ingress, flows))
    expect(ingress.seen.packets).toBeGreaterThan(1000)
  })
})
