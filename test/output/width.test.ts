import {expect, test} from 'vitest'
import {cut, cutMiddle, displayWidth, fit, padStart} from '../../src/output/width.ts'

test.each([
  ['abc', 3], ['é', 1], ['e\u0301', 1], ['网络', 4], ['🦊', 2], ['\u001b[1mab\u001b[0m', 2], ['', 0], ['ﾊ', 1], ['ハ', 2], ['→', 1], ['…', 1],
])('%j takes %i columns', (text, columns) => {
  expect(displayWidth(text)).toBe(columns)
}) // prettier-ignore

test('a cut text never exceeds its width, wide characters included', () => {
  for (const text of ['abcdef', '网络网络', 'a网b络c', 'fd00:10:244:1::a']) {
    for (let width = 0; width < 20; width++) {
      expect(displayWidth(cut(text, width))).toBeLessThanOrEqual(width)
      expect(displayWidth(cutMiddle(text, width))).toBeLessThanOrEqual(width)
      expect(displayWidth(fit(text, width))).toBe(width)
    }
  }
})

test('a cut shows that something is missing, and a middle cut keeps both ends', () => {
  expect([cut('abcdef', 4), cutMiddle('web-7c9f5d-x2x9z', 9), padStart('12', 4)]).toEqual(['abc…', 'web-…2x9z', '  12'])
})
