import {setTimeout as delay} from 'node:timers/promises'
import {expect, test} from 'vitest'
import {merge} from '../../src/session/merge.ts'

async function* speaker(
  name: string,
  {pauses, ended}: {pauses: readonly number[]; ended: string[]},
): AsyncGenerator<string, void> {
  try {
    for (const [index, pause] of pauses.entries()) {
      await delay(pause)
      yield `${name}${index}`
    }
  } finally {
    ended.push(name)
  }
}

test('sources are heard in the order in which they speak, each to its end', async () => {
  const ended: string[] = []
  const heard: string[] = []
  for await (const item of merge([speaker('a', {pauses: [0, 60], ended}), speaker('b', {pauses: [30, 60], ended})]))
    heard.push(item)
  expect(heard).toEqual(['a0', 'b0', 'a1', 'b1'])
  expect(ended).toEqual(['a', 'b'])
})

test('a listener that leaves ends every source', async () => {
  const ended: string[] = []
  for await (const item of merge([speaker('a', {pauses: [0, 5], ended}), speaker('b', {pauses: [5, 5], ended})])) {
    expect(item).toBe('a0')
    break
  }
  expect(ended.sort()).toEqual(['a', 'b'])
})

test('a source that fails is not silent', async () => {
  const failing = (async function* (): AsyncGenerator<string, void> {
    yield 'first'
    await delay(1)
    throw new Error('broken')
  })()
  const heard: string[] = []
  await expect(async () => {
    for await (const item of merge([failing])) heard.push(item)
  }).rejects.toThrow('broken')
  expect(heard).toEqual(['first'])
})
