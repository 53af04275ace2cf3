import {describe, expect, test} from 'vitest'
import type {Observation} from '../../src/diagnosis/observation.ts'
import type {Extension} from '../../src/packet/packet.ts'
import {advertises, all, device, facts, found, heard, macOption, type Sent} from './messages.ts'

const redirects = (target: string, sent: Sent = {}): Observation =>
  heard({kind: 'redirect', target, destination: '2001:db8:2::e'}, {at: 1, destination: '2001:db8:1::a', ...sent})

describe('a redirect', () => {
  const addresses = [{ip: '2001:db8:1::a', prefixLength: 64, flags: ['permanent']}] as const
  const known = [
    facts({interfaces: [device({addresses})]}),
    advertises(),
    advertises({}, {source: 'fe80::2', mac: '02:00:00:00:00:02'}),
  ]
  test.each([
    ['of no router', 'critical ndp/rd-not-router', redirects('fe80::2', {source: 'fe80::bad'})],
    [
      'with another MAC than the router',
      'critical ndp/rd-not-router',
      redirects('fe80::2', {mac: '02:66:66:66:66:66'}),
    ],
    ['that puts a distant address on the link', 'error ndp/rd-onlink', redirects('2001:db8:2::e')],
    ['to a router that never advertised itself', 'warning ndp/rd-new-nexthop', redirects('fe80::3')],
  ])('%s', (_, rule, redirect) => {
    expect(found([...known, redirect])).toEqual([rule])
  })
  test('of the router to another router is no finding', () => {
    const to = macOption('02:00:00:00:00:02')
    expect(all([...known, redirects('fe80::2', {options: [to]})])).toEqual([])
  })
  test('as itself of the node that had the destination, and handed it over, is ignored by hosts, and no finding', () => {
    const mac = '02:00:00:00:00:0a'
    const late = redirects('2001:db8:2::e', {source: 'fe80::a', mac})
    const entry = {interface: 'eth0', ip: '2001:db8:2::e', mac, state: 'STALE', router: true, proxy: false}
    const had = facts({neighbours: {entries: 1, tableFulls: 0, resolutionFailures: 0, known: [entry]}})
    expect(all([...known, had, late])).toEqual([])
    expect(found([...known, had, redirects('fe80::2', {source: 'fe80::a', mac})])).toEqual([
      'critical ndp/rd-not-router',
    ])
    expect(found([...known, late])).toEqual(['critical ndp/rd-not-router'])
  })
  test('where no router is known is not judged', () => {
    expect(found([redirects('2001:db8:2::e')])).toEqual([])
  })
})

const alert: readonly Extension[] = [
  {name: 'hop-by-hop', offset: 40, length: 8, options: [{type: 5, name: 'router-alert', length: 2, action: 'skip'}]},
]
const mldSent = {hopLimit: 1, chain: alert} as const
const reports = (sent: Sent = {}): Observation =>
  heard({kind: 'listener-report-v2', records: []}, {...mldSent, destination: 'ff02::16', ...sent})
const queries = (version: 1 | 2, sent: Sent = {}): Observation =>
  heard(
    {kind: 'listener-query', version, group: '::', maximumResponseDelay: 10_000, sources: []},
    {...mldSent, ...sent},
  )

describe('MLD', () => {
  const bridge = device({name: 'br0', index: 9, kind: 'bridge', multicastSnooping: true, multicastQuerier: false})
  const snooping = facts({interfaces: [device({master: 9}), bridge]})
  test('without a querier is a warning on a bridge that snoops, and has a port to others', () => {
    const [uplink, pod] = [device({master: 9, kind: 'ethernet'}), device({name: 'veth1', index: 8, kind: 'veth', master: 9})] // prettier-ignore
    expect(found([facts({interfaces: [uplink, pod, bridge]}), reports()], {wait: 262})).toEqual(['warning mld/no-querier']) // prettier-ignore
    const podsOnly = facts({interfaces: [{...uplink, kind: 'veth'}, pod, bridge]})
    expect(all([podsOnly, reports()], {wait: 262})).toContain('info mld/no-querier')
    expect(found([podsOnly, reports()], {wait: 262})).toEqual([])
  })
  test('is waited for as long as the bridge itself would', () => {
    const own = facts({interfaces: [device({master: 9, kind: 'ethernet'}), {...bridge, multicastQuerierSeconds: 20}]})
    expect(found([own, reports()], {wait: 24})).toEqual([])
    expect(found([own, reports()], {wait: 26})).toEqual(['warning mld/no-querier'])
    expect(found([snooping, reports()], {wait: 254})).toEqual([])
    expect(all([snooping, queries(2, {at: 100}), reports({at: 200})], {wait: 100})).not.toContain('info mld/no-querier')
    expect(found([facts(), reports()], {wait: 262})).toEqual([])
  })
  test('with a second querier of a higher address is a warning, of a lower one the election', () => {
    expect(found([queries(2), queries(2, {at: 5, source: 'fe80::9', mac: '02:00:00:00:00:09'})])).toEqual([
      'warning mld/querier-change',
    ])
    expect(found([queries(2, {source: 'fe80::9'}), queries(2, {at: 5})])).toEqual([])
  })
  test('of version 1 is noted', () => {
    expect(all([queries(1)])).toEqual(['info mld/v1-fallback'])
  })
  test.each([
    ['a wrong hop limit', reports({hopLimit: 64})],
    ['no router alert', reports({chain: []})],
    ['a wrong checksum', reports({checksum: 'wrong'})],
    ['a source that is not link-local', reports({source: '2001:db8::1'})],
  ])('with %s is an error', (_, observation) => {
    expect(found([observation])).toEqual(['error mld/invalid'])
  })
  test('of a node that has no address yet is valid', () => {
    expect(found([reports({source: '::'})])).toEqual([])
  })
  test('that leaves may have no checksum yet', () => {
    expect(found([reports({checksum: 'wrong', direction: 'egress'})])).toEqual([])
  })
  test('must have joined the group of each address', () => {
    const addresses = [{ip: '2001:db8::12:3456', prefixLength: 64, flags: ['permanent']}] as const
    const having = (groups: readonly string[]): Observation => facts({interfaces: [device({addresses, groups})]})
    expect(found([having(['ff02::1'])])).toEqual(['error mld/missing-group'])
    expect(found([having(['ff02::1', 'ff02::1:ff12:3456'])])).toEqual([])
  })
})
