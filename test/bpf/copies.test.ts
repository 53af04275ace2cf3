import {describe, expect, test} from 'vitest'
import {type ChainCount, readChains} from '../../src/events/chains.ts'
import {type Copy, readCopies} from '../../src/events/copies.ts'
import type {FlowPrograms} from '../../src/pod-agent/flow-programs.ts'
import {everything, noFeeds} from '../../src/protocol/settings.ts'
import {ethernet, extension, fragment, icmpv6, ipv6, type Layer, opaque, tcp, udp} from '../support/packets.ts'
import {clock, isRoot, loadPrograms, type ProgramName, send, takeAll} from './programs.ts'

const solicitation = 135
const advertisement = 136
const neighbours = {...noFeeds, icmpTypes: [solicitation, advertisement]}
const withChains = {...noFeeds, chains: true}

const message = (type: number, payload = 28): Uint8Array => ethernet(ipv6(icmpv6({type, payload})))
const copiesOf = (programs: FlowPrograms): readonly Copy[] => [
  ...readCopies(programs.copies?.take().records ?? new Uint8Array()),
]
const chainsOf = (programs: FlowPrograms): readonly ChainCount[] =>
  readChains(programs.readChains() ?? new Uint8Array()).toSorted((a, b) => a.headers.length - b.headers.length)
const nest = (depth: number, inner: Layer): Layer => (depth === 0 ? inner : extension(60, nest(depth - 1, inner)))

describe.skipIf(!isRoot)('packets of the ICMPv6 types that were asked for (needs root)', () => {
  const hooks: readonly {program: ProgramName; direction: 'ingress' | 'egress'; link: 'ethernet' | 'none'}[] = [
    {program: 'on_tc_ingress', direction: 'ingress', link: 'ethernet'},
    {program: 'on_tc_egress', direction: 'egress', link: 'ethernet'},
    {program: 'on_bare_xdp', direction: 'ingress', link: 'none'},
    {program: 'on_xdp', direction: 'ingress', link: 'ethernet'},
  ]
  test.each(hooks)('are copied as they are: $program', ({program, direction, link}) => {
    using programs = loadPrograms({feeds: neighbours})
    const packet = ipv6(extension(0, extension(60, icmpv6({type: advertisement, payload: 28}))))
    const frame = link === 'none' ? packet.bytes : ethernet(packet)
    const before = clock.monotonicNs()
    send(programs, frame, {program})
    const [copy, ...others] = copiesOf(programs)
    expect(others).toEqual([])
    expect(copy).toMatchObject({interfaceIndex: 1, direction, kind: 'icmpv6', frame: {link, length: frame.length}})
    expect(Buffer.from(copy?.frame.bytes ?? [])).toEqual(Buffer.from(frame))
    expect(copy?.monotonicNs).toBeGreaterThan(before)
    expect(copy?.monotonicNs).toBeLessThan(clock.monotonicNs())
  })

  test('are copied whole up to 1,500 bytes of IP, and say how long they were', () => {
    using programs = loadPrograms({feeds: neighbours})
    for (const payload of [1, 1441, 1448, 3000]) send(programs, message(solicitation, payload))
    const sizes = copiesOf(programs).map(({frame}) => [frame.length, frame.bytes.length])
    expect(sizes).toEqual([
      [59, 59],
      [1499, 1499],
      [1506, 1506],
      [3058, 1522],
    ])
  })

  test('others are not, nor what a filter rejects', async () => {
    using programs = loadPrograms({
      feeds: neighbours,
      filter: {...everything, icmpTypes: [{negate: true, types: [advertisement]}]},
    })
    const others = [icmpv6({type: 134}), tcp(), udp(), fragment(icmpv6({type: solicitation}), {offset: 8})]
    for (const each of [...others.map((each) => ethernet(ipv6(each))), message(advertisement)]) send(programs, each)
    expect(copiesOf(programs)).toEqual([])
    send(programs, message(solicitation))
    expect(copiesOf(programs)).toHaveLength(1)
    expect((await takeAll(programs)).ingress).toMatchObject({copied: 1, rejected: {packets: 1}})
  })

  test('beyond the budget are counted; a flood takes nothing from another type, from duplicate address detection, or from what goes to all nodes', async () => {
    using programs = loadPrograms({feeds: {...neighbours, copiesPerSecond: 100}})
    const repeat = 10_000
    const probe = message(solicitation)
    probe.fill(0, 22, 38)
    const toAll = message(solicitation)
    toAll[38] = 0xff
    send(programs, message(solicitation), {repeat})
    for (const each of [message(advertisement), probe, toAll]) send(programs, each)
    const types = copiesOf(programs).map(({frame}) => frame.bytes[54])
    expect(types.slice(-3)).toEqual([advertisement, solicitation, solicitation])
    const {ingress} = await takeAll(programs)
    expect(ingress.copied).toBe(types.length)
    expect(ingress.copied + (ingress.overBudget[solicitation] ?? 0)).toBe(repeat + 3)
    expect(types.length).toBeGreaterThanOrEqual(103)
    expect(types.length).toBeLessThan(1000)
    expect(ingress.icmpv6Types[solicitation]).toBe(repeat + 2)
  })

  test('that the ring has no room for are counted, and room comes with reading', async () => {
    using programs = loadPrograms({feeds: {...neighbours, copiesPerSecond: 100_000}})
    const repeat = 2000
    let kept = 0
    for (let round = 1; round <= 3; round++) {
      send(programs, message(advertisement, 1400), {repeat})
      const copies = copiesOf(programs)
      kept += copies.length
      expect(copies.every(({frame}) => frame.bytes.length === 1458 && frame.bytes[54] === advertisement)).toBe(true)
      const {ingress} = await takeAll(programs)
      expect([ingress.copied, ingress.ringFull[advertisement]]).toEqual([kept, round * repeat - kept])
      expect(copies.length).toBeGreaterThan(100)
    }
    expect(kept).toBeLessThan(3 * repeat)
  })
})

describe.skipIf(!isRoot)('packets with extension headers (needs root)', () => {
  test.each<ProgramName>(['on_tc_ingress', 'on_xdp'])('are counted by chain and copied: %s', (program) => {
    using programs = loadPrograms({feeds: withChains})
    send(programs, ethernet(ipv6(tcp())), {program})
    send(programs, ethernet(ipv6(extension(0, udp({payload: 1000})))), {program, repeat: 3})
    send(programs, ethernet(ipv6(extension(0, fragment(udp({payload: 100}), {offset: 8, more: true})))), {program})
    expect(chainsOf(programs)).toEqual([
      expect.objectContaining({headers: [0], protocol: 17, end: 'decoded', packets: 3, bytes: 3 * 1056}),
      expect.objectContaining({headers: [0, 44], protocol: 17, end: 'decoded', packets: 1, bytes: 164}),
    ])
    const sizes = copiesOf(programs).map(({kind, frame}) => [kind, frame.length, frame.bytes.length])
    expect(sizes).toEqual([...Array.from({length: 3}, () => ['chain', 1070, 1070]), ['chain', 178, 178]])
  })

  test('that are GSO packets count as their segments, and the copy says how large these are', () => {
    using programs = loadPrograms({feeds: withChains})
    send(programs, ethernet(ipv6(extension(60, tcp({payload: 2500})))), {gso: {size: 1000, segments: 3}})
    expect(chainsOf(programs)).toEqual([expect.objectContaining({headers: [60], packets: 3, bytes: 2500 + 3 * 68})])
    const [copy] = copiesOf(programs)
    expect(copy?.frame).toMatchObject({segmentSize: 1000, length: 2582})
    expect(copy?.frame.bytes).toHaveLength(1522)
  })

  test('are told also when their chain has no end', () => {
    using programs = loadPrograms({feeds: withChains})
    const cut = ipv6(extension(0, nest(1, udp())), {payload: 8})
    send(programs, ethernet(ipv6(nest(17, udp()))))
    send(programs, ethernet(cut))
    expect(chainsOf(programs).map(({headers, end}) => [headers.length, end])).toEqual([
      [1, 'truncated'],
      [16, 'too-long'],
    ])
    expect(copiesOf(programs)).toHaveLength(2)
  })

  test('or what ends oddly without one are copied; of these only a chain that breaks off is counted', () => {
    using programs = loadPrograms({feeds: withChains})
    const odd = [opaque(59), opaque(253), opaque(254), opaque(60, 4)]
    for (const layer of [...odd, opaque(47), opaque(252)]) send(programs, ethernet(ipv6(layer)))
    // A jumbogram by its payload length, which the program knows no other of: 40 bytes, and no header in them.
    send(programs, ethernet(ipv6(extension(0, udp()), {payload: 0})))
    expect(copiesOf(programs).map(({frame}) => frame.bytes[20])).toEqual([...odd.map(({number}) => number), 0])
    const brokenOff = {headers: [], end: 'truncated', packets: 1}
    const counted = chainsOf(programs).toSorted((a, b) => a.bytes - b.bytes)
    expect(counted).toMatchObject([
      {...brokenOff, protocol: 0, bytes: 40},
      {...brokenOff, protocol: 60, bytes: 44},
    ])
  })

  test('that pass no filter are not told', () => {
    using programs = loadPrograms({feeds: withChains, filter: {...everything, direction: 'egress'}})
    for (const depth of [1, 17]) send(programs, ethernet(ipv6(nest(depth, udp()))))
    expect(chainsOf(programs)).toEqual([])
    expect(copiesOf(programs)).toEqual([])
  })

  test('of more chains than are kept are counted apart, exactly', async () => {
    using programs = loadPrograms({feeds: withChains})
    const kinds = [0, 43, 60, 135]
    const chain = (number: number, depth: number): Layer =>
      depth === 0 ? udp() : extension(kinds[number & 3] ?? 0, chain(number >> 2, depth - 1))
    for (let number = 0; number < 1500; number++) send(programs, ethernet(ipv6(chain(number, 6))))
    const {ingress} = await takeAll(programs)
    const counted = chainsOf(programs).reduce((sum, {packets}) => sum + packets, 0)
    expect(ingress.chainsOverflow.packets).toBeGreaterThan(0)
    expect(counted + ingress.chainsOverflow.packets).toBe(1500)
  })
})
