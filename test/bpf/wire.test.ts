import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {FlowPrograms} from '../../src/pod-agent/flow-programs.ts'
import {
  ethernet,
  extension,
  fragment,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  type Layer,
  opaque,
  tcp,
  udp,
} from '../support/packets.ts'
import {accountedFor, isRoot, loadPrograms, send, takeAll} from './programs.ts'

const headers = 40 + 20

/** What Linux from 5.19 on puts before TCP in its own large packets: a hop-by-hop header with only a jumbo option. */
const jumbo = (next: Layer): Layer => ({
  number: 0,
  bytes: Uint8Array.of(next.number, 0, 0xc2, 4, 0, 1, 0, 0, ...next.bytes),
})

describe.skipIf(!isRoot)('packets and bytes are those of the wire (needs root)', () => {
  let programs: FlowPrograms
  beforeAll(() => {
    programs = loadPrograms()
  })
  afterAll(() => programs.close())

  const rows = [
    {
      title: 'three full segments',
      frame: ethernet(ipv6(tcp({payload: 3000}))),
      gso: {size: 1000, segments: 3},
      packets: 3,
    },
    {
      title: 'a short last segment',
      frame: ethernet(ipv6(tcp({payload: 2500}))),
      gso: {size: 1000, segments: 3},
      packets: 3,
    },
    {
      title: 'segments nobody counted',
      frame: ethernet(ipv6(tcp({payload: 2001}))),
      gso: {size: 1000, segments: 0},
      packets: 3,
    },
    {
      title: 'a packet whose length does not fit its field',
      frame: ethernet(ipv6(tcp({payload: 3000}), {payload: 0})),
      gso: {size: 1000, segments: 3},
      packets: 3,
    },
    {
      title: 'BIG TCP with the jumbo header of Linux 5.19',
      frame: ethernet(ipv6(jumbo(tcp({payload: 3000})), {payload: 0})),
      gso: {size: 1000, segments: 3},
      packets: 3,
    },
  ]
  test.each(rows)('$title', async ({frame, gso, packets}) => {
    await takeAll(programs)
    send(programs, frame, {gso})
    const {flows} = await takeAll(programs)
    const payload = frame.length - 14 - headers - (frame[20] === 0 ? 8 : 0)
    expect(flows).toMatchObject([
      {packets, bytes: payload + packets * headers, ports: [1234, 443], protocol: 6, headers: []},
    ])
  })

  test('a GSO packet with extension headers repeats them in each segment', async () => {
    await takeAll(programs)
    send(programs, ethernet(ipv6(extension(60, tcp({payload: 2000})))), {gso: {size: 1000, segments: 2}})
    expect((await takeAll(programs)).flows).toMatchObject([
      {packets: 2, bytes: 2000 + 2 * (headers + 8), headers: ['destination-options']},
    ])
  })

  test('UDP and IPv4 are segmented too', async () => {
    await takeAll(programs)
    send(programs, ethernet(ipv4(udp({payload: 2000}))), {gso: {size: 1000, segments: 2}})
    expect((await takeAll(programs)).flows).toMatchObject([{packets: 2, bytes: 2000 + 2 * 28}])
  })

  test('sizes: every segment in its class', async () => {
    using fresh = loadPrograms()
    send(fresh, ethernet(ipv6(tcp({payload: 2500}))), {gso: {size: 1000, segments: 3}})
    send(fresh, ethernet(ipv6(udp({payload: 16}))))
    send(fresh, ethernet(ipv6(udp({payload: 17}))))
    const {sizes} = (await takeAll(fresh)).ingress
    expect(Object.entries(sizes).filter(([, packets]) => packets > 0)).toEqual([
      ['64', 1],
      ['128', 1],
      ['1024', 1],
      ['1280', 2],
    ])
  })

  test('totals: protocols, ICMP types, chains and fragments, of the packets that passed', async () => {
    using fresh = loadPrograms()
    send(fresh, ethernet(ipv6(tcp())), {repeat: 5})
    send(fresh, ethernet(ipv6(extension(0, extension(60, icmpv6({type: 135}))))), {repeat: 2})
    send(fresh, ethernet(ipv4(icmp({type: 8}))))
    send(fresh, ethernet(ipv6(fragment(udp(), {more: true}))))
    for (const number of [135, 139, 140, 60]) send(fresh, ethernet(ipv6(extension(number, opaque(59, 0)))))
    const {ingress, flows} = await takeAll(fresh)
    expect(ingress.protocols.ipv6.tcp).toEqual({packets: 5, bytes: 300})
    expect(ingress.protocols.ipv6.icmpv6.packets).toBe(2)
    expect(ingress.protocols.ipv4.icmp.packets).toBe(1)
    const {mobility, hip, shim6, 'no-next-header': nothing} = ingress.protocols.ipv6
    expect([mobility, hip, shim6, nothing].map(({packets}) => packets)).toEqual([1, 1, 1, 1])
    expect(ingress.icmpv6Types[135]).toBe(2)
    expect(ingress.icmpTypes[8]).toBe(1)
    expect(ingress.headerSets[0b1_0001]).toBe(2)
    expect(ingress.chainDepths.slice(0, 4)).toEqual([0, 5, 2, 0])
    expect(ingress.fragmentSets[0b1]).toBe(1)
    expect(ingress.seen).toEqual(accountedFor(ingress, flows))
  })

  test('lines are stamped with the monotonic clock', async () => {
    await takeAll(programs)
    const before = process.hrtime.bigint()
    send(programs, ethernet(ipv6(tcp())))
    await programs.swap()
    const [piece] = [...programs.tables.take(1 << 16)]
    const {FlowLine} = await import('../../src/generated/flow-line.ts')
    const line = new FlowLine(piece!)
    const away = line.first - Number(before >> 20n)
    expect(Math.abs(away)).toBeLessThan(20)
    expect(line.last - line.first).toBeGreaterThanOrEqual(0)
  })
})
