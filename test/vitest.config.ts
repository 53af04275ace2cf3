import {defineConfig} from 'vitest/config'
import {rooms} from './lanes.ts'

const filesOf = (project: keyof typeof rooms) => rooms[project].map((room) => `test/${room}/**/*.test.ts`)
const root = `${import.meta.dirname}/..`

export default defineConfig({
  root,
  test: {
    // The order of the files shall not depend on an earlier run.
    cache: false,
    projects: [
      {
        root,
        test: {
          name: 'pure',
          include: [...filesOf('pure'), 'test/*.test.ts'],
          // No module has a state: one worker reads each of them once.
          isolate: false,
          testTimeout: 180_000,
          sequence: {groupOrder: 0},
        },
      },
      {
        root,
        test: {
          name: 'machine',
          include: filesOf('machine'),
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: {groupOrder: 1},
        },
      },
      {
        root,
        test: {
          name: 'cluster',
          include: filesOf('cluster'),
          globalSetup: ['test/cluster/global-setup.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: {groupOrder: 2},
        },
      },
    ],
  },
})
