import {describe, expect, test} from 'vitest'
import {interfaceChoice} from '../../src/pod-agent/choose-interface.ts'
import type {Link} from '../../src/pod-agent/rtnetlink.ts'

const link = (name: string, isUp = true): Link => ({
  index: 1,
  name,
  kind: 'veth',
  mtu: 1500,
  isUp,
  isLoopback: name === 'lo',
  isBare: false,
})

const chosen = (patterns: string[], ...names: string[]) => names.filter((name) => interfaceChoice(patterns)(link(name)))

describe('the choice of interfaces', () => {
  test('is every one that is up but the loopback, without a pattern', () => {
    expect(chosen([], 'lo', 'eth0', 'veth1')).toEqual(['eth0', 'veth1'])
    expect(interfaceChoice([])(link('eth0', false))).toBe(false)
  })

  test('is that without the excluded ones, when patterns only exclude', () => {
    expect(chosen(['!veth*'], 'lo', 'eth0', 'veth1')).toEqual(['eth0'])
  })

  test('is what a pattern names, also the loopback and what is down', () => {
    expect(chosen(['lo', 'eth?'], 'lo', 'eth0', 'eth10', 'veth1')).toEqual(['lo', 'eth0'])
    expect(interfaceChoice(['eth0'])(link('eth0', false))).toBe(true)
  })

  test('lets an exclusion win, wherever it stands', () => {
    expect(chosen(['!eth1', 'eth*'], 'eth0', 'eth1')).toEqual(['eth0'])
  })

  test.each([
    ['eth[0-2]', ['eth0', 'eth2']],
    ['eth[!0-2]', ['eth3']],
    ['e*0', ['eth0']],
    ['*', ['lo', 'eth0', 'eth2', 'eth3', 'a.b+c', 'v[1']],
    ['a.b+c', ['a.b+c']],
    ['a?b+c', ['a.b+c']],
    ['v[1', ['v[1']],
    ['th0', []],
  ])('reads %s as a shell would', (pattern, names) => {
    expect(chosen([pattern], 'lo', 'eth0', 'eth2', 'eth3', 'a.b+c', 'v[1')).toEqual(names)
  })
})
