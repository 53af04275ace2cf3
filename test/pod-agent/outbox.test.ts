import {describe, expect, test} from 'vitest'
import {Outbox} from '../../src/pod-agent/outbox.ts'

function filled(count: number): Outbox {
  const outbox = new Outbox()
  for (let each = 0; each < count; each++) outbox.add((sequence) => `message ${sequence}`)
  return outbox
}

describe('the outbox', () => {
  test('numbers its messages from 0', () => {
    expect(filled(3).kept()).toEqual(['message 0', 'message 1', 'message 2'])
  })

  test('keeps what was not acknowledged, wherever the client stopped', () => {
    for (let acknowledged = -1; acknowledged < 5; acknowledged++) {
      const outbox = filled(5)
      outbox.acknowledge(acknowledged)
      expect(outbox.first).toBe(acknowledged + 1)
      expect(outbox.kept()).toHaveLength(4 - acknowledged)
      expect(outbox.kept()[0]).toBe(acknowledged === 4 ? undefined : `message ${acknowledged + 1}`)
    }
  })

  test('counts the bytes that it keeps', () => {
    const outbox = filled(3)
    outbox.add(() => [new Uint8Array(16), new Uint8Array(984)])
    expect(outbox.unacknowledgedBytes).toBe(3 * 'message 0'.length + 1000)
    outbox.acknowledge(2)
    expect(outbox.unacknowledgedBytes).toBe(1000)
    outbox.acknowledge(3)
    expect(outbox.unacknowledgedBytes).toBe(0)
  })

  test('ignores an acknowledgement that it has had, and one of what was never sent', () => {
    const outbox = filled(3)
    outbox.acknowledge(1)
    outbox.acknowledge(0)
    outbox.acknowledge(3)
    expect(outbox.kept()).toEqual(['message 2'])
    expect(outbox.next).toBe(3)
  })
})
