import {expect, test} from 'vitest'
import {formatTime, rfc3339} from '../../src/output/time.ts'

const at = 1_763_719_200_123_456_789n

test('a time keeps its nanoseconds', () => {
  expect(rfc3339(at)).toBe('2025-11-21T10:00:00.123456789Z')
  expect(rfc3339(0n)).toBe('1970-01-01T00:00:00.000000000Z')
  expect(formatTime(at, 'epoch', 0n)).toBe('1763719200.123456789')
})

test('a relative time counts from the start, also backwards', () => {
  expect(formatTime(at, 'relative', at - 61_002_000_000n)).toBe('+61.002s')
  expect(formatTime(at, 'relative', at + 5_000_000n)).toBe('-0.005s')
})

test('local time is that of the machine', () => {
  const date = new Date(Number(at / 1_000_000n))
  const minutes = String(date.getMinutes()).padStart(2, '0')
  expect(formatTime(at, 'local', 0n)).toMatch(new RegExp(`^\\d\\d:${minutes}:00\\.123$`))
})
