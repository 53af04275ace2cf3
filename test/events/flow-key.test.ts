import {expect, test} from 'vitest'
import {aligned, hashKey, keyWords} from '../../src/events/flow-key.ts'

test('records that do not begin on a word of their buffer are read as they are', () => {
  const received = Buffer.alloc(67, 0xff) // as a WebSocket hands them over: somewhere in a larger buffer
  received.subarray(3).fill(0)
  received.writeUInt32LE(0xcafe, 3)
  received.writeUInt32LE(0xbeef, 63)
  const words = aligned(received.subarray(3))
  expect([words.length, words[0], words[15]]).toEqual([16, 0xcafe, 0xbeef])
})

test('keys that collide under one seed do not under another', () => {
  const places = 1 << 12
  const keys = Array.from({length: 100_000}, (_, i) => new Uint32Array(keyWords).fill(i, 3, 5))
  const place = (key: Uint32Array, seed: number) => hashKey(key, 0, seed) % places
  const chosen = keys.filter((key) => place(key, 1) === 7)
  expect(chosen.length).toBeGreaterThan(10)
  expect(new Set(chosen.map((key) => place(key, 2))).size).toBeGreaterThan(chosen.length * 0.8)
})

test('differences in two words do not cancel for every seed', () => {
  const seeds = Array.from({length: 1000}, (_, i) => Math.imul(i, 0x9e37_79b9) >>> 0)
  const same = seeds.filter((seed) => {
    const one = new Uint32Array(keyWords)
    const other = Uint32Array.from(one)
    other[0] = 0x8000_0000 // the top bit passes an odd factor unchanged
    other[1] = 0x8001_0000
    return hashKey(one, 0, seed) === hashKey(other, 0, seed)
  })
  expect(same).toEqual([])
})
