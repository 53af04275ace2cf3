import {describe, expect, test} from 'vitest'
import {Diagnosis} from '../../src/diagnosis/diagnosis.ts'
import {pathMtu} from '../../src/diagnosis/path-mtu.ts'
import type {Packet} from '../../src/packet/packet.ts'
import {extended, heard} from './extended-packets.ts'

const server = '2001:db8::1'
const client = '2001:db8::2'
const router = 'fe80::1'

/** From the server to the client, `bytes` long. */
const large = (bytes: number, protocol = 17) => extended([], {payload: bytes - 40, protocol})

const tooBig = (mtu: number, quoted = large(1500)): Packet => {
  const message = {type: 2, code: 0, name: 'packet-too-big', checksum: 'correct', length: 1240, options: []} as const
  const icmp = {...message, problems: [], body: {kind: 'error', mtu, quoted}} as const
  return {...extended([], {protocol: 58, source: router}), transport: {kind: 'icmpv6', message: icmp}}
}

interface Segment {
  readonly sequence?: number
  readonly acknowledgement?: number
  readonly payload?: number
  readonly segmentSize?: number
}

function segment(isBack: boolean, {sequence = 1, acknowledgement = 1, payload = 0, segmentSize}: Segment): Packet {
  const [sourcePort, destinationPort] = isBack ? [50_000, 80] : [80, 50_000]
  const packet = extended([], {protocol: 6, payload: payload + 32})
  const [source, destination] = isBack ? [client, server] : [server, client]
  return {
    ...packet,
    ...(packet.ip === undefined ? {} : {ip: {...packet.ip, source, destination}}),
    ...(segmentSize === undefined ? {} : {segmentSize}),
    transport: {kind: 'tcp', sourcePort, destinationPort, sequence, acknowledgement, flags: 16, window: 500, payload},
  }
}
const down = (parts: Segment) => segment(false, parts)
const up = (parts: Segment) => segment(true, parts)

type Timed = readonly [seconds: number, packet: Packet]

function rules(timed: readonly Timed[], hearsAll = true): readonly string[] {
  const diagnosis = new Diagnosis({kinds: [pathMtu], options: {hearsAll}})
  return timed
    .flatMap(([seconds, packet]) => diagnosis.hear(heard(packet, {seconds})))
    .map(({rule, severity}) => `${severity} ${rule}`)
}

describe('a Packet Too Big', () => {
  test.each([
    ['info pmtu/event', 1280],
    ['info pmtu/event', 1499],
    ['warning pmtu/ptb-bogus', 1279],
    ['warning pmtu/ptb-bogus', 1500],
  ])('is %s with an MTU of %i for a packet of 1500 bytes', (rule, mtu) => {
    expect(rules([[0, tooBig(mtu)]])).toEqual([rule])
  })
})

describe('a Packet Too Big is ignored', () => {
  const at = (seconds: number, count: number, packet: Packet): readonly Timed[] =>
    Array.from({length: count}, (_, i) => [seconds + i, packet] as const)
  const event = 'info pmtu/event'
  const ignored = 'error pmtu/ptb-ignored'

  test.each([
    ['where five datagrams stay as long', at(2, 5, large(1500)), [event, ignored]],
    ['where three TCP packets stay as long', at(2, 3, down({payload: 1428})), [event, ignored]],
    ['where segments stay too long', at(2, 3, down({payload: 14_280, segmentSize: 1428})), [event, ignored]],
    ['not by what was under way', at(0.1, 1, large(1500)), [event]],
    ['not by four datagrams, which may be probes', at(2, 4, large(1500)), [event]],
    ['not by segments that fit', at(2, 9, down({payload: 12_280, segmentSize: 1228})), [event]],
    ['not by packets whose segments are not known', at(2, 9, down({payload: 2456})), [event]],
    ['not after five minutes', at(302, 9, large(1500)), [event]],
  ])('%s', (_, packets, expected) => {
    expect(rules([[0, tooBig(1300)], ...packets])).toEqual(expected)
  })

  test('nor where it makes no sense', () => {
    expect(rules([[0, tooBig(600)], ...at(2, 9, large(1500))])).toEqual(['warning pmtu/ptb-bogus'])
  })
})

/** As measured at a server whose client is behind a link of 1300 bytes: the client's FIN comes after eight seconds. */
const burst: readonly Timed[] = [
  [0, up({acknowledgement: 1, payload: 80})],
  [0.001, down({payload: 7140, segmentSize: 1428})],
]
const again = [0.212, 0.62, 1.46, 3.09, 6.32].map((seconds): Timed => [seconds, down({payload: 1428})])
const alive: Timed = [8, up({sequence: 81})]

describe('large packets vanish', () => {
  const blackhole = ['error pmtu/blackhole']

  test('where the receiver is alive and does not get the segment; it is told once', () => {
    expect(rules([...burst, ...again, alive, [9, down({payload: 1428})], alive])).toEqual(blackhole)
  })

  test.each<[string, readonly Timed[]]>([
    ['where the receiver is silent', [...burst, ...again]],
    ['after three transmissions', [...burst, ...again.slice(0, 2), alive]],
    ['where it was acknowledged', [...burst, ...again, [7, up({sequence: 81, acknowledgement: 1429})], alive]],
    [
      'where such a segment was acknowledged before',
      [
        [0, up({})],
        [0.1, down({payload: 1428})],
        [0.2, up({acknowledgement: 1429})],
        ...again.map(([seconds]): Timed => [seconds + 1, down({sequence: 1429, payload: 1428})]),
        [9, up({acknowledgement: 1429})],
      ],
    ],
    ['where small segments are lost too', [...burst, ...again, [7, down({payload: 500})], alive]],
  ])('is not said %s', (_, packets) => {
    expect(rules(packets)).toEqual([])
  })

  test('is not said where a router asks for smaller packets', () => {
    expect(rules([...burst, [0.002, tooBig(1300, large(1500, 6))], ...again.slice(0, 3), alive])).not.toContain(
      'error pmtu/blackhole',
    )
  })

  test('is not said of a sample', () => {
    expect(rules([...burst, ...again, alive], false)).toEqual([])
  })
})

test('sequence numbers wrap', () => {
  const sequence = 2 ** 32 - 10
  const sent = [0.1, 0.3, 0.7, 1.5].map((seconds): Timed => [seconds, down({sequence, payload: 1428})])
  expect(rules([[0, up({acknowledgement: sequence})], ...sent, [2, up({acknowledgement: 1418})]])).toEqual([])
  expect(rules([[0, up({acknowledgement: sequence})], ...sent, [2, up({acknowledgement: sequence})]])).toHaveLength(1)
})
