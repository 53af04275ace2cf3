import {execFileSync} from 'node:child_process'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Plugin} from '../support/plugin.ts'

const isRoot = process.getuid?.() === 0
const space = `kc-lo${process.pid}`
const prefix = ['nsenter', `--net=/run/netns/${space}`]

describe.skipIf(!isRoot)('in a network namespace whose lo is down (needs root)', () => {
  beforeAll(() => void execFileSync('ip', ['netns', 'add', space]))
  afterAll(() => void execFileSync('ip', ['netns', 'delete', space]))

  test.each(['observe', 'ndp', 'exthdr', 'drops', 'bindcheck'])(
    '%s says so and what to do, and starts no agent',
    async (verb) => {
      const {status, stdout, stderr} = await new Plugin([verb, 'local'], {prefix}).ended
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toBe(
        'error: This network namespace has no 127.0.0.1, where the agent is reached: its lo is down.\n' +
          'Run: ip link set lo up. Then run the command again.\n',
      )
    },
  )
})
