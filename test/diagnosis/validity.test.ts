import {describe, expect, test} from 'vitest'
import {all, asks, answers, advertises, heard, found, macOption, observe, packetOf} from './messages.ts'

const target = '2001:db8::2'
const hop = [{name: 'hop-by-hop', offset: 40, length: 8}] as const

describe('one message is reported when', () => {
  test.each([
    ['error ndp/hoplimit', asks(target, {hopLimit: 64})],
    ['error ndp/src-not-ll', advertises({}, {source: '2001:db8::b'})],
    ['critical ndp/exthdr', advertises({}, {chain: hop})],
    ['error ndp/exthdr', asks(target, {chain: hop})],
    ['error ndp/code', asks(target, {code: 3})],
    ['error ndp/cksum', asks(target, {checksum: 'wrong'})],
    ['error ndp/opt-bad', asks(target, {problem: 'option-length-zero'})],
    ['warning ndp/lla-mismatch', answers(target, {options: [macOption('02:66:66:66:66:66')]})],
    ['warning ndp/l2dst', asks(target, {destinationMac: '33:33:00:00:00:01'})],
    ['warning ndp/l2dst', asks(target, {destination: target, destinationMac: '33:33:00:00:00:01'})],
  ])('%s', (rule, observation) => {
    expect(found([observation])).toEqual([rule])
  })

  test('it is in a fragment, or a first fragment hides what it is', () => {
    const fragment = {id: 1, offset: 0, more: true, position: 'first'} as const
    const chain = [{name: 'fragment', offset: 40, length: 8, fragment}] as const
    const hidden = observe({...packetOf({destination: 'ff02::1', chain}), fragment}, {})
    expect(found([hidden])).toContain('critical ndp/frag')
  })
})

describe('nothing is reported of', () => {
  test.each([
    [
      'an honest question',
      asks(target, {destinationMac: '33:33:ff:00:00:02', options: [macOption('02:00:00:00:00:01', 'source')]}),
    ],
    ['an answer without a link-layer address', answers(target, {options: [], flags: 'S'})],
    ['a checksum that offload has still to finish', asks(target, {checksum: 'wrong', direction: 'egress'})],
    ['a virtual router', answers(target, {mac: '00:00:5e:00:02:01', options: [macOption('02:00:00:00:00:02')]})],
    ['a multicast RA to one receiver', advertises({}, {destinationMac: '02:00:00:00:00:05'})],
    ['an echo', heard({kind: 'echo', id: 1, sequence: 1}, {hopLimit: 64})],
  ])('%s', (_, observation) => {
    expect(all([observation])).toEqual([])
  })
})
