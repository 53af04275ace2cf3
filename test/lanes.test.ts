import {readdirSync} from 'node:fs'
import {expect, test} from 'vitest'
import {lanes, rooms} from './lanes.ts'

test('every room of tests is in one project and in one lane', () => {
  const paths = readdirSync(import.meta.dirname, {recursive: true, encoding: 'utf8'})
  const folders = new Set(paths.flatMap((path) => /^(.+?)\/.*\.test\.ts$/.exec(path)?.[1] ?? []))
  expect(Object.values(rooms).flat().toSorted()).toEqual([...folders].toSorted())
  expect(lanes.flatMap((lane) => lane.rooms ?? rooms[lane.project]).toSorted()).toEqual([...folders].toSorted())
})
