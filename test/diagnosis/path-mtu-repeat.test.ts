import {describe, expect, test} from 'vitest'
import {Diagnosis} from '../../src/diagnosis/diagnosis.ts'
import type {Observation, Retransmission} from '../../src/diagnosis/observation.ts'
import {pathMtu} from '../../src/diagnosis/path-mtu.ts'

const ns = (seconds: number): bigint => BigInt(Math.round((1000 + seconds) * 1e9))

const segment: Retransmission = {
  source: '2001:db8::1',
  destination: '2001:db8::2',
  sourcePort: 80,
  destinationPort: 50_000,
  sequence: 1,
  length: 1428,
  segmentSize: 1428,
  headerLength: 32,
  unacknowledged: 1,
  acknowledgedBytes: 300,
  heardNs: ns(0),
  state: 'ESTABLISHED',
}
/** The times of Linux: 0.2 s, and doubled. */
const backingOff = [0.2, 0.6, 1.4, 3]
const repeated = (change: Partial<Retransmission> = {}, times = backingOff): readonly Observation[] =>
  times.map((at) => ({type: 'retransmission', timeNs: ns(at), retransmission: {...segment, ...change}}))

function found(observations: readonly Observation[], seconds = 4.3) {
  const diagnosis = new Diagnosis({kinds: [pathMtu]})
  return [...observations.flatMap((each) => [...diagnosis.hear(each)]), ...diagnosis.tick(ns(seconds))]
}
const rules = (observations: readonly Observation[], seconds?: number) =>
  found(observations, seconds).map(({rule, severity}) => `${severity} ${rule}`)

describe('the first large segment of a connection, sent again and again,', () => {
  test('shows a black hole after 4 s, with its size on the wire', () => {
    const [finding] = found(repeated())
    expect(finding).toMatchObject({rule: 'pmtu/blackhole', severity: 'error'})
    expect(finding?.detail).toContain('a segment of 1500 bytes was sent again 4 times in 4.1 s')
    expect(rules(repeated(), 4)).toEqual([])
  })

  test.each([
    ['a small segment', {length: 500}],
    ['one that does not begin with the oldest byte', {sequence: 1429}],
    ['a connection that large segments have passed', {acknowledgedBytes: 100_000}],
    ['a receiver that fell silent long before', {heardNs: ns(-8)}],
    ['a connection that is not open yet', {state: 'SYN-SENT'}],
    ['IPv4', {source: '192.0.2.1', destination: '192.0.2.2'}],
  ])('says nothing of %s', (_, change) => {
    expect(rules(repeated(change))).toEqual([])
  })

  test('says nothing once it is acknowledged, or sent again but twice', () => {
    expect(rules([...repeated({}, [0.2, 0.6]), ...repeated({sequence: 1429, unacknowledged: 1429}, [1, 3])])).toEqual(
      [],
    )
    expect(rules(repeated({}, [0.2, 0.6]))).toEqual([])
  })

  test('says nothing of what cannot be reached at all', () => {
    const change = {interface: 'eth0', ip: segment.destination, state: 'FAILED', event: 'timer'} as const
    expect(rules([...repeated(), {type: 'neighbour', timeNs: ns(3.2), change}])).toEqual([])
  })
})
