import {afterEach, beforeEach, expect, test, vi} from 'vitest'
import {StopLimit} from '../../src/session/stop-limit.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('an agent that was not asked to stop is never given up', () => {
  const giveUp = vi.fn()
  using limit = new StopLimit(new AbortController().signal, giveUp)
  limit.progress()
  vi.advanceTimersByTime(3_600_000)
  expect(giveUp).not.toHaveBeenCalled()
})

test.each([true, false])(
  'one that was asked and does nothing is given up after 20 s, asked before it began: %s',
  (isEarly) => {
    const giveUp = vi.fn()
    const stop = new AbortController()
    if (isEarly) stop.abort()
    const limit = new StopLimit(stop.signal, giveUp)
    stop.abort()
    vi.advanceTimersByTime(19_999)
    expect(giveUp).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(giveUp).toHaveBeenCalledOnce()
    limit[Symbol.dispose]()
  },
)

test('one that gets further is waited for', () => {
  const giveUp = vi.fn()
  using limit = new StopLimit(AbortSignal.abort(), giveUp)
  for (let second = 0; second < 120; second += 10) {
    vi.advanceTimersByTime(10_000)
    limit.progress()
  }
  expect(giveUp).not.toHaveBeenCalled()
  vi.advanceTimersByTime(20_000)
  expect(giveUp).toHaveBeenCalledOnce()
})

test('after the end nothing is given up', () => {
  const giveUp = vi.fn()
  const stop = new AbortController()
  new StopLimit(stop.signal, giveUp)[Symbol.dispose]()
  stop.abort()
  vi.advanceTimersByTime(60_000)
  expect(giveUp).not.toHaveBeenCalled()
})
