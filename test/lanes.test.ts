import {readdirSync} from 'node:fs'
import {expect, test} from 'vitest'
import {filesOf, lanes, rooms} from './lanes.ts'

test('every room of tests is in one project, and every file of it in one lane', () => {
  const paths = readdirSync(import.meta.dirname, {recursive: true, encoding: 'utf8'}).filter((path) =>
    /\/.*\.test\.ts$/.test(path),
  )
  const folders = new Set(paths.flatMap((path) => /^(.+?)\//.exec(path)?.[1] ?? []))
  expect(Object.values(rooms).flat().toSorted()).toEqual([...folders].toSorted())
  expect(lanes.flatMap(filesOf).toSorted()).toEqual(paths.map((path) => `test/${path}`).toSorted())
})
