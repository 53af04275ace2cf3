import {describe, expect, test} from 'vitest'
import {Diagnosis} from '../../src/diagnosis/diagnosis.ts'
import {fragments} from '../../src/diagnosis/fragment-rules.ts'
import type {Observation} from '../../src/diagnosis/observation.ts'
import {extended, heard, piece} from './extended-packets.ts'

const part = (offset: number, payload: number, {more = true, id = 1} = {}) =>
  extended([piece(offset, more, id)], {payload})

function rules(observations: readonly Observation[], hearsAll = true): readonly string[] {
  const diagnosis = new Diagnosis({kinds: [fragments], options: {hearsAll}})
  return observations.flatMap((each) => diagnosis.hear(each)).map(({rule, severity}) => `${severity} ${rule}`)
}

describe('fragments show', () => {
  test.each([
    [
      'error exthdr/frag-no-chain',
      [heard(extended([piece(0, true), {name: 'destination-options', length: 2000}], {payload: -720}))],
    ],
    ['error exthdr/frag-badlen', [heard(part(0, 1449))]],
    ['warning exthdr/frag-tiny', [heard(part(0, 64))]],
    ['critical exthdr/frag-overlap', [heard(part(0, 1448)), heard(part(1440, 1448))]],
    ['info exthdr/frag-dup', [heard(part(0, 1448)), heard(part(0, 1448))]],
    ['info exthdr/frag-atomic', [heard(part(0, 64, {more: false}))]],
    ['error exthdr/frag-oversize', [heard(part(65_528, 64, {more: false}))]],
    ['warning exthdr/frag-incomplete', [heard(part(0, 1448)), heard(extended([]), {seconds: 61})]],
  ])('%s', (rule, observations) => {
    expect(rules(observations)).toEqual([rule])
  })
})

describe('nothing is found in', () => {
  const whole = [part(0, 1448), part(1448, 1448), part(2896, 112, {more: false})] as const
  const later = heard(extended([]), {seconds: 61})
  test.each([
    ['ping -s 3000', [...whole.map((each) => heard(each)), later]],
    ['fragments in another order', [...[...whole].reverse().map((each) => heard(each)), later]],
    [
      'a datagram that crosses two interfaces',
      [...whole.flatMap((each) => [heard(each), heard(each, {place: 'cni0'})]), later],
    ],
    ['fragments that came by two interfaces', [...whole.map((each, i) => heard(each, {place: `eth${i % 2}`})), later]],
    [
      'an identification used again after its datagram was whole',
      [...whole, part(0, 1400), part(1400, 8, {more: false})].map((each) => heard(each)),
    ],
  ])('%s', (_, observations) => {
    expect(rules(observations)).toEqual([])
  })

  test('a sample with gaps', () => {
    expect(rules([heard(part(0, 1448)), later], false)).toEqual([])
  })
})

test('an overlap is told once: what follows of the datagram is discarded with it', () => {
  const pieces = [part(0, 1448), part(1440, 1448), part(1440, 1448), part(8, 1448)]
  expect(rules(pieces.map((each) => heard(each)))).toEqual(['critical exthdr/frag-overlap'])
})

test('a flood of unfinished datagrams is told once in its window, and its memory is bounded', () => {
  const flood = Array.from({length: 20_000}, (_, id) => heard(part(0, 1448, {id}), {seconds: id / 10_000}))
  expect(rules(flood)).toEqual(['error exthdr/frag-flood'])
})

test('a thousand unfinished datagrams in ten seconds are no flood, nor are more in a longer time', () => {
  const unfinished = (count: number, seconds: number) =>
    Array.from({length: count}, (_, id) => heard(part(0, 1448, {id}), {seconds: (id * seconds) / count}))
  expect(rules(unfinished(1000, 5))).toEqual([])
  expect(rules(unfinished(1100, 5))).toEqual(['error exthdr/frag-flood'])
  expect(rules(unfinished(3000, 40))).toEqual([])
})

test('a flood is not told of a sample', () => {
  expect(
    rules(
      Array.from({length: 2000}, (_, id) => heard(part(0, 1448, {id}))),
      false,
    ),
  ).toEqual([])
})

test('datagrams that complete are no flood at any rate', () => {
  const pairs = Array.from({length: 5000}, (_, id) => [part(0, 1448, {id}), part(1448, 8, {id, more: false})]).flat()
  expect(rules(pairs.map((each) => heard(each)))).toEqual([])
})
