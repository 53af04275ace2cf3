import {execFileSync} from 'node:child_process'
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {Interfaces} from '../../src/pod-agent/interfaces.ts'
import type {KnownLink} from '../../src/pod-agent/link-table.ts'
import {enterNetwork} from '../../src/pod-agent/native/netns.ts'
import {Namespace} from './namespace.ts'

interface Event {
  readonly type: 'changed' | 'gone'
  readonly link: KnownLink
}

let home: Namespace
let interfaces: Interfaces
let events: Event[]

beforeAll(() => {
  home = new Namespace()
  enterNetwork(home.path)
  home.ip('link add br0 type bridge')
  home.ip('link add v0 type veth peer name v1')
  home.ip('link set v0 master br0 up')
  home.ip('address add fd00::5/64 dev v1 nodad')
})

afterAll(() => {
  home[Symbol.dispose]()
})

afterEach(() => {
  interfaces[Symbol.dispose]()
})

beforeEach(() => {
  events = []
  interfaces = new Interfaces({
    changed: (link) => events.push({type: 'changed', link}),
    gone: (link) => events.push({type: 'gone', link}),
    failed: (cause) => {
      throw cause
    },
  })
})

const last = (name: string) => events.findLast((each) => each.link.name === name)

describe('the interfaces of a network namespace', () => {
  test('are there at once with kind, master, MTU and addresses', () => {
    const bridge = interfaces.all.find(({name}) => name === 'br0')
    expect(bridge).toMatchObject({kind: 'bridge', mtu: 1500, isUp: false})
    expect(interfaces.all.find(({name}) => name === 'v0')).toMatchObject({
      kind: 'veth',
      master: bridge?.index,
      isUp: true,
    })
    expect(interfaces.all.find(({name}) => name === 'v1')).toMatchObject({addresses: ['fd00::5']})
    const [a, b] = ['v0', 'v1'].map((end) => interfaces.all.find(({name}) => name === end))
    expect([a?.link, b?.link]).toEqual([b?.index, a?.index])
    expect(interfaces.all.find(({name}) => name === 'lo')).toMatchObject({kind: 'loopback', isLoopback: true})
  })

  test('are told of when they come, come up, are renamed, get addresses and go', async () => {
    home.ip('link add d0 type bridge')
    await expect.poll(() => last('d0')?.type).toBe('changed')
    expect(last('d0')?.link).toMatchObject({kind: 'bridge', isUp: false})
    home.ip('link set d0 up')
    await expect.poll(() => last('d0')?.link.isUp).toBe(true)
    home.ip('address add 192.0.2.9/24 dev d0')
    await expect.poll(() => last('d0')?.link.addresses).toContain('192.0.2.9')
    home.ip('link set d0 name d1')
    await expect.poll(() => last('d1')?.link.index).toBe(last('d0')?.link.index)
    home.ip('link delete d1')
    await expect.poll(() => last('d1')?.type).toBe('gone')
  })

  test('stay known when they leave a bridge', async () => {
    home.ip('link set v0 nomaster')
    await expect.poll(() => last('v0') !== undefined && last('v0')?.link.master).toBeUndefined()
    expect(events.filter(({type}) => type === 'gone')).toEqual([])
    home.ip('link set v0 master br0')
    await expect.poll(() => last('v0')?.link.master).toBeGreaterThan(0)
  })

  test('are all known after more changed than the socket’s queue holds', async () => {
    // The event loop stands still meanwhile: nothing is read from the queue.
    const commands = Array.from(
      {length: 200},
      (_, each) => `link add x${each} type veth peer name y${each}\nlink set x${each} mtu 1400 up`,
    )
    execFileSync('ip', ['-n', home.name, '-batch', '-'], {input: commands.join('\n')})
    await expect
      .poll(() => interfaces.all.filter(({name, mtu}) => name.startsWith('x') && mtu === 1400).length)
      .toBe(200)
    execFileSync('ip', ['-n', home.name, '-batch', '-'], {
      input: commands.map((_, each) => `link delete x${each}`).join('\n'),
    })
    await expect.poll(() => interfaces.all.filter(({name}) => name.startsWith('x')).length).toBe(0)
    expect(events.filter(({type}) => type === 'gone')).toHaveLength(400)
  })
})
