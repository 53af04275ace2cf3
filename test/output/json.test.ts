import {expect, test} from 'vitest'
import {jsonLine} from '../../src/output/json.ts'

test('an integer up to 2^53 is a number, a larger one a string', () => {
  expect(jsonLine({a: 2n ** 53n - 1n, b: 2n ** 53n, c: 2 ** 53, d: -(2n ** 60n), e: 7n})).toBe(
    '{"a":9007199254740991,"b":"9007199254740992","c":"9007199254740992","d":"-1152921504606846976","e":7}\n',
  )
})

test('a line holds no line break and no control, whatever is in it', () => {
  const line = jsonLine({name: 'a\nb\u009b\u2028'})
  expect(line).toBe('{"name":"a\\nb\\u009b\\u2028"}\n')
})

test('an absent field is left out', () => {
  expect(jsonLine({a: undefined, b: null, list: [1, {c: 2}]})).toBe('{"b":null,"list":[1,{"c":2}]}\n')
})
