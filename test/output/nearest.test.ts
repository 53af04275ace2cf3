import {expect, test} from 'vitest'
import {nearest} from '../../src/output/nearest.ts'

const verbs = ['observe', 'ndp', 'cleanup', 'version']

test.each([
  ['obsreve', 'observe'], ['Observ', 'observe'], ['npd', 'ndp'], ['clean-up', 'cleanup'], ['versoin', 'version'], ['capture', undefined], ['x', undefined], ['', undefined],
])('%j most likely meant %s', (word, meant) => {
  expect(nearest(word, verbs)).toBe(meant)
}) // prettier-ignore
