import {describe, expect, test} from 'vitest'
import type {Observation} from '../../src/diagnosis/observation.ts'
import {advertises, all, answers, asks, device, facts, found, nanoseconds, prefix} from './messages.ts'

const [a, b] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b']
const addresses = [{ip: '2001:db8:1::9', prefixLength: 64, flags: ['permanent']}] as const

describe('a router', () => {
  const brief = (at: number, mac: string) => advertises({routerLifetime: 12}, {at, mac})
  const every = (from: number, to: number, mac: string) =>
    Array.from({length: Math.ceil((to - from) / 3)}, (_, i) => brief(from + 3 * i, mac))

  test('of this node whose bridge takes another MAC as pods come and go is no forgery', () => {
    const sent = (at: number, mac: string) => advertises({}, {at, mac, direction: 'egress', interface: 'cni0'})
    expect(all([facts(), sent(0, a), sent(3, b)])).toEqual([])
  })
  test('that goes on with another MAC is told as forged, not as gone', () => {
    expect(found([...every(0, 12, a), ...every(12, 60, b)], {wait: 3})).toEqual(['critical ndp/ra-spoof'])
  })
  test('behind an interface that is deleted does not expire', () => {
    const pod = device({name: 'veth1', index: 7})
    const heard = every(0, 12, a).map((each) => ({...each, interface: 'veth1'}) as Observation)
    const both = facts({interfaces: [device(), pod]})
    expect(found([both, ...heard, facts({interfaces: [device()]}, 12)], {wait: 30})).toEqual([])
    expect(found([both, ...heard], {wait: 30})).toContain('error ndp/ra-stopped')
  })
  test('that this node takes on another interface is ignored on a macvlan beside it without harm', () => {
    const settings = {accept_ra: 1, forwarding: 1, disable_ipv6: 0}
    const route = {destination: 'default', gateway: 'fe80::1', interface: 'eth0', metric: 1024, protocol: 'ra'}
    const macvlan = device({name: 'mv0', index: 8, settings})
    const known = facts({interfaces: [device(), macvlan], routes: [route]})
    expect(all([known, {...advertises(), interface: 'mv0'} as Observation])).toEqual(['info ndp/ra-ignored'])
  })
})

describe('an interface without neighbour discovery', () => {
  test('needs no solicited-node groups', () => {
    const bare = device({addresses, groups: ['ff02::1']})
    expect(found([facts({interfaces: [bare]})])).toEqual(['error mld/missing-group'])
    expect(found([facts({interfaces: [{...bare, isWithoutDiscovery: true}]})])).toEqual([])
  })
})

describe('what the kernel says of a neighbour', () => {
  const told = (s: number, mac: string, oldMac: string): Observation => ({
    type: 'neighbour',
    timeNs: nanoseconds(1000 + s),
    change: {interface: 'eth0', ip: '2001:db8:1::2', mac, oldMac, state: 'DELAY', oldState: 'STALE', event: 'timer'},
  })
  test('with its old MAC, later than the packet that moved it, is no return', () => {
    const moved = [answers('2001:db8:1::2', {at: 0, mac: a}), answers('2001:db8:1::2', {at: 5, mac: b})]
    expect(found([...moved, told(5.001, a, a), answers('2001:db8:1::2', {at: 6, mac: b})])).toEqual([])
    expect(found([...moved, told(5.001, a, b)])).toEqual(['error ndp/neigh-flap'])
  })
})

describe('an address of no prefix of the link', () => {
  const node = facts({interfaces: [device({addresses})]})
  const foreign = '2001:db8:ffff::2'
  test('that somebody asks for in vain is a warning, once it is sure', () => {
    expect(found([node, asks(foreign)], {wait: 3})).toEqual([])
    expect(found([node, asks(foreign)], {wait: 4})).toEqual(['warning ndp/bogon'])
  })
  test('that is announced to all is a warning at once', () => {
    expect(found([node, answers(foreign, {flags: 'O'})])).toEqual(['warning ndp/bogon'])
  })
  test.each([
    ['that is answered is of another prefix of the link', [node, asks(foreign), answers(foreign, {at: 0.01})]],
    ['that was asked for from :: is', [node, asks(foreign, {source: '::'}), answers(foreign, {at: 2, flags: 'O'})]],
    ['of a prefix that a router advertises is', [node, advertises({}, {options: [prefix('2001:db8:ffff::/64')]}), asks(foreign)]], // prettier-ignore
    ['is not known as such in a capture', [asks(foreign)]],
    ['does not exist where everything is on the link', [facts({interfaces: [device({addresses})], routes: [{destination: 'default', interface: 'eth0', metric: 1, protocol: 'static'}]}), asks(foreign)]], // prettier-ignore
    ['that is routed elsewhere is known', [facts({interfaces: [device({addresses})], routes: [{destination: '2001:db8:ffff::/48', interface: 'cni0', metric: 1, protocol: 'static'}]}), asks(foreign)]], // prettier-ignore
    ['that this node itself asks for is ns-unanswered', [node, asks(foreign, {direction: 'egress'})]],
  ])('%s', (_, observations) => {
    expect(found(observations, {wait: 4})).toEqual([])
  })
  test('that is a pod or a Service is known', () => {
    expect(found([node, asks(foreign)], {wait: 4, cluster: {podPrefixes: ['2001:db8:ffff::/48']}})).toEqual([])
    expect(found([node, asks(foreign)], {wait: 4, cluster: {serviceAddresses: [foreign]}})).toEqual([])
  })
})

describe('the own address announced by another', () => {
  const own = '2001:db8:1::9'
  const node = facts({interfaces: [device({addresses})]})
  test('is critical even while somebody asks for it', () => {
    const stolen = answers(own, {at: 0.01, mac: b, flags: 'O'})
    expect(found([node, asks(own), stolen], {wait: 4})).toEqual(['critical ndp/na-override-unsol'])
  })
  test('in answer to its duplicate address detection is a conflict only', () => {
    const asked = asks(own, {source: '::', direction: 'egress', mac: a})
    expect(found([node, asked, answers(own, {at: 0.1, mac: b, flags: 'O'})])).toEqual(['critical ndp/dad-conflict'])
  })
})

describe('a flood of RAs', () => {
  test('does not make the router that was there expire', () => {
    const brief = (at: number) => advertises({routerLifetime: 6}, {at})
    const flood = Array.from({length: 30}, (_, i) => advertises({}, {at: 2.9, source: `fe80::f:${i}`, mac: b}))
    expect(found([brief(0), ...flood, ...[3, 6, 9, 12, 15].map(brief)], {wait: 3})).toEqual(['critical ndp/ra-flood'])
  })
})
