import {describe, expect, test} from 'vitest'
import type {FlowPrograms} from '../../src/pod-agent/flow-programs.ts'
import {everything} from '../../src/protocol/settings.ts'
import {ethernet, extension, fragment, icmpv6, ipv6, type Layer, tcp, udp} from '../support/packets.ts'
import {foreign, golden} from './golden.ts'
import {isRoot, loadPrograms, mergeCpus, type ProgramName, send, takeAll} from './programs.ts'

/** Any filter keeps the short way out of the programs; this one lets everything pass. */
const noProtocol255 = {...everything, families: [4, 6] as const, protocols: [{negate: true, numbers: [255]}]}

const headers: readonly Layer[] = [
  tcp(),
  udp({payload: 5}),
  udp({payload: 6}),
  udp({payload: 100}),
  icmpv6({type: 135, payload: 28}),
  icmpv6({type: 128, payload: 5}),
  icmpv6({type: 128, payload: 6}),
]
const packets = [
  ...headers.flatMap((layer) => [
    ipv6(layer),
    ipv6(extension(0, extension(60, layer))),
    ipv6(fragment(layer, {more: true})),
    ipv6(layer, {payload: 13}),
    ipv6(extension(60, layer), {payload: 21}),
    ipv6(layer, {payload: 0}),
    ipv6(layer, {version: 5}),
  ]),
]
const frames = [
  ...golden.map(({frame}) => frame),
  ...foreign.map(({frame}) => frame),
  ...packets.map((each) => ethernet(each, {padding: 3})),
]

/** BPF_PROG_TEST_RUN refuses an skb that is shorter than the headers of its ethertype. */
const shortest = (program: ProgramName): number => (program.endsWith('xdp') ? 15 : 54)

/** Each frame whole, whole again when its flow is known, and then cut at every byte. */
function sendAll(programs: FlowPrograms, all: readonly Uint8Array[], sent: {program: ProgramName}): void {
  for (const frame of all) {
    send(programs, frame, {...sent, repeat: 2})
    for (let length = frame.length - 1; length >= shortest(sent.program); length--)
      send(programs, frame.subarray(0, length), sent)
  }
}

async function counted(programs: FlowPrograms) {
  const {flows, ...totals} = await takeAll(programs)
  return {flows: mergeCpus(flows).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)), ...totals}
}

describe.skipIf(!isRoot)('packets of a known flow are counted as all others are (needs root)', () => {
  const rows: readonly {program: ProgramName; all: readonly Uint8Array[]}[] = [
    {program: 'on_tc_ingress', all: frames},
    {program: 'on_tc_egress', all: frames},
    {program: 'on_xdp', all: frames},
    {program: 'on_bare_xdp', all: packets.map(({bytes}) => bytes)},
  ]
  test.each(rows)('$program', async ({program, all}) => {
    using short = loadPrograms()
    using long = loadPrograms({filter: noProtocol255})
    for (const programs of [short, long]) sendAll(programs, all, {program})
    expect(await counted(short)).toEqual(await counted(long))
  })

  test('also as GSO packets', async () => {
    using short = loadPrograms()
    using long = loadPrograms({filter: noProtocol255})
    const layers = [tcp({payload: 3000}), udp({payload: 3000}), extension(60, tcp({payload: 3000}))]
    const large = layers.flatMap((layer) => [ethernet(ipv6(layer)), ethernet(ipv6(layer), {padding: 3})])
    for (const programs of [short, long]) {
      for (const frame of large) {
        send(programs, frame)
        send(programs, frame, {gso: {size: 1400, segments: 3}})
        send(programs, frame, {gso: {size: 1000, segments: 0}})
        send(programs, frame)
      }
    }
    expect(await counted(short)).toEqual(await counted(long))
  })
})
