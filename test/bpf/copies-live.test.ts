import {spawn} from 'node:child_process'
import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {readChains} from '../../src/events/chains.ts'
import {type Copy, readCopies} from '../../src/events/copies.ts'
import type {FlowPrograms} from '../../src/pod-agent/flow-programs.ts'
import {noFeeds} from '../../src/protocol/settings.ts'
import {ethernet, extension, icmpv6, ipv6, udp} from '../support/packets.ts'
import {far, Lab, near, script} from './lab.ts'
import {isRoot, loadPrograms} from './programs.ts'

const solicitation = icmpv6({type: 135, payload: 28})
const behind = extension(0, extension(60, icmpv6({type: 135, payload: 1300})))
const hexLines = (frames: readonly Uint8Array[]): string =>
  frames.map((frame) => `${Buffer.from(frame).toString('hex')}\n`).join('')
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const source = '20010db8'

describe.skipIf(!isRoot)('copies on real devices (needs root)', () => {
  let lab: Lab
  let programs: FlowPrograms
  let index: number
  beforeAll(() => {
    lab = new Lab()
    programs = loadPrograms({feeds: {...noFeeds, icmpTypes: [135], chains: true}})
    index = lab.index(near.device)
  })
  afterAll(() => {
    programs.close()
    lab[Symbol.dispose]()
  })

  /** Copies of what the tests sent, as soon as so many are there. */
  async function copied(count: number): Promise<readonly Copy[]> {
    const copies: Copy[] = []
    for (const patience = performance.now() + 10_000; copies.length < count && performance.now() < patience;) {
      const all = [...readCopies(programs.copies?.take().records ?? new Uint8Array())]
      copies.push(...all.filter(({frame}) => hex(frame.bytes).includes(source)))
      await delay(10)
    }
    return copies
  }
  const fromFar = (...frames: readonly Uint8Array[]): string =>
    lab.farRun(`/usr/bin/python3 ${script('tx-ring.py')} ${far.device}`, hexLines(frames))

  test('frames whose headers are not in the linear area are copied as they are, also behind extension headers', async () => {
    await using link = await programs.attachTcx({index, direction: 'ingress', bare: false})
    expect(link.linkId).toBeGreaterThan(0)
    const frames = [solicitation, behind, extension(0, udp({payload: 200}))].map((layer) => ethernet(ipv6(layer)))
    fromFar(...frames)
    const copies = await copied(3)
    expect(copies.map(({frame}) => hex(frame.bytes))).toEqual(frames.map(hex))
    expect(copies.map(({kind}) => kind)).toEqual(['icmpv6', 'icmpv6', 'chain'])
  })

  test('a tag that the kernel took out of the frame is told beside it; an inner one stays in the frame', async () => {
    await using link = await programs.attachTcx({index, direction: 'ingress', bare: false})
    expect(link.linkId).toBeGreaterThan(0)
    fromFar(
      ethernet(ipv6(solicitation), {tags: [0x8100]}),
      ethernet(ipv6(behind), {tags: [0x88a8, 0x8100]}),
      ethernet(ipv6(solicitation)),
    )
    const copies = await copied(3)
    const plain = hex(ethernet(ipv6(solicitation)))
    const inner = hex(ethernet(ipv6(behind), {tags: [0x8100]})).replace('81000064', '81000065')
    expect(copies.map(({frame}) => hex(frame.bytes))).toEqual([plain, inner, plain])
    expect(copies.map(({frame}) => frame.tag)).toEqual([100, 100, undefined])
  })

  test('XDP: copies and counts by chain are the same as elsewhere', async () => {
    await using link = await programs.attachXdp({index, bare: false, mode: 'generic'})
    expect(link.linkId).toBeGreaterThan(0)
    // With destination options, as no MLD report of the lab's own kernel has.
    const packets = () =>
      readChains(programs.readChains() ?? new Uint8Array())
        .filter(({headers}) => headers.includes(60))
        .reduce((sum, each) => sum + each.packets, 0)
    const before = packets()
    const frames = [solicitation, behind, extension(60, udp({payload: 300}))].map((layer) => ethernet(ipv6(layer)))
    fromFar(...frames)
    const copies = await copied(3)
    expect(copies.map(({frame}) => hex(frame.bytes))).toEqual(frames.map(hex))
    expect(packets() - before).toBe(2)
  })

  test('a device without a link header: the copy begins with the IP header', async () => {
    const child = spawn('/usr/bin/python3', [script('tun.py'), 'tun0'], {stdio: ['pipe', 'pipe', 'inherit']})
    const said = () => new Promise((resolve) => child.stdout.once('data', resolve))
    await said()
    await using link = await programs.attachTcx({index: lab.index('tun0'), direction: 'ingress', bare: true})
    expect(link.linkId).toBeGreaterThan(0)
    const packets = [solicitation, behind].map((layer) => ipv6(layer).bytes)
    for (const packet of packets) {
      child.stdin.write(`${hex(packet)}\n`)
      await said()
    }
    const copies = await copied(2)
    expect(copies.map(({frame}) => [frame.link, hex(frame.bytes)])).toEqual(
      packets.map((packet) => ['none', hex(packet)]),
    )
    child.stdin.end()
    await new Promise((resolve) => child.once('close', resolve))
  })
})
