import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'
import {expect, test} from 'vitest'
import {BoundedMap} from '../../src/diagnosis/bounded-map.ts'

test('what was used longest ago is forgotten first, and counted', () => {
  const map = new BoundedMap<string, number>(3)
  for (const [value, key] of ['a', 'b', 'c'].entries()) map.set(key, value)
  map.set('a', 9)
  map.set('d', 3)
  map.delete('c')
  map.set('e', 4)
  expect([...map.entries()]).toEqual([
    ['a', 9],
    ['d', 3],
    ['e', 4],
  ])
  map.set('f', 5)
  map.set('g', 6)
  expect([...map.values()]).toEqual([4, 5, 6])
  expect([map.size, map.forgotten]).toEqual([3, 3])
})

test('it goes on after everything was taken out', () => {
  const map = new BoundedMap<number, number>(2)
  for (const key of [1, 2, 3]) map.set(key, key)
  for (const key of [2, 3]) map.delete(key)
  for (const key of [4, 5, 6, 7]) map.set(key, key)
  expect([...map.values()]).toEqual([6, 7])
})

test('what was set again a million times takes no more memory than what is there', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void // given by --expose-gc
  const map = new BoundedMap<number, Uint8Array>(4096)
  const used = (): number => (collect(), process.memoryUsage().heapUsed)
  const before = used()
  for (let time = 0; time < 1_000_000; time++) map.set(time % 10, new Uint8Array(0))
  expect(map.size).toBe(10)
  expect(used() - before).toBeLessThan(20e6)
})

test('whoever keeps something beside hears what was forgotten', () => {
  const gone: number[] = []
  const map = new BoundedMap<string, number>(2, (value) => gone.push(value))
  for (const [value, key] of ['a', 'b', 'a', 'c', 'c', 'd'].entries()) map.set(key, value)
  expect(gone).toEqual([1, 2])
})
