import {describe, expect, test} from 'vitest'
import type {Observation} from '../../src/diagnosis/observation.ts'
import {advertises, all, answers, asks, device, facts, found, nanoseconds} from './messages.ts'

const target = '2001:db8::2'
const [a, b] = ['02:00:00:00:00:0a', '02:00:00:00:00:0b']

describe('two answers', () => {
  const first = answers(target, {at: 0.001, mac: a})
  test('of two MACs to one question are a conflict', () => {
    expect(found([asks(target), first, answers(target, {at: 0.002, mac: b})])).toEqual(['critical ndp/na-conflict'])
  })
  test('that are one, seen at three interfaces, are none', () => {
    const places = ['veth1', 'cni0', 'eth0'].map((name) => answers(target, {at: 0.001, mac: a, interface: name}))
    expect(found([asks(target), ...places])).toEqual([])
  })
  test('of a proxy beside the owner are none', () => {
    const proxy = answers(target, {at: 0.002, mac: b, flags: 'S', source: 'fe80::b'})
    expect(found([asks(target), first, proxy])).toEqual([])
    expect(all([asks(target), proxy])).toContain('info ndp/na-proxy')
  })
  test('on two links are none', () => {
    expect(found([asks(target), first, answers(target, {at: 0.002, mac: b, interface: 'eth1'})])).toEqual([])
  })
  test('to two questions are none', () => {
    expect(found([asks(target), first, asks(target, {at: 1}), answers(target, {at: 1.001, mac: b})])).toEqual([])
  })
})

describe('a MAC', () => {
  const at = (s: number, mac: string): Observation[] => [asks(target, {at: s}), answers(target, {at: s + 0.001, mac})]
  test('that changes once is noted', () => {
    expect(all([...at(0, a), ...at(10, b)])).toEqual(['info ndp/neigh-mac-change'])
  })
  test('that changes there and back within a minute flaps', () => {
    expect(found([...at(0, a), ...at(10, b), ...at(20, a)])).toEqual(['error ndp/neigh-flap'])
  })
  test('that is announced by each of two nodes in turn is handed over, unless at once', () => {
    const says = (s: number, mac: string): Observation => answers(target, {at: s, mac, flags: 'O'})
    expect(found([says(0, a), says(10, b), says(20, a)], {wait: 4})).toEqual([])
    expect(found([says(0, a), says(10, b), says(12, a)])).toContain('error ndp/neigh-flap')
    expect(found([says(0, a), says(10, b), says(20, a), says(30, b)])).toContain('error ndp/neigh-flap')
  })
  test('that returns after two minutes does not', () => {
    expect(found([...at(0, a), ...at(10, b), ...at(150, a)])).toEqual([])
  })
  test('is believed to the kernel too', () => {
    const told = (s: number, mac: string): Observation => ({
      type: 'neighbour',
      timeNs: nanoseconds(1000 + s),
      change: {interface: 'eth0', ip: target, mac, state: 'REACHABLE', oldState: 'INCOMPLETE', event: 'update'},
    })
    expect(found([told(0, a), told(1, b), told(2, a)])).toEqual(['error ndp/neigh-flap'])
  })
  test('that only the kernel knew before is noted, by its first message or by the kernel', () => {
    const change = {interface: 'eth0', ip: target, mac: b, oldMac: a, state: 'STALE', oldState: 'REACHABLE', event: 'update'} as const // prettier-ignore
    const told: Observation = {type: 'neighbour', timeNs: nanoseconds(1000), change}
    expect(all([told])).toEqual(['info ndp/neigh-mac-change'])
    expect(all([answers(target, {at: 0, mac: b, flags: 'O'}), told])).toEqual(['info ndp/neigh-mac-change'])
  })
})

describe('an announcement that nobody asked for', () => {
  const known = [asks(target), answers(target, {at: 0.001, mac: a})]
  const announced = answers(target, {at: 10, mac: b, flags: 'O'})
  test('is a failover where the old MAC is silent', () => {
    expect(found([...known, announced], {wait: 5})).toEqual([])
    expect(all([...known, announced], {wait: 5})).toContain('info ndp/na-override-unsol')
  })
  test('is a takeover where the old MAC is still heard', () => {
    const old = asks('2001:db8::9', {at: 11, source: target, mac: a})
    expect(found([...known, announced, old], {wait: 5})).toEqual(['warning ndp/na-override-unsol'])
  })
  test('of an address of this node is critical, also where the node has not told its addresses yet', () => {
    const own = (at: number): Observation =>
      facts({interfaces: [device({addresses: [{ip: target, prefixLength: 64, flags: ['permanent']}]})]}, at)
    expect(found([own(0), announced], {wait: 4})).toContain('critical ndp/na-override-unsol')
    expect(found([announced, own(10.1)], {wait: 4})).toEqual(['critical ndp/na-override-unsol'])
    expect(found([announced, own(15)])).toEqual([])
  })
  test('of an address that this node gives up meanwhile is a failover', () => {
    const own = facts({interfaces: [device({addresses: [{ip: target, prefixLength: 128, flags: ['permanent']}]})]})
    const handed = [own, announced, facts({}, 11)]
    expect(found(handed, {wait: 4})).toEqual([])
    expect(all(handed, {wait: 4})).toContain('info ndp/na-override-unsol')
  })
  test('is judged by what only the kernel knew before, whichever is told first', () => {
    const change = {interface: 'eth0', ip: target, mac: b, oldMac: a, state: 'STALE', oldState: 'REACHABLE', event: 'update'} as const // prettier-ignore
    const told: Observation = {type: 'neighbour', timeNs: nanoseconds(1010.001), change}
    const old = asks('2001:db8::9', {at: 11, source: target, mac: a})
    for (const both of [
      [announced, told],
      [told, announced],
    ]) {
      expect(found([...both, old], {wait: 5})).toEqual(['warning ndp/na-override-unsol'])
      expect(all(both, {wait: 5})).toContain('info ndp/na-override-unsol')
    }
  })
  test('again and again is a warning, unless it is named as an announcer', () => {
    const many = Array.from({length: 25}, (_, i) => answers(target, {at: i * 2, mac: a, flags: 'O'}))
    expect(found(many)).toEqual(['warning ndp/na-rate'])
    expect(found(many, {options: {announcers: [target]}})).toEqual([])
    const fewOfEach = [a, b].flatMap((mac, i) => many.slice(0, 12).map((_, n) => answers(target, {at: 15 * i + n, mac, flags: 'O'}))) // prettier-ignore
    expect(found(fewOfEach)).toEqual([])
    expect(found(Array.from({length: 25}, (_, i) => answers(target, {at: i, mac: '00:00:5e:00:02:3d', flags: 'O'})))).toEqual([]) // prettier-ignore
  })
})

describe('the router flag', () => {
  const router = advertises({}, {source: 'fe80::5', mac: a})
  test('must not be missing from a router', () => {
    expect(found([router, answers('fe80::5', {at: 1, mac: a, flags: 'SO'})])).toEqual(['error ndp/na-router-flag'])
  })
  test('may be missing from a router that withdrew itself, and set by any node', () => {
    const gone = advertises({routerLifetime: 0}, {source: 'fe80::5', mac: a})
    expect(found([gone, answers('fe80::5', {at: 1, mac: a, flags: 'SO'})])).toEqual([])
    expect(found([router, answers(target, {at: 1, mac: b, flags: 'RSO'})])).toEqual([])
  })
})
