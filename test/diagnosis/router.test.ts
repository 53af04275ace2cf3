import {describe, expect, test} from 'vitest'
import type {Observation} from '../../src/diagnosis/observation.ts'
import type {NdOption} from '../../src/packet/icmpv6-message.ts'
import {advertises, all, device, facts, found, heard, macOption, nanoseconds, prefix} from './messages.ts'

const mtu = (value: number): NdOption => ({type: 5, name: 'mtu', length: 8, mtu: value})
const rdnss = (lifetime: number): NdOption => ({type: 25, name: 'rdnss', length: 24, lifetime, servers: ['fe80::53']})
const route = (text: string, preference: 'high' | 'medium' = 'medium'): NdOption => ({
  type: 24,
  name: 'route-information',
  length: 24,
  prefix: text.split('/')[0] ?? '',
  prefixLength: Number(text.split('/')[1]),
  preference,
  lifetime: 600,
})
const pref64 = (text: string): NdOption => ({
  type: 38,
  name: 'pref64',
  length: 16,
  prefix: text,
  prefixLength: 96,
  lifetime: 600,
})
const other = {source: 'fe80::2', mac: '02:00:00:00:00:02'}
const saying = (...options: readonly NdOption[]): Observation => advertises({}, {options})

describe('an honest router', () => {
  test('that repeats itself is no finding', () => {
    const same = [0, 10, 20].map((at) =>
      advertises({}, {at, options: [prefix('2001:db8::/64'), mtu(1500), rdnss(600)]}),
    )
    expect(all(same, {wait: 20})).toEqual([])
  })
  test('whose lifetimes count down is no finding', () => {
    const valids = [9000, 8990, 8980].map((valid, i) =>
      advertises({}, {at: i * 10, options: [prefix('2001:db8::/64', {valid, preferred: valid})]}),
    )
    expect(found(valids)).toEqual([])
  })
  test('seen at three interfaces is one router', () => {
    expect(found(['eth0', 'br0', 'veth1'].map((name) => advertises({}, {interface: name})))).toEqual([])
  })
})

describe('who sends an RA', () => {
  test('behind a pod interface is critical', () => {
    const cluster = {podOfInterface: (name: string) => (name === 'veth1' ? 'default/p2' : undefined)}
    expect(found([advertises({}, {interface: 'veth1'})], {cluster})).toEqual(['critical ndp/ra-from-pod'])
    expect(found([advertises({}, {interface: 'veth1', direction: 'egress'})], {cluster})).toEqual([])
  })
  test('is unexpected where it is not named, or new after a minute beside another', () => {
    const options = {routers: ['fe80::1']}
    expect(found([advertises({}, other)], {options})).toEqual(['error ndp/ra-unexpected'])
    expect(found([advertises()], {options})).toEqual([])
    expect(found([advertises(), advertises({}, {at: 90, ...other})])).toEqual(['error ndp/ra-unexpected'])
    expect(found([advertises(), advertises({}, {at: 30, ...other})])).toEqual([])
  })
  test('with the address of a router and another MAC is critical, and nothing else', () => {
    const forged = advertises({routerLifetime: 0}, {at: 1, mac: '02:66:66:66:66:66'})
    expect(found([advertises(), forged])).toEqual(['critical ndp/ra-spoof'])
    expect(found([advertises(), advertises({}, {at: 1, mac: '00:00:5e:00:02:01'})])).toEqual([])
  })
  test('eleven times a second, or with 17 prefixes, floods', () => {
    expect(found(Array.from({length: 12}, (_, i) => advertises({}, {at: i / 100})))).toEqual(['critical ndp/ra-flood'])
    const many = Array.from({length: 17}, (_, i) => prefix(`2001:db8:${i}::/64`))
    expect(found([advertises({}, {options: many})])).toEqual(['critical ndp/ra-flood'])
  })
})

describe('the end of a router', () => {
  test('is a warning, or an error for the only one', () => {
    const gone = advertises({routerLifetime: 0}, {at: 10})
    expect(found([advertises(), gone])).toEqual(['error ndp/ra-withdrawn'])
    expect(found([advertises(), advertises({}, {at: 1, ...other}), gone])).toEqual(['warning ndp/ra-withdrawn'])
  })
  test('comes with its lifetime, and is announced', () => {
    const three = [0, 10, 20].map((at) => advertises({routerLifetime: 90}, {at}))
    expect(found(three, {wait: 60})).toEqual([])
    expect(found(three, {wait: 80})).toEqual(['warning ndp/ra-expiring'])
    expect(found(three, {wait: 100})).toEqual(['warning ndp/ra-expiring', 'error ndp/ra-stopped'])
  })
})

describe('what an RA says', () => {
  const pods = {podPrefixes: ['fd00:10::/48'], nodeAddresses: ['2001:db8::5']}
  test.each([
    ['warning ndp/ra-prefix-bad', [saying(prefix('2001:db8::/64', {valid: 10, preferred: 20}))]],
    ['warning ndp/ra-prefix-bad', [saying(prefix('2001:db8::/48'))]],
    ['warning ndp/ra-prefix-bad', [saying(prefix('fe80::/64'))]],
    ['critical ndp/ra-prefix-cluster', [saying(prefix('fd00:10:0:1::/64'))]],
    ['critical ndp/ra-prefix-cluster', [saying(route('2001:db8::/48'))]],
    ['warning ndp/ra-prefix-new', [saying(), advertises({}, {at: 5, options: [prefix('2001:db8:9::/64')]})]],
    ['warning ndp/ra-route', [saying(route('::/0'))]],
    ['warning ndp/ra-mtu', [saying(mtu(1000))]],
    ['warning ndp/ra-mtu', [facts(), saying(mtu(9000))]],
    ['warning ndp/ra-mtu', [saying(mtu(1500)), advertises({}, {at: 5, options: [mtu(1400)]})]],
    ['error ndp/ra-hoplimit-low', [advertises({hopLimit: 3})]],
    ['warning ndp/ra-pref-high', [advertises(), advertises({preference: 'high'}, {at: 1, ...other})]],
    ['warning ndp/ra-dns', [saying(rdnss(600))]],
    ['error ndp/ra-dns', [advertises({routerLifetime: 0}, {options: [rdnss(600)]})]],
    [
      'warning ndp/ra-pref64',
      [saying(pref64('64:ff9b::')), advertises({}, {at: 1, ...other, options: [pref64('fd64::')]})],
    ],
    ['warning ndp/ra-inconsistent', [advertises({hopLimit: 64}), advertises({hopLimit: 255}, {at: 1, ...other})]],
  ])('%s', (rule, observations) => {
    expect(found(observations, {cluster: pods, options: {nameServers: ['2001:db8::53']}})).toEqual([rule])
  })
  test.each([
    ['a route without preference', saying(route('2001:db8:5::/48'))],
    ['an unspecified hop limit', advertises({hopLimit: 0})],
    ['withdrawn DNS servers', advertises({routerLifetime: 0}, {options: [rdnss(0)]})],
    ['high preference of the only router', advertises({preference: 'high'})],
  ])('%s is no finding', (_, observation) => {
    expect(found([observation])).toEqual([])
  })
  test('of a router that withdraws itself, the DNS servers that it had are no finding', () => {
    const gone = [1, 2].map((at) => advertises({routerLifetime: 0}, {at, options: [rdnss(600)]}))
    expect(found([saying(rdnss(600)), advertises({}, {source: 'fe80::2'}), ...gone])).toEqual(['warning ndp/ra-withdrawn']) // prettier-ignore
  })
})

describe('an RA that this node ignores', () => {
  const settings = {accept_ra: 1, forwarding: 1, disable_ipv6: 0}
  const forwarding = facts({interfaces: [device({settings})]})
  test('is an error', () => {
    expect(found([forwarding, advertises()])).toEqual(['error ndp/ra-ignored'])
    expect(found([facts({interfaces: [device({settings: {...settings, accept_ra: 2}})]}), advertises()])).toEqual([])
  })
  test('is none where this node is a router of that link itself', () => {
    const sent = advertises({}, {source: 'fe80::9', direction: 'egress'})
    expect(all([forwarding, sent, advertises({}, {at: 1})])).toEqual(['info ndp/ra-ignored'])
    const waiting = facts({interfaces: [device({settings, isAdvertiser: true})]})
    expect(all([waiting, advertises()])).toEqual(['info ndp/ra-ignored'])
  })
  test('is none where a daemon takes it, or a static default route is there', () => {
    const via = {destination: 'default', gateway: 'fe80::1', interface: 'eth0', metric: 1024}
    const having = (protocol: string): Observation =>
      facts({interfaces: [device({settings: {...settings, accept_ra: 0}})], routes: [{...via, protocol}]})
    expect(all([having('ra'), advertises()])).toEqual([])
    expect(all([having('static'), advertises()])).toEqual(['info ndp/ra-ignored'])
  })
})

describe('a node that asks for a router', () => {
  const asking = (at: number): Observation =>
    heard(
      {kind: 'router-solicitation'},
      {at, direction: 'egress', destination: 'ff02::2', options: [macOption('02:00:00:00:00:01', 'source')]},
    )
  const thrice = [0, 4, 8].map((at) => asking(at))
  test('in vain is a warning, unless its addresses are set by hand', () => {
    expect(found([facts(), ...thrice], {wait: 5})).toEqual(['warning ndp/rs-unanswered'])
    const addresses = [{ip: '2001:db8::5', prefixLength: 64, flags: ['permanent']}] as const
    expect(found([facts({interfaces: [device({addresses})]}), ...thrice], {wait: 5})).toEqual([])
    expect(found([facts(), ...thrice, advertises({}, {at: 8.1})], {wait: 5})).toEqual([])
  })
  test('a hundred times a second floods', () => {
    const icmpv6 = {ingress: Array.from({length: 134}, (_, type) => (type === 133 ? 500 : 0)), egress: []}
    expect(found([{type: 'counts', timeNs: nanoseconds(1001), seconds: 1, interfaces: 1, icmpv6}])).toEqual([
      'error ndp/rs-flood',
    ])
  })
})
