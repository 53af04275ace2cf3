import {expect, test} from 'vitest'
import {aligned} from '../../src/events/flow-key.ts'

test('records that do not begin on a word of their buffer are read as they are', () => {
  const received = Buffer.alloc(67, 0xff) // as a WebSocket hands them over: somewhere in a larger buffer
  received.subarray(3).fill(0)
  received.writeUInt32LE(0xcafe, 3)
  received.writeUInt32LE(0xbeef, 63)
  const words = aligned(received.subarray(3))
  expect([words.length, words[0], words[15]]).toEqual([16, 0xcafe, 0xbeef])
})
