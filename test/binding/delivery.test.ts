import {expect, test} from 'vitest'
import {idSentences} from '../../src/binding/delivery.ts'
import type {IdTrial} from '../../src/protocol/binding.ts'

const ways = ['127.0.0.1', '::1']

/** Each way in against each: what comes of those that stay, and of those that change the family. */
const trials = (stays: IdTrial['outcome'], changes: IdTrial['outcome'], server?: string): readonly IdTrial[] =>
  ways.flatMap((connect) =>
    ways.map((announce) => ({
      connect,
      announce,
      outcome: connect === announce ? stays : changes,
      ...(server !== undefined && {server}),
    })),
  )

test.each([
  ['accepted', 'accepted', 'is lenient: it accepted an id over another family than it was given over'],
  ['accepted', 'refused', 'holds an id to the address that it gave it to'],
  ['accepted', 'unanswered', 'whether it holds them to one address is not seen'],
  ['refused', 'refused', 'accepted no id'],
  ['unanswered', 'unanswered', 'answered no announce'],
] as const)('a live tracker whose ids are %s, and crossed over %s, is told beside the copy’s own', (...[stays, changes, words]) => {
  const [own, live, ...more] = idSentences([...trials('accepted', 'refused'), ...trials(stays, changes, 'port 6969')])
  expect(own).toMatch(/^With the copy's own tracker an id holds for the client address/)
  expect(live).toMatch(/^The live tracker on port 6969 /)
  expect(live).toContain(words)
  expect(more).toEqual([])
}) // prettier-ignore

test('without a live tracker nothing is said of one', () => {
  expect(idSentences(trials('accepted', 'refused'))).toEqual([expect.stringMatching(/^An id holds for/)])
})
