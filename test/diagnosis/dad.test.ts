import {describe, expect, test} from 'vitest'
import type {Observation} from '../../src/diagnosis/observation.ts'
import type {AddressFacts} from '../../src/protocol/facts.ts'
import {all, answers, asks, device, facts, found, nonce, type Sent} from './messages.ts'

const target = '2001:db8::77'
const wants = (sent: Sent = {}): Observation =>
  asks(target, {
    source: '::',
    destination: 'ff02::1:ff00:77',
    destinationMac: '33:33:ff:00:00:77',
    options: [nonce('0a0b0c0d0e0f')],
    ...sent,
  })
const claims = (sent: Sent = {}): Observation =>
  answers(target, {at: 0.1, flags: 'O', mac: '02:66:66:66:66:66', ...sent})

describe('duplicate address detection', () => {
  test('that nobody objects to is told as such', () => {
    expect(all([wants()], {wait: 3})).toEqual(['info ndp/dad-start', 'info ndp/dad-ok'])
  })
  test('is lost to who answers for the address', () => {
    expect(found([wants(), claims()], {wait: 3})).toEqual(['critical ndp/dad-conflict'])
  })
  test('is lost to who asks for it too', () => {
    const other = wants({at: 0.2, mac: '02:00:00:00:00:02', options: [nonce('ffffffffffff')]})
    expect(found([wants(), other], {wait: 3})).toEqual(['critical ndp/dad-conflict'])
  })
  test('is not lost on another link', () => {
    expect(found([wants(), claims({interface: 'eth1'})], {wait: 3})).toEqual([])
  })
  test('is not lost afterwards', () => {
    expect(found([wants(), claims({at: 2})], {wait: 3})).toEqual([])
  })
  test('is not lost to the new MAC of a node that has announced its address', () => {
    const announced = claims({at: 1.02, mac: '02:00:00:00:00:01'})
    expect(found([wants(), announced, claims({at: 1.4, mac: '02:00:00:00:00:1a'})], {wait: 3})).toEqual([])
  })
  test('is not lost to the same node, which uses the address already', () => {
    expect(all([wants(), claims({mac: '02:00:00:00:00:01'})])).toContain('info ndp/dad-optimistic')
    expect(found([wants(), claims({mac: '02:00:00:00:00:01'})], {wait: 3})).toEqual([])
  })
  test('that comes back with its own nonce is a loop', () => {
    expect(found([wants({direction: 'egress'}), wants({at: 0.01})])).toEqual(['warning ndp/dad-loopback'])
  })
  test('may pass a bridge and its ports', () => {
    const places = [
      wants({interface: 'veth1'}),
      wants({interface: 'cni0'}),
      wants({interface: 'veth2', direction: 'egress'}),
    ]
    expect(found(places, {wait: 3})).toEqual([])
  })
  test('may send several probes', () => {
    expect(found([wants({direction: 'egress'}), wants({at: 1, direction: 'egress'})], {wait: 3})).toEqual([])
  })
  test('that three addresses lose within a minute is denied', () => {
    const lost = [1, 2, 3].flatMap((i) => {
      const ip = `2001:db8::${i}`
      return [
        asks(ip, {at: i * 5, source: '::'}),
        answers(ip, {at: i * 5 + 0.1, flags: 'O', mac: `02:00:67:00:00:0${i}`}),
      ]
    })
    expect(found(lost)).toContain('critical ndp/dad-dos')
    expect(found(lost.slice(0, 4))).toEqual(['critical ndp/dad-conflict'])
  })
})

describe('an address of this node', () => {
  const having = (ip: string, flags: AddressFacts['flags'], at = 0): Observation =>
    facts({interfaces: [device({addresses: [{ip, prefixLength: 64, flags}]})]}, at)
  test('that has failed is a conflict', () => {
    expect(found([having(target, ['permanent', 'dadfailed'])])).toEqual(['critical ndp/dad-conflict'])
  })
  test('that appears without a question is noted, with nodad not', () => {
    const before = [facts(), answers('2001:db8::2', {at: 1})]
    expect(all([...before, having(target, ['permanent'], 5)])).toEqual(['info ndp/dad-missing'])
    expect(all([...before, having(target, ['permanent', 'nodad'], 5)])).toEqual([])
    expect(all([...before, wants({at: 3, direction: 'egress'}), having(target, ['permanent'], 5)])).not.toContain(
      'info ndp/dad-missing',
    )
  })
  test('that was tentative is judged when it is so no more, if its interface was heard before it appeared', () => {
    const [appears, stays] = [having(target, ['permanent', 'tentative'], 2), having(target, ['permanent'], 4)]
    const news = (...observations: readonly Observation[]) =>
      all(observations).filter((each) => each.endsWith('missing'))
    expect(news(facts(), answers('2001:db8::2', {at: 1}), appears, stays)).toEqual(['info ndp/dad-missing'])
    expect(news(facts(), answers('2001:db8::2', {at: 1}), appears, wants({at: 3, direction: 'egress'}), stays)).toEqual(
      [],
    )
    expect(news(facts(), appears, answers('2001:db8::2', {at: 3}), stays)).toEqual([])
    expect(news(facts(), answers('2001:db8::2', {at: 1, interface: 'eth1'}), appears, stays)).toEqual([])
    // There when the run began: its question may have been asked before.
    expect(news(answers('2001:db8::2', {at: 1}), appears, stays)).toEqual([])
  })
})
