import {describe, expect, test} from 'vitest'
import {Diagnosis} from '../../src/diagnosis/diagnosis.ts'
import {extensions} from '../../src/diagnosis/extension-rules.ts'
import type {NodeFacts} from '../../src/protocol/facts.ts'
import type {Packet} from '../../src/packet/packet.ts'
import {extended, heard, option, piece, routing} from './extended-packets.ts'

const rules = (packet: Packet): readonly string[] =>
  new Diagnosis({kinds: [extensions]}).hear(heard(packet)).map(({rule, severity}) => `${severity} ${rule}`)

const hop = {name: 'hop-by-hop'} as const
const destination = {name: 'destination-options'} as const

describe('one packet alone shows', () => {
  test.each([
    ['critical exthdr/rh0', extended([routing(0, 1)])],
    ['error exthdr/hbh-order', extended([destination, hop])],
    ['error exthdr/hbh-order', extended([hop, hop])],
    ['warning exthdr/dup', extended([routing(2, 0), routing(2, 0)])],
    ['warning exthdr/dup', extended([destination, destination, destination])],
    ['info exthdr/order', extended([piece(0, false), routing(2, 1)])],
    ['warning exthdr/chain-long', extended([{...destination, length: 112}])],
    ['warning exthdr/opt-drop', extended([{...hop, options: [option(0x5e & 0xfd, 0)]}])],
    ['warning exthdr/opt-drop', extended([{...destination, options: [option(0xc2, 4)]}])],
    ['warning exthdr/pad-covert', extended([{...hop, options: [option(1, 6)]}])],
    ['warning exthdr/pad-covert', extended([{...hop, options: [{...option(1, 2), isDirty: true}]}])],
    ['info exthdr/experimental', extended([destination], {protocol: 253})],
    ['info exthdr/experimental', extended([{...destination, options: [option(0x1e, 2)]}])],
    ['warning exthdr/nonh-data', extended([destination], {protocol: 59})],
    ['warning exthdr/nonh-data', extended([], {protocol: 59})],
    ['error exthdr/trunc', extended([{...destination, length: 64}], {payload: -16})],
    ['error exthdr/trunc', extended([], {protocol: 60, payload: 4})],
    ['info exthdr/srv6', extended([routing(4, 1)])],
    [
      'error exthdr/malformed',
      extended([{...destination, problem: {reason: 'header-option-past-end', text: '', reference: ''}}]),
    ],
  ])('%s', (rule, packet) => {
    expect(rules(packet)).toEqual([rule])
  })
})

describe('nothing is found in', () => {
  const jumbo = extended([{...hop, options: [{...option(0xc2, 4), value: 94_288}]}], {protocol: 6, payload: 94_280})
  test.each([
    ['a packet without extension headers', extended([])],
    ['a packet of nothing', extended([], {protocol: 59, payload: 0})],
    ['MLD with a router alert', extended([{...hop, options: [option(5, 2), option(1, 0)]}], {protocol: 58})],
    ['a BIG TCP segment', {...jumbo, ip: {...jumbo.ip, payloadLength: 0}} as Packet],
    ['routing type 0 with no segments left', extended([routing(0, 0)])],
    ['padding of seven bytes', extended([{...destination, options: [option(1, 5)]}])],
    [
      'a home address between routing and fragment',
      extended([{...destination, options: [option(0xc9, 16)]}, piece(0, true)]),
    ],
    ['a mobility header, which ends with 59', extended([{name: 'mobility', length: 16}], {protocol: 59})],
    ['a fragment whose datagram ends with 59', extended([piece(1448, false)], {protocol: 59})],
    ['Destination Options before Routing and before the end', extended([destination, routing(2, 1), destination])],
  ])('%s', (_, packet) => {
    expect(rules(packet)).toEqual([])
  })
})

describe('segment routing', () => {
  const facts = (seg6: number, ip: string): NodeFacts => ({
    interfaces: [
      {
        name: 'eth0',
        index: 2,
        kind: 'veth',
        mtu: 1500,
        isUp: true,
        addresses: [{ip, prefixLength: 64, flags: []}],
        settings: {seg6_enabled: seg6},
        groups: [],
      },
    ],
    routes: [],
    neighbours: {entries: 0, tableFulls: 0, resolutionFailures: 0, known: []},
    settings: {},
  })

  test.each([
    ['is a warning where the kernel will drop it silently', facts(0, '2001:db8::2'), 'warning'],
    ['is told where it is taken', facts(1, '2001:db8::2'), 'info'],
    ['is told where it is only forwarded', facts(0, '2001:db8::9'), 'info'],
  ])('%s', (_, node, severity) => {
    const diagnosis = new Diagnosis({kinds: [extensions]})
    diagnosis.hear({type: 'facts', timeNs: 0n, facts: node})
    expect(diagnosis.hear(heard(extended([routing(4, 1)])))).toMatchObject([{rule: 'exthdr/srv6', severity}])
  })
})

test('one packet on two interfaces of the node is one thing', () => {
  const diagnosis = new Diagnosis({kinds: [extensions]})
  const packet = extended([routing(0, 1)])
  const [first] = diagnosis.hear(heard(packet))
  const [second] = diagnosis.hear(heard(packet, {place: 'cni0'}))
  expect(first?.key).toBe(second?.key)
})
