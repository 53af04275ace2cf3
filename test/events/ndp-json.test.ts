import {expect, test} from 'vitest'
import {icmpObject, ndpObject} from '../../src/events/ndp-json.ts'
import {isTold} from '../../src/events/ndp-message.ts'
import {jsonLine} from '../../src/output/json.ts'
import {aHeardMessage} from './ndp.ts'

const parsed = (object: Parameters<typeof jsonLine>[0]): unknown => JSON.parse(jsonLine(object))

test('an advertisement has its flags as letters and its options by name; for ever is as on the wire', () => {
  const {heard, message} = aHeardMessage({
    message: {
      type: 134,
      body: {kind: 'router-advertisement', hopLimit: 64, managed: true, other: false, homeAgent: false, proxy: true, preference: 'high', routerLifetime: 1800, reachableTime: 0, retransTimer: 0},
      options: [{type: 25, name: 'rdnss', length: 24, lifetime: Infinity, servers: ['fd90::53']}],
    },
  }) // prettier-ignore
  expect(parsed(ndpObject(heard, message))).toEqual({
    kind: 'ndp', time: '1970-01-01T00:00:01.000000000Z', node: 'local', interface: 'eth0', direction: 'ingress',
    source: 'fe80::1', destination: 'ff02::1', type: 134, name: 'router-advertisement',
    sourceMac: '02:00:00:00:00:01', destinationMac: '33:33:00:00:00:01', hopLimit: 255, headers: [],
    flags: ['M', 'P'], curHopLimit: 64, routerLifetime: 1800, preference: 'high', reachableTime: 0, retransTimer: 0,
    options: [{type: 25, name: 'rdnss', length: 24, lifetime: 4_294_967_295, servers: ['fd90::53']}],
    dad: false, valid: true,
  }) // prettier-ignore
})

test('an invalid message is a line with the first reason that its receiver would meet', () => {
  const problem = {reason: 'hop-limit', text: 'hop limit 64', reference: 'RFC 4861 §7.1.1'}
  const {heard, message} = aHeardMessage({
    source: '::',
    message: {type: 135, body: {kind: 'neighbor-solicitation', target: 'fd90::2'}, problems: [problem]},
  })
  expect(parsed(ndpObject(heard, message))).toMatchObject({
    dad: true,
    valid: false,
    invalid: problem,
    target: 'fd90::2',
    flags: [],
  })
})

test('groups of both MLD versions have one shape', () => {
  const old = aHeardMessage({message: {type: 132, body: {kind: 'listener-done', group: 'ff02::fb'}}})
  const records = [{record: 'BLOCK', group: 'ff02::fb', sources: ['fd90::9']}] as const
  const recent = aHeardMessage({message: {type: 143, body: {kind: 'listener-report-v2', records}}})
  expect(ndpObject(old.heard, old.message)).toMatchObject({groups: [{record: 'DONE', group: 'ff02::fb', sources: []}]})
  expect(ndpObject(recent.heard, recent.message)).toMatchObject({groups: records})
})

test('an error names the packet it quotes by its ends, protocol and ports', () => {
  const quoted = {
    ...aHeardMessage({source: 'fd90::1', destination: 'fd90::9', message: {type: 1, body: {kind: 'other'}}}).heard.packet,
    protocol: 6,
    transport: {kind: 'tcp', sourcePort: 443, destinationPort: 50_000, sequence: 0, acknowledgement: 0, flags: 16, window: 0, payload: 0},
  } as const // prettier-ignore
  const {heard, message} = aHeardMessage({message: {type: 2, body: {kind: 'error', mtu: 1280, quoted}}})
  expect(parsed(icmpObject(heard, message))).toMatchObject({
    kind: 'icmp', name: 'packet-too-big', mtu: 1280,
    quoted: {source: 'fd90::1', destination: 'fd90::9', protocol: 'TCP', sourcePort: 443, destinationPort: 50_000},
  }) // prettier-ignore
})

test('where a capture tells no direction, the line says what `observe` says', () => {
  const {heard, message} = aHeardMessage({message: {type: 133, body: {kind: 'router-solicitation'}}})
  expect(ndpObject({...heard, direction: undefined}, message)).toMatchObject({direction: 'ingress'})
})

test('an error that quotes too little to have ends quotes nothing', () => {
  const quoted = {vlans: [], chain: [], bytes: 30}
  const {heard, message} = aHeardMessage({message: {type: 1, body: {kind: 'error', quoted}}})
  expect(parsed(icmpObject(heard, message))).not.toHaveProperty('quoted')
})

test('a query and a multicast router say how often they ask, and how robust they are', () => {
  const asked = {suppress: true, robustness: 2, queryInterval: 125}
  const query = {kind: 'listener-query', version: 2, group: '::', maximumResponseDelay: 10_000, sources: [], ...asked} as const // prettier-ignore
  const router = {kind: 'multicast-router', advertisementInterval: 20, queryInterval: 125, robustness: 2} as const
  const told = [query, router].map((body) => aHeardMessage({message: {type: 130, body}}))
  expect(told.map(({heard, message}) => ndpObject(heard, message))).toMatchObject([
    asked,
    {advertisementInterval: 20, queryInterval: 125, robustness: 2},
  ])
})

test('of the types of errors four have a meaning, and no other is told that nobody asked for', () => {
  const types = Array.from({length: 128}, (_, type) => type)
  const messages = types.map((type) => aHeardMessage({message: {type, body: {kind: 'error'}}}).message)
  expect(messages.filter((message) => isTold(message)).map(({type}) => type)).toEqual([1, 2, 3, 4])
  expect(messages.filter((message) => isTold(message, [100])).map(({type}) => type)).toContain(100)
})
