import {expect, test} from 'vitest'
import {parseDuration} from '../../src/commands/duration.ts'

test.each([
  ['30s', 30_000], ['1h', 3_600_000], ['500ms', 500], ['1h30m', 5_400_000], ['1.5s', 1500], ['20', 20_000], ['2d', 172_800_000],
])('%s lasts %i ms', (text, ms) => {
  expect(parseDuration(text, 'duration')).toBe(ms)
}) // prettier-ignore

test.each(['', '0', '0s', '-1s', 's', '1x', '1h 30m', 'h1', '1e3', 'forever', '0.1ms'])('%j is refused', (text) => {
  expect(() => parseDuration(text, 'duration')).toThrow('is not a duration')
})
