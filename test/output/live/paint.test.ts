import {expect, test} from 'vitest'
import {readKeys} from '../../../src/output/live/keys.ts'
import {paintFrame} from '../../../src/output/live/paint.ts'
import {sparkline} from '../../../src/output/live/sparkline.ts'

test('only lines that changed are written, in one update', () => {
  const text = paintFrame(['a', 'b', 'c'], ['a', 'B', 'c'])
  expect(text).toBe('\u001b[?2026h\u001b[2;1HB\u001b[0m\u001b[K\u001b[?2026l')
  expect(paintFrame(['a'], ['a'])).toBe('')
  expect(paintFrame([], ['a', 'b'])).toContain('\u001b[1;1Ha')
})

test('keys are read from what terminals send', () => {
  expect(readKeys('\u001b[A\u001bOB\u001b[5~q\r\u007f\u0003\u001a')).toEqual([
    'up',
    'down',
    'pageUp',
    {text: 'q'},
    'enter',
    'backspace',
    'interrupt',
    'suspend',
  ])
  expect(readKeys('\u001b')).toEqual(['escape'])
  expect(readKeys('网/é')).toEqual([{text: '网'}, {text: '/'}, {text: 'é'}])
  expect(readKeys('\u001b[999X\u0001\u001b[200~')).toEqual([])
})

test('a sparkline shows the last values, the largest as the highest bar', () => {
  expect([sparkline([0, 5, 10], 10), sparkline([1, 2, 3, 8], 2), sparkline([0, 0], 5), sparkline([], 5)]).toEqual([
    '▁▅█',
    '▄█',
    '▁▁',
    '',
  ])
})
