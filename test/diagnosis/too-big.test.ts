import {describe, expect, test} from 'vitest'
import type {Observation} from '../../src/diagnosis/observation.ts'
import type {Packet} from '../../src/packet/packet.ts'
import {asks, device, facts, found, heard, nanoseconds, observe, packetOf, type Sent} from './messages.ts'

const [here, there, sender] = ['2001:db8:1::9', '2001:db8:2::e', '2001:db8:1::5']
const addresses = [{ip: here, prefixLength: 64, flags: ['permanent']}] as const
const node = facts({interfaces: [device({addresses})]})

describe('packets that are dropped as too big to forward', () => {
  const dropped = (at: number, source = sender): Observation => ({
    type: 'drop',
    timeNs: nanoseconds(1000 + at),
    drop: {reason: 'PKT_TOO_BIG', symbol: 'ip6_forward', interface: 'eth1', packet: packetOf({source, destination: there})}, // prettier-ignore
  })
  const tooBig = (at: number, sent: Sent = {}): Observation => {
    const body = {kind: 'error', mtu: 1300, quoted: segment(sender, there, 80)} as const
    const message = heard(body, {at, direction: 'egress', destination: sender, ...sent})
    return retyped(message)
  }
  const heardHere = asks('2001:db8:1::7', {direction: 'egress'})
  const thrice = [0.1, 0.3, 0.7].map((at) => dropped(at))

  test('three times without an answer are an error', () => {
    expect(found([node, heardHere, ...thrice], {wait: 2})).toEqual(['error pmtu/ptb-suppressed'])
    expect(found([node, heardHere, dropped(0.1), dropped(3), dropped(8)], {wait: 2})).toEqual([
      'error pmtu/ptb-suppressed',
    ])
  })
  test.each([
    ['with an answer', [node, heardHere, ...thrice, tooBig(0.11)]],
    [
      'that a router in another namespace of the kernel answers',
      [node, heardHere, ...thrice, tooBig(0.11, {direction: 'ingress'})],
    ],
    ['once or twice', [node, heardHere, ...thrice.slice(1)]],
    ['of a sender where nothing is heard', [node, ...thrice]],
    ['of a sender whose way is not known', [heardHere, ...thrice]],
    ['of a link-local sender', [node, heardHere, ...[0.1, 0.3, 0.7].map((at) => dropped(at, 'fe80::5'))]],
  ])('%s are no finding', (_, observations) => {
    expect(found(observations, {wait: 40})).toEqual([])
  })
})

describe('a Packet Too Big', () => {
  const tcp = (at: number, [source, destination]: readonly [string, string], port: number): Observation =>
    observe(segment(source, destination, port), {at})
  const about = (quoted: Packet, sent: Sent = {}): Observation =>
    retyped(heard({kind: 'error', mtu: 1300, quoted}, {at: 5, source: 'fe80::1', destination: here, ...sent}))
  const options = {hearsAll: true}
  const flows = [tcp(0, [here, there], 80), tcp(1, [there, here], 80)]

  test('about a connection that the capture has nothing of is forged', () => {
    expect(found([...flows, about(segment(here, there, 9999))], {options})).toEqual(['warning pmtu/ptb-spoof'])
  })
  test.each([
    ['of a connection that was heard', [...flows, about(segment(here, there, 80))]],
    ['of a protocol that was not captured', [tcp(0, [there, here], 80), about(segment(here, there, 9999))]],
    ['in the first seconds', [...flows, about(segment(here, there, 9999), {at: 2})]],
  ])('%s is none', (_, observations) => {
    expect(found(observations, {options})).toEqual([])
  })
  test('to this node about a packet of another is forged, live too', () => {
    expect(found([node, about(segment('2001:db8:7::7', there, 80))])).toEqual(['warning pmtu/ptb-spoof'])
    expect(found([node, about(segment(here, there, 80))])).toEqual([])
  })
})

/** The builder of messages makes errors of type 1. */
function retyped(observation: Observation): Observation {
  if (observation.type !== 'packet' || observation.packet.transport?.kind !== 'icmpv6') return observation
  const {packet} = observation
  const message = {...observation.packet.transport.message, type: 2}
  return {...observation, packet: {...packet, transport: {kind: 'icmpv6', message}}}
}

function segment(source: string, destination: string, port: number): Packet {
  const packet = packetOf({source, destination})
  const ip = packet.ip === undefined ? {} : {ip: {...packet.ip, payloadLength: 1460}}
  const tcp = {kind: 'tcp', sequence: 1, acknowledgement: 1, flags: 16, window: 500, payload: 1400} as const
  return {...packet, ...ip, protocol: 6, bytes: 1500, transport: {...tcp, sourcePort: port, destinationPort: 443}}
}
