import {type ChildProcess, spawn} from 'node:child_process'
import {randomBytes} from 'node:crypto'
import {once} from 'node:events'
import {existsSync, mkdirSync, rmdirSync, writeFileSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {enterNetworkOfContainers, processOf} from '../../src/pod-agent/containers.ts'

const root = existsSync('/sys/fs/cgroup/unified') ? '/sys/fs/cgroup/unified' : '/sys/fs/cgroup'
const id = randomBytes(32).toString('hex')
const group = `${root}/ka-${id}`
let container: ChildProcess

beforeAll(() => {
  mkdirSync(group)
  container = spawn('sleep', ['60'])
  writeFileSync(`${group}/cgroup.procs`, String(container.pid))
})

afterAll(async () => {
  const ended = once(container, 'exit')
  container.kill('SIGKILL')
  await ended
  rmdirSync(group)
})

describe('a process of a container', () => {
  test('is found by the container’s id in its cgroup', () => {
    expect(processOf([id])).toBe(container.pid)
    expect(processOf(['f'.repeat(64), id])).toBe(container.pid)
  })

  test('that does not exist is a clear failure', () => {
    expect(processOf(['f'.repeat(64)])).toBeUndefined()
    expect(() => enterNetworkOfContainers(['f'.repeat(64)])).toThrow('No process of the container ffff')
  })
})
