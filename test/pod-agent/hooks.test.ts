import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {tcxPrograms, xdpProgram} from '../../src/pod-agent/native/ids.ts'
import {enterNetwork} from '../../src/pod-agent/native/netns.ts'
import {AgentProcess, failureIn} from './agent-process.ts'
import {Client} from './client.ts'
import {Foreigner, libbpf} from './foreign.ts'
import {Ledger} from './ledger.ts'
import {Namespace} from './namespace.ts'
import {addPair, sendUdp} from './traffic.ts'

let home: Namespace
let far: Namespace
let index: number

beforeAll(() => {
  home = new Namespace()
  far = new Namespace()
  enterNetwork(home.path)
  addPair(home, far, ['v0', 'v1'])
  index = indexOf('v0')
})

afterAll(() => {
  home[Symbol.dispose]()
  far[Symbol.dispose]()
})

const indexOf = (name: string): number => Number(new RegExp(`^(\\d+): ${name}[@:]`, 'm').exec(home.ip('-o link'))?.[1])
const qdiscs = (): string => home.tc('qdisc show dev v0')
const filters = (direction: string): string => home.tc(`filter show dev v0 ${direction}`)

/** 500 packets through a whole run; what the agent says of itself and of them. */
async function observe(agent: AgentProcess, during: () => unknown = () => undefined) {
  const ledger = new Ledger()
  using client = await Client.meet(agent, {ledger})
  await sendUdp('v0', {count: 500})
  await during()
  const stopped = await client.stop()
  expect(ledger.imbalances).toEqual([])
  return {hooks: client.hello.interfaces[0]?.hooks, counted: ledger.udp.get(5000), stopped}
}

describe('beside a TCX program of somebody else', () => {
  test('sees every packet, ends nothing, and leaves it as it was', async () => {
    await using foreigner = new Foreigner()
    await foreigner.onTcx(index)
    const theirs = tcxPrograms(libbpf, index, 'ingress')
    expect(theirs).toEqual([foreigner.id('foreign_tc')])
    await using agent = await AgentProcess.start({interfaces: ['v0']})
    let during: readonly number[] = []
    const {counted} = await observe(agent, () => (during = tcxPrograms(libbpf, index, 'ingress')))
    expect(counted).toBe(500)
    expect(during).toHaveLength(2)
    expect(during.at(-1)).toBe(theirs[0])
    expect(tcxPrograms(libbpf, index, 'ingress')).toEqual(theirs)
    expect(tcxPrograms(libbpf, index, 'egress')).toEqual([])
  })

  test('sees what arrives, though the other lets it pass for good', async () => {
    await using foreigner = new Foreigner()
    await foreigner.onTcx(index)
    await using agent = await AgentProcess.start({interfaces: ['v0']})
    const ledger = new Ledger()
    using client = await Client.meet(agent, {ledger})
    const before = foreigner.count
    await sendUdp('v1', {count: 500, from: far})
    await client.stop()
    expect(foreigner.count - before).toBeGreaterThanOrEqual(500)
    expect(ledger.udp.get(5000)).toBe(500)
  })
})

describe('on clsact', () => {
  test('makes the qdisc and takes it away again', async () => {
    const before = qdiscs()
    await using agent = await AgentProcess.start({interfaces: ['v0'], hook: 'clsact'})
    const {hooks, counted, stopped} = await observe(agent, () => expect(qdiscs()).toContain('clsact'))
    expect(hooks).toMatchObject([
      {direction: 'ingress', hook: 'clsact', why: 'asked for'},
      {direction: 'egress', hook: 'clsact', why: 'asked for'},
    ])
    expect(counted).toBe(500)
    expect(stopped.clean).toBe(true)
    expect(qdiscs()).toBe(before)
  })

  test('leaves a qdisc and a filter that were there, in their order', async () => {
    await using foreigner = new Foreigner()
    await foreigner.onClsact(index, 'ingress')
    const before = [qdiscs(), filters('ingress')]
    await using agent = await AgentProcess.start({interfaces: ['v0'], hook: 'clsact'})
    const {hooks} = await observe(agent, () => expect(filters('ingress')).toContain('on_tc_ingress'))
    expect(hooks?.[0]?.why).toBe('asked for; runs after a filter of priority 1, which may hide packets from it')
    expect([qdiscs(), filters('ingress')]).toEqual(before)
  })

  test('leaves the qdisc that it made to a filter that came meanwhile', async () => {
    await using foreigner = new Foreigner()
    await using agent = await AgentProcess.start({interfaces: ['v0'], hook: 'clsact'})
    await observe(agent, () => foreigner.onClsact(index, 'egress'))
    expect(filters('egress')).toContain('foreign_tc')
    expect(filters('egress')).not.toContain('on_tc_egress')
    home.tc('qdisc del dev v0 clsact')
  })

  test('stands beside another run', async () => {
    await using other = await AgentProcess.start({interfaces: ['v0'], hook: 'clsact'})
    using theirs = await Client.meet(other)
    await using agent = await AgentProcess.start({interfaces: ['v0'], hook: 'clsact'})
    expect((await observe(agent)).counted).toBe(500)
    expect(filters('egress')).toContain('on_tc_egress')
    await theirs.stop()
    expect(qdiscs()).not.toContain('clsact')
  })
})

describe('XDP', () => {
  test('in the generic mode counts what arrives, and TCX what leaves', async () => {
    await using agent = await AgentProcess.start({interfaces: ['v0'], hook: 'xdp-generic'})
    const {hooks, counted} = await observe(agent, () => expect(xdpProgram(libbpf, index)).toBeGreaterThan(0))
    expect(hooks).toEqual([
      {direction: 'ingress', hook: 'xdp-generic', why: 'asked for'},
      {direction: 'egress', hook: 'tcx', why: 'XDP has no egress'},
    ])
    expect(counted).toBe(500)
    expect(xdpProgram(libbpf, index)).toBe(0)
  })

  test.each(['xdp', 'xdp-native'] as const)('is refused on a veth with the reason: %s', async (hook) => {
    await using agent = AgentProcess.launch({interfaces: ['v0'], hook})
    const {status, stderr} = await agent.ended
    expect(status).toBe(2)
    expect(failureIn(stderr)?.message).toContain("v0: native XDP on a veth turns its peer's TSO off")
    expect(tcxPrograms(libbpf, index, 'egress')).toEqual([])
  })

  test('is refused where somebody else’s program is, which stays', async () => {
    await using foreigner = new Foreigner()
    await foreigner.onXdp(index, 'generic')
    await using agent = AgentProcess.launch({interfaces: ['v0'], hook: 'xdp-generic'})
    const {status, stderr} = await agent.ended
    expect(status).toBe(2)
    expect(failureIn(stderr)?.message).toContain(`XDP program ${foreigner.id('foreign_xdp')} is attached and is left`)
    expect(xdpProgram(libbpf, index)).toBe(foreigner.id('foreign_xdp'))
  })

  test('is refused natively by a device that has none, and the reason says so', async () => {
    home.ip('link add br0 type bridge')
    home.ip('link set br0 up')
    await using agent = AgentProcess.launch({interfaces: ['br0'], hook: 'xdp'})
    expect(failureIn((await agent.ended).stderr)?.message).toContain('a device of kind bridge has no native XDP')
    home.ip('link delete br0')
  })

  test('of somebody else does not keep TCX away', async () => {
    await using foreigner = new Foreigner()
    await foreigner.onXdp(index, 'native')
    await using agent = await AgentProcess.start({interfaces: ['v0']})
    expect((await observe(agent)).counted).toBe(500)
    expect(xdpProgram(libbpf, index)).toBe(foreigner.id('foreign_xdp'))
  })
})
