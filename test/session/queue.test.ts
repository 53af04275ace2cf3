import {expect, test} from 'vitest'
import {Queue} from '../../src/session/queue.ts'

test('what was pushed is taken in order, also by a taker that came first', async () => {
  const queue = new Queue<number>()
  const early = queue.take()
  queue.push(1)
  queue.push(2)
  expect(await early).toBe(1)
  expect(await queue.take()).toBe(2)
})

test('a failure is met after what came before it, and again and again', async () => {
  const queue = new Queue<number>()
  queue.push(1)
  queue.fail(new Error('cut'))
  queue.fail(new Error('later'))
  expect(await queue.take()).toBe(1)
  await expect(queue.take()).rejects.toThrow('cut')
  await expect(queue.take()).rejects.toThrow('cut')
})
