import {describe, expect, test} from 'vitest'
import {enterNetworkOfContainers, processOf} from '../../src/pod-agent/containers.ts'
import {standInContainer} from './stand-in-container.ts'

const container = standInContainer()

describe('a process of a container', () => {
  test('is found by the container’s id in its cgroup', () => {
    expect(processOf([container.id])).toBe(container.pid)
    expect(processOf(['f'.repeat(64), container.id])).toBe(container.pid)
  })

  test('that does not exist is a clear failure', () => {
    expect(processOf(['f'.repeat(64)])).toBeUndefined()
    expect(() => enterNetworkOfContainers(['f'.repeat(64)])).toThrow('No process of the container ffff')
  })
})
