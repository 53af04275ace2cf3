import {defineConfig} from 'vitest/config'

/** Rooms that take values and return values run side by side; what holds the kernel or the cluster runs alone, one file after the other. */
const pure = ['address', 'binding', 'capture', 'diagnosis', 'events', 'output', 'packet', 'protocol', 'session']
const root = `${import.meta.dirname}/..`

export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        test: {
          name: 'pure',
          include: [...pure.map((room) => `test/${room}/**/*.test.ts`), 'test/*.test.ts'],
          testTimeout: 60_000,
          sequence: {groupOrder: 0},
        },
      },
      {
        root,
        test: {
          name: 'machine',
          include: ['bpf', 'pod-agent', 'commands', 'kernels'].map((room) => `test/${room}/**/*.test.ts`),
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: {groupOrder: 1},
        },
      },
      {
        root,
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
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
