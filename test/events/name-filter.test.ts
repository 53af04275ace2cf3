import {expect, test} from 'vitest'
import {matchesNames, type NameClause} from '../../src/events/name-filter.ts'

const web = {namespace: 'shop', pod: 'web-1', labels: {app: 'web', tier: 'front'}}
const cart = {namespace: 'shop', service: 'cart'}
const ends = {source: web, destination: cart}
const clause = (
  ...[side, want, negate = false]: [NameClause['side'], NameClause['wants'][number], boolean?]
): NameClause => ({side, negate, wants: [want]})

test('a pod is matched by the beginning of its name, at the side asked for', () => {
  expect(matchesNames([clause('any', {by: 'pod', prefix: 'web'})], ends)).toBe(true)
  expect(matchesNames([clause('destination', {by: 'pod', prefix: 'web'})], ends)).toBe(false)
  expect(matchesNames([clause('source', {by: 'pod', namespace: 'other', prefix: 'web'})], ends)).toBe(false)
})

test('clauses are ANDed, and a negated one wants neither end', () => {
  expect(
    matchesNames(
      [clause('source', {by: 'namespace', namespace: 'shop'}), clause('any', {by: 'service', service: 'cart'})],
      ends,
    ),
  ).toBe(true)
  expect(matchesNames([clause('any', {by: 'service', service: 'cart'}, true)], ends)).toBe(false)
  expect(
    matchesNames([clause('any', {by: 'service', service: 'cart'}, true)], {source: undefined, destination: undefined}),
  ).toBe(true)
})

test('a label selector asks for values, keys and their absence', () => {
  const labels = (requirements: {key: string; value?: string; negate: boolean}[]) =>
    matchesNames([clause('any', {by: 'label', requirements})], ends)
  expect(
    labels([
      {key: 'app', value: 'web', negate: false},
      {key: 'tier', negate: false},
    ]),
  ).toBe(true)
  expect(labels([{key: 'app', value: 'web', negate: true}])).toBe(false)
  expect(labels([{key: 'canary', negate: true}])).toBe(true)
  expect(labels([{key: 'canary', negate: false}])).toBe(false)
})
