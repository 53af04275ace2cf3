import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {UndecodableReason} from '../../src/generated/words.ts'
import type {FlowPrograms} from '../../src/pod-agent/flow-programs.ts'
import {ethernet, extension, fragment, ipv4, ipv6, type Layer, opaque, tcp} from '../support/packets.ts'
import {accountedFor, isRoot, loadPrograms, type ProgramName, send, takeAll} from './programs.ts'

const chain = (headers: number, next: Layer): Layer => (headers === 0 ? next : extension(60, chain(headers - 1, next)))
const cut = (frame: Uint8Array, bytes: number): Uint8Array => frame.subarray(0, frame.length - bytes)

const rows: readonly {title: string; frame: Uint8Array; reason: UndecodableReason; program?: ProgramName}[] = [
  {
    title: 'no ethertype behind a tag',
    frame: ethernet(ipv6(tcp()), {tags: [0x8100]}).subarray(0, 17),
    reason: 'truncated-link-header',
  },
  {
    title: '39 bytes of an IPv6 header',
    frame: ethernet(ipv6(tcp())).subarray(0, 53),
    reason: 'truncated-ip-header',
    program: 'on_xdp',
  },
  {
    title: '19 bytes of an IPv4 header',
    frame: ethernet(ipv4(tcp())).subarray(0, 33),
    reason: 'truncated-ip-header',
    program: 'on_xdp',
  },
  {
    title: 'IPv4 options cut short',
    frame: ethernet(ipv4(tcp(), {words: 8})).subarray(0, 44),
    reason: 'truncated-ip-header',
  },
  {title: 'version 5 under IPv6', frame: ethernet(ipv6(tcp(), {version: 5})), reason: 'bad-version'},
  {title: 'version 6 under IPv4', frame: ethernet(ipv4(tcp(), {version: 6})), reason: 'bad-version'},
  {
    title: 'an IPv4 header of 4 words',
    frame: ethernet(ipv4(tcp(), {words: 4, total: 40})),
    reason: 'bad-header-length',
  },
  {
    title: 'an IPv4 packet shorter than its header',
    frame: ethernet(ipv4(tcp(), {total: 19})),
    reason: 'bad-header-length',
  },
  {
    title: 'an extension header past the end',
    frame: ethernet(ipv6(extension(60, opaque(59, 0), 3))).subarray(0, 80),
    reason: 'truncated-chain',
  },
  {
    title: 'a chain past what the IPv6 header says',
    frame: ethernet(ipv6(extension(0, tcp()), {payload: 7})),
    reason: 'truncated-chain',
  },
  {title: '17 headers', frame: ethernet(ipv6(chain(17, tcp()))), reason: 'chain-too-long'},
  {
    title: 'a first fragment without its transport header',
    frame: ethernet(ipv6(fragment(opaque(6, 2), {more: true}))),
    reason: 'truncated-transport-header',
  },
  {
    title: 'TCP past what the IPv6 header says, in the padding',
    frame: ethernet(ipv6(tcp(), {payload: 3})),
    reason: 'truncated-transport-header',
  },
  {title: 'half of the ports', frame: cut(ethernet(ipv6(tcp())), 18), reason: 'truncated-transport-header'},
]

describe.skipIf(!isRoot)('what cannot be decoded is counted by reason (needs root)', () => {
  let programs: FlowPrograms
  beforeAll(() => {
    programs = loadPrograms()
  })
  afterAll(() => programs.close())

  test.each(rows)('$title: $reason', async ({frame, reason, program = 'on_tc_ingress'}) => {
    const before = (await takeAll(programs)).ingress
    send(programs, frame, {program})
    const {flows, ingress} = await takeAll(programs)
    expect(flows).toEqual([])
    expect(ingress.undecodable[reason].packets - before.undecodable[reason].packets).toBe(1)
    expect(ingress.seen).toEqual(accountedFor(ingress, []))
  })

  test('padding behind the packet is not counted', async () => {
    await takeAll(programs)
    send(programs, ethernet(ipv6(tcp()), {padding: 30}))
    send(programs, ethernet(ipv4(tcp()), {padding: 6}))
    expect((await takeAll(programs)).flows.map((flow) => flow.bytes).sort()).toEqual([40, 60])
  })

  test('a family that was not asked for is set aside with its own length, and nothing of it is decoded', async () => {
    using six = loadPrograms({filter: {families: [6], addresses: [], ports: [], protocols: [], icmpTypes: []}})
    send(six, ethernet(ipv4(tcp()), {padding: 6}), {repeat: 3})
    send(six, ethernet(ipv4(tcp(), {version: 6})))
    const {flows, ingress} = await takeAll(six)
    expect(flows).toEqual([])
    expect(ingress.otherFamily).toEqual({packets: 4, bytes: 160})
    expect(ingress.seen).toEqual(ingress.otherFamily)
  })
})
