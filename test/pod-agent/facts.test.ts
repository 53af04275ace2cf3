import {spawn} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {groupsByIndex, LinkReader, presentLinkFacts, readFacts} from '../../src/pod-agent/facts.ts'
import {NeighbourCounters, sumOf} from '../../src/pod-agent/facts-neighbours.ts'
import {Peers} from '../../src/pod-agent/facts-peers.ts'
import type {InterfaceFacts, NodeFacts} from '../../src/protocol/facts.ts'
import type {Facts} from '../../src/protocol/message.ts'
import {noFeeds} from '../../src/protocol/settings.ts'
import {AgentProcess} from './agent-process.ts'
import {Client} from './client.ts'
import {runInPair} from './pair.ts'

const pair = runInPair()
const feeds = {...noFeeds, facts: true}

const of = ({interfaces}: NodeFacts, name: string): InterfaceFacts | undefined =>
  interfaces.find((each) => each.name === name)
const told = (client: Client): readonly NodeFacts[] =>
  client.messages.filter((message): message is Facts => message.type === 'facts').map(({facts}) => facts)

describe('the facts of a node', () => {
  test('agree with every setting that the kernel shows as a file', async () => {
    using counters = new NeighbourCounters()
    const facts = await readFacts({links: presentLinkFacts(), counters, peers: new Peers()})
    for (const name of ['lo', 'v0']) {
      const folder = `/proc/sys/net/ipv6/conf/${name}`
      const settings = of(facts, name)?.settings ?? {}
      expect(Object.keys(settings).length).toBeGreaterThan(30)
      for (const [setting, value] of Object.entries(settings)) {
        expect(readdirSync(folder)).toContain(setting)
        expect(`${setting} ${value}`).toBe(`${setting} ${readFileSync(`${folder}/${setting}`, 'utf8').trim()}`)
      }
    }
  })

  test('have addresses with flags and lifetimes, routes, neighbours, proxies and groups', async () => {
    pair.home.ip('address add fd00:fac::1/64 dev v0 nodad valid_lft 500 preferred_lft 0')
    pair.home.ip('-6 route add default via fe80::1 dev v0 proto ra metric 7 expires 90')
    pair.home.ip('-6 neigh add fd00:fac::9 lladdr 02:00:00:00:00:09 router dev v0')
    pair.home.ip('-6 neigh add proxy fd00:fac::8 dev v0')
    pair.home.ip('-6 neigh add fd00:fac::7 lladdr 02:00:00:00:00:07 nud stale extern_learn dev v0')
    using counters = new NeighbourCounters()
    const facts = await readFacts({links: presentLinkFacts(), counters, peers: new Peers()})
    const address = of(facts, 'v0')?.addresses.find(({ip}) => ip === 'fd00:fac::1')
    expect(address).toMatchObject({prefixLength: 64, preferredLifetime: 0, flags: ['nodad', 'deprecated']})
    expect(address?.validLifetime).toBeGreaterThan(400)
    expect(facts.routes[0]).toMatchObject({
      destination: 'default',
      gateway: 'fe80::1',
      interface: 'v0',
      protocol: 'ra',
      metric: 7,
    })
    expect(facts.routes[0]?.expires).toBeGreaterThan(30)
    expect(facts.neighbours.known).toContainEqual({
      interface: 'v0',
      ip: 'fd00:fac::9',
      mac: '02:00:00:00:00:09',
      state: 'PERMANENT',
      router: true,
      proxy: false,
    })
    expect(facts.neighbours.known).toContainEqual(expect.objectContaining({ip: 'fd00:fac::8', proxy: true}))
    expect(facts.neighbours.known).toContainEqual(expect.objectContaining({ip: 'fd00:fac::7', isExternal: true}))
    expect(facts.neighbours.exempt).toBe(2)
    expect(of(facts, 'v0')?.groups).toContain('ff02::1')
    expect(facts.neighbours.entries).toBeGreaterThan(0)
    expect(facts.settings['ipv6.conf.all.forwarding']).toBe(0)
  })

  test('say what a bridge does with multicast', async () => {
    pair.home.ip('link add facts0 type bridge mcast_snooping 1 mcast_querier 1 mcast_querier_interval 300')
    try {
      using counters = new NeighbourCounters()
      const facts = await readFacts({links: presentLinkFacts(), counters, peers: new Peers()})
      expect(of(facts, 'facts0')).toMatchObject({
        kind: 'bridge',
        multicastSnooping: true,
        multicastQuerier: true,
        multicastQuerierSeconds: 3,
      })
      expect(of(facts, 'v0')).toMatchObject({kind: 'veth', hasPeerElsewhere: true})
    } finally {
      pair.home.ip('link delete facts0')
    }
  })

  test('are the same whether an interface is read anew or recalled', () => {
    const reader = new LinkReader()
    const first = reader.read()
    expect(first).toEqual(presentLinkFacts())
    expect(reader.read().map((each, at) => each === first[at])).toEqual(first.map(() => true))
    pair.home.ip('link set v0 mtu 1400')
    const changed = reader.read()
    expect(changed).toEqual(presentLinkFacts())
    expect(changed.filter((each) => !first.includes(each)).map(({facts}) => facts.name)).toEqual(['v0'])
    pair.home.ip('link set v0 mtu 1500')
  })

  test('read the hexadecimal counters of all CPUs', () => {
    const text = 'entries  table_fulls res_failed\n000003fd  00000010 00000001\n000003fd  00000002 00000002\n'
    expect(sumOf(text)).toEqual({entries: 1021, tableFulls: 18, resolutionFailures: 3})
    expect(groupsByIndex('4    eth0  ff0200000000000000000001ff000001     1 00000004 0\n').get(4)).toEqual([
      {group: 'ff02::1:ff00:1', users: 1},
    ])
  })
})

describe('an agent that is asked for facts', () => {
  test('tells them after hello, and again when something changes', async () => {
    await using agent = await AgentProcess.start({feeds})
    using client = await Client.meet(agent)
    await client.until(() => told(client).length > 0)
    expect(client.messages.findIndex(({type}) => type === 'facts')).toBe(
      client.messages.findIndex(({type}) => type === 'hello') + 1,
    )
    pair.home.ip('address add fd00:fac:1::1/64 dev v0 nodad')
    const hasAddress = (facts: NodeFacts): boolean =>
      of(facts, 'v0')?.addresses.some(({ip}) => ip === 'fd00:fac:1::1') ?? false
    await client.until(() => told(client).some(hasAddress))
    await pair.home.run('sysctl', '-qw', 'net.ipv6.conf.v0.accept_ra=2')
    await client.until(() => told(client).some((facts) => of(facts, 'v0')?.settings['accept_ra'] === 2))
  })

  test('tells them again to a client that comes back', async () => {
    await using agent = await AgentProcess.start({feeds})
    {
      using first = await Client.meet(agent)
      await first.until(() => told(first).length > 0)
    }
    using second = await Client.meet(agent)
    await second.until(() => told(second).length > 0)
  })

  test('tells whoever is behind a veth by the containers of its network namespace', async () => {
    await using agent = await AgentProcess.start({feeds})
    using client = await Client.meet(agent)
    const [program = '', ...rest] = pair.far.inside(['sleep', '60'])
    const sleeper = spawn(program, rest, {stdio: 'ignore'})
    try {
      await client.until(() => told(client).some((facts) => of(facts, 'v0')?.peer !== undefined))
      expect(told(client).at(-1)?.warnings).toBeUndefined()
    } finally {
      sleeper.kill('SIGKILL')
    }
  })

  test('tells none that were not asked for', async () => {
    await using agent = await AgentProcess.start()
    using client = await Client.meet(agent)
    await client.stop()
    expect(told(client)).toEqual([])
  })
})
