import {describe, expect, test} from 'vitest'
import {everything, type KernelFilter, type Prefix} from '../../src/protocol/settings.ts'
import {addresses, ethernet, icmp, icmpv6, ipv4, ipv6, opaque, tcp, udp} from '../support/packets.ts'
import {accountedFor, isRoot, loadPrograms, send, takeAll} from './programs.ts'

const frames = {
  web: ethernet(ipv6(tcp({source: 40_000, destination: 443}))),
  answer: ethernet(
    ipv6(tcp({source: 443, destination: 40_000}), {source: addresses.destination, destination: addresses.source}),
  ),
  name: ethernet(ipv6(udp({source: 50_000, destination: 53}))),
  echo: ethernet(ipv6(icmpv6({type: 128}))),
  tooBig: ethernet(ipv6(icmpv6({type: 2}))),
  esp: ethernet(ipv6(opaque(50))),
  web4: ethernet(ipv4(tcp({source: 40_000, destination: 443}))),
  ping4: ethernet(ipv4(icmp({type: 8}))),
}
type Name = keyof typeof frames
const all = Object.keys(frames) as Name[]
const but = (...names: readonly Name[]): Name[] => all.filter((name) => !names.includes(name))
const prefix = (address: string, length: number): Prefix => ({address, length})
const one = prefix(addresses.source, 128)
const ten = prefix('00000000000000000000ffff0a000000', 104)

const rows: readonly {title: string; filter: Partial<KernelFilter>; pass: readonly Name[]}[] = [
  {title: 'everything', filter: {}, pass: all},
  {title: 'one family', filter: {families: [6]}, pass: but('web4', 'ping4')},
  {title: 'the other family', filter: {families: [4]}, pass: ['web4', 'ping4']},
  {title: 'the other direction', filter: {direction: 'egress'}, pass: []},
  {title: 'its own direction', filter: {direction: 'ingress'}, pass: all},
  {
    title: 'an address on any side',
    filter: {addresses: [{side: 'any', negate: false, prefixes: [one]}]},
    pass: but('web4', 'ping4'),
  },
  {
    title: 'a source',
    filter: {addresses: [{side: 'source', negate: false, prefixes: [one]}]},
    pass: but('answer', 'web4', 'ping4'),
  },
  {
    title: 'a destination',
    filter: {addresses: [{side: 'destination', negate: false, prefixes: [one]}]},
    pass: ['answer'],
  },
  {
    title: 'not a source',
    filter: {addresses: [{side: 'source', negate: true, prefixes: [one]}]},
    pass: ['answer', 'web4', 'ping4'],
  },
  {
    title: 'a prefix that ends within a byte',
    filter: {addresses: [{side: 'source', negate: false, prefixes: [prefix(addresses.source, 127)]}]},
    pass: but('answer', 'web4', 'ping4'),
  },
  {
    title: 'an IPv4 prefix',
    filter: {addresses: [{side: 'any', negate: false, prefixes: [ten]}]},
    pass: ['web4', 'ping4'],
  },
  {
    title: 'one prefix or another',
    filter: {addresses: [{side: 'source', negate: false, prefixes: [prefix(addresses.destination, 128), ten]}]},
    pass: ['answer', 'web4', 'ping4'],
  },
  {
    title: 'the shortest prefix',
    filter: {addresses: [{side: 'any', negate: false, prefixes: [prefix(addresses.source, 0)]}]},
    pass: all,
  },
  {
    title: 'a port on any side',
    filter: {ports: [{side: 'any', negate: false, ranges: [{first: 443, last: 443}]}]},
    pass: ['web', 'answer', 'web4'],
  },
  {
    title: 'a source port',
    filter: {ports: [{side: 'source', negate: false, ranges: [{first: 443, last: 443}]}]},
    pass: ['answer'],
  },
  {
    title: 'ranges of destination ports',
    filter: {
      ports: [
        {
          side: 'destination',
          negate: false,
          ranges: [
            {first: 50, last: 60},
            {first: 39_999, last: 40_000},
          ],
        },
      ],
    },
    pass: ['answer', 'name'],
  },
  {
    title: 'not a port: also what has none',
    filter: {ports: [{side: 'any', negate: true, ranges: [{first: 443, last: 443}]}]},
    pass: but('web', 'answer', 'web4'),
  },
  {
    title: 'every port: only what has one',
    filter: {ports: [{side: 'any', negate: false, ranges: [{first: 0, last: 65_535}]}]},
    pass: ['web', 'answer', 'name', 'web4'],
  },
  {title: 'protocols', filter: {protocols: [{negate: false, numbers: [17, 50]}]}, pass: ['name', 'esp']},
  {title: 'not a protocol', filter: {protocols: [{negate: true, numbers: [6]}]}, pass: but('web', 'answer', 'web4')},
  {title: 'ICMP types', filter: {icmpTypes: [{negate: false, types: [2, 8]}]}, pass: ['tooBig', 'ping4']},
  {title: 'not an ICMP type', filter: {icmpTypes: [{negate: true, types: [128]}]}, pass: but('echo')},
  {
    title: 'clauses of every kind at once',
    filter: {
      families: [6],
      addresses: [
        {side: 'source', negate: false, prefixes: [one]},
        {side: 'destination', negate: true, prefixes: [ten]},
      ],
      ports: [
        {side: 'destination', negate: false, ranges: [{first: 1, last: 1023}]},
        {side: 'any', negate: true, ranges: [{first: 53, last: 53}]},
      ],
      protocols: [{negate: false, numbers: [6, 17]}],
    },
    pass: ['web'],
  },
]

describe.skipIf(!isRoot)('the filter, decided in the kernel (needs root)', () => {
  test.each(rows)('$title', async ({filter, pass}) => {
    using programs = loadPrograms({filter: {...everything, families: [4, 6], ...filter}})
    const passed: Name[] = []
    for (const name of all) {
      send(programs, frames[name])
      if ((await takeAll(programs)).flows.length > 0) passed.push(name)
    }
    expect(passed).toEqual(pass)
    const {ingress} = await takeAll(programs)
    expect(ingress.seen.packets - accountedFor(ingress, []).packets).toBe(pass.length)
  })

  test('all that fits: 16 prefixes, 16 ranges, 8 protocols, 16 types, on every hook', async () => {
    const many = <Item>(length: number, item: (index: number) => Item) =>
      Array.from({length}, (_, index) => item(index))
    const filter: KernelFilter = {
      families: [4, 6],
      addresses: many(6, (clause) => ({
        side: 'any',
        negate: false,
        prefixes: clause < 5 ? many(2, () => one) : many(6, () => one),
      })),
      ports: many(6, (clause) => ({
        side: 'any',
        negate: false,
        ranges: many(clause < 5 ? 2 : 6, () => ({first: 443, last: 443})),
      })),
      protocols: many(8, () => ({negate: false, numbers: [6]})),
      icmpTypes: many(16, () => ({negate: true, types: [1]})),
    }
    using programs = loadPrograms({filter})
    for (const name of all) send(programs, frames[name])
    expect((await takeAll(programs)).flows).toHaveLength(2)
  })

  test('more than fits is refused, not cut', () => {
    const prefixes = Array.from({length: 17}, () => one)
    expect(() => loadPrograms({filter: {...everything, addresses: [{side: 'any', negate: false, prefixes}]}})).toThrow(
      'at most 16 prefixes',
    )
  })
})
