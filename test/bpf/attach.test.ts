import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {FlowPrograms} from '../../src/pod-agent/flow-programs.ts'
import {attachClsact, attachTcx, attachXdp} from '../../src/pod-agent/native/attachment.ts'
import {BpfObject} from '../../src/pod-agent/native/bpf-object.ts'
import {exists, tcxPrograms, xdpProgram} from '../../src/pod-agent/native/ids.ts'
import {openLibbpf} from '../../src/pod-agent/native/libbpf.ts'
import {Lab, near} from './lab.ts'
import {isRoot, libc, loadPrograms, object, sum, takeAll} from './programs.ts'

describe.skipIf(!isRoot)('beside programs that are not ours (needs root)', () => {
  const libbpf = openLibbpf(join(import.meta.dirname, '../../build/libbpf/usr/lib/x86_64-linux-gnu/libbpf.so.1'))
  let lab: Lab
  let programs: FlowPrograms
  let foreign: BpfObject
  let index: number
  beforeAll(() => {
    lab = new Lab()
    index = lab.index(near.device)
    programs = loadPrograms()
    const constants = {'.rodata.drive': new Uint8Array(4)}
    foreign = new BpfObject(libbpf, {
      bytes: readFileSync(object('drive')),
      without: [],
      maxEntries: {},
      constants,
    }).load()
  })
  afterAll(() => {
    foreign.close()
    programs.close()
    lab[Symbol.dispose]()
  })

  const ping = () => lab.farRun('ping -6 -c 2 -i 0.05 -W 2 fd00:6b::1')
  /** On either CPU: each keeps a line of its own. */
  const echoes = async () => sum((await takeAll(programs)).flows.filter(({ports: [type]}) => type === 128 << 8)).packets

  test('TCX: ours runs before a foreign one, and its place is untouched when ours goes', async () => {
    await using theirs = await attachTcx({libbpf, libc}, foreign.programFd('nothing_tc'), {index, direction: 'ingress'})
    const before = tcxPrograms(libbpf, index, 'ingress')
    await using ours = await programs.attachTcx({index, direction: 'ingress', bare: false})
    const during = tcxPrograms(libbpf, index, 'ingress')
    expect(during).toHaveLength(2)
    expect(during.at(-1)).toBe(before[0])
    ping()
    expect(await echoes()).toBe(2)
    await ours.detach()
    expect(tcxPrograms(libbpf, index, 'ingress')).toEqual(before)
    expect(theirs.linkId).toBeGreaterThan(0)
  })

  test('clsact: ours has its own priority and handle, a foreign filter stays and so does its qdisc', async () => {
    const place = {index, direction: 'ingress', priority: 1, handle: 1} as const
    const theirs = await attachClsact(libbpf, foreign.programFd('nothing_tc'), place)
    expect(theirs.madeQdisc).toBe(true)
    const ours = await programs.attachClsact({...place, priority: 49_152, bare: false})
    expect(ours.madeQdisc).toBe(false)
    ping()
    expect(await echoes()).toBe(2)
    await ours.attachment.detach()
    expect(lab.run(`tc filter show dev ${near.device} ingress`)).toContain('pref 1 bpf')
    expect(lab.run(`tc filter show dev ${near.device} ingress`)).not.toContain('49152')
    await expect(programs.attachClsact({...place, bare: false})).rejects.toThrow('EEXIST')
    await theirs.attachment.detach()
    lab.run(`tc qdisc delete dev ${near.device} clsact`)
  })

  test('XDP: a foreign program is never replaced', async () => {
    await using link = await attachXdp({libbpf, libc}, foreign.programFd('nothing_xdp'), {index, mode: 'generic'})
    expect(link.linkId).toBeGreaterThan(0)
    const theirs = xdpProgram(libbpf, index)
    expect(theirs).toBeGreaterThan(0)
    for (const mode of ['native', 'generic'] as const)
      await expect(programs.attachXdp({index, bare: false, mode})).rejects.toThrow(/EBUSY|EEXIST/)
    expect(xdpProgram(libbpf, index)).toBe(theirs)
  })

  test('XDP, native and generic, counts what arrives', async () => {
    for (const mode of ['native', 'generic'] as const) {
      await using link = await programs.attachXdp({index, bare: false, mode})
      expect(link.linkId).toBeGreaterThan(0)
      await takeAll(programs)
      ping()
      expect(await echoes()).toBe(2)
    }
    expect(xdpProgram(libbpf, index)).toBe(0)
  })

  test('when all is closed, none of its programs, maps and links is left', async () => {
    const own = loadPrograms()
    const link = await own.attachTcx({index, direction: 'egress', bare: false})
    const ids = [...own.ids(), {kind: 'link' as const, id: link.linkId ?? 0}]
    expect(ids.filter(({kind, id}) => !exists({libbpf, libc}, kind, id))).toEqual([])
    await link.detach()
    own.close()
    await expect.poll(() => ids.filter(({kind, id}) => exists({libbpf, libc}, kind, id)), {timeout: 2000}).toEqual([])
  })
})
