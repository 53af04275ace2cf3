import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {exists, tcxPrograms} from '../../src/pod-agent/native/ids.ts'
import {enterNetwork} from '../../src/pod-agent/native/netns.ts'
import {AgentProcess, failureIn} from './agent-process.ts'
import {Client} from './client.ts'
import {libbpf, libc} from './foreign.ts'
import {Ledger} from './ledger.ts'
import {Namespace} from './namespace.ts'
import {runInPair} from './pair.ts'
import {standInContainer} from './stand-in-container.ts'
import {addPair, sendUdp} from './traffic.ts'

const pair = runInPair()

describe('an agent that is killed', () => {
  test('leaves no program on an interface', async () => {
    await using agent = await AgentProcess.start()
    using client = await Client.meet(agent)
    const index = client.hello.interfaces[0]!.index
    const ids = [...tcxPrograms(libbpf, index, 'ingress'), ...tcxPrograms(libbpf, index, 'egress')]
    expect(ids).toHaveLength(2)
    agent.child.kill('SIGKILL')
    await agent.ended
    await expect.poll(() => ids.filter((id) => exists({libbpf, libc}, 'program', id))).toEqual([])
    expect(tcxPrograms(libbpf, index, 'ingress')).toEqual([])
  })
})

describe('an agent with no more than BPF, NET_ADMIN and PERFMON', () => {
  const capabilities = '-all,+bpf,+net_admin,+perfmon'

  test('counts, and looks at the hooks afterwards', async () => {
    const restricted = ['setpriv', `--bounding-set=${capabilities}`, `--inh-caps=${capabilities}`]
    await using agent = await AgentProcess.start({interfaces: ['v0']}, ...restricted)
    const ledger = new Ledger()
    using client = await Client.meet(agent, {ledger})
    await sendUdp('v0', {count: 300})
    const stopped = await client.stop()
    expect(ledger.udp.get(5000)).toBe(300)
    expect(stopped).toMatchObject({clean: true, remains: [expect.stringContaining('without SYS_ADMIN') as string]})
  })

  test('says so when even those are missing', async () => {
    await using agent = AgentProcess.launch({}, 'setpriv', '--bounding-set=-all', '--inh-caps=-all')
    const {status, stderr} = await agent.ended
    expect(status).toBe(2)
    expect(failureIn(stderr)).toMatchObject({code: 'programs-refused'})
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^The kernel refused the eBPF programs: EPERM/)
  })
})

describe('interfaces during a run', () => {
  test('are attached when they come, and reported when they go', async () => {
    await using agent = await AgentProcess.start({interfaces: ['v*', 'late*'], silenceMs: 10_000})
    const ledger = new Ledger()
    using client = await Client.meet(agent, {ledger})
    const changes = () => client.messages.flatMap((each) => (each.type === 'interface' ? [each] : []))
    const last = () => changes().at(-1)
    addPair(pair.home, pair.far, ['late0', 'late1'])
    await client.until(() => last()?.interface.name === 'late0')
    expect(last()).toMatchObject({change: 'attached', interface: {kind: 'veth', hooks: [{hook: 'tcx'}, {hook: 'tcx'}]}})
    await sendUdp('late0', {count: 400, firstPort: 7000})
    pair.home.ip('link set late0 down')
    pair.home.ip('link set late0 name late9')
    await client.until(() => last()?.interface.name === 'late9')
    pair.home.ip('link set late9 name other')
    await client.until(() => last()?.change === 'gone')
    pair.home.ip('link set other name late0')
    await client.until(() => last()?.change === 'attached')
    pair.home.ip('link delete late0')
    await client.until(() => last()?.change === 'gone')
    expect(last()?.interface).toMatchObject({name: 'late0', hooks: []})
    const stopped = await client.stop()
    expect(stopped).toMatchObject({clean: true, removed: {links: 6}})
    expect(ledger.udp.get(7000)).toBe(400)
    expect(ledger.imbalances).toEqual([])
  })

  test('that come up later are attached then', async () => {
    pair.home.ip('link add down0 type veth peer name down1')
    await using agent = await AgentProcess.start()
    using client = await Client.meet(agent)
    expect(client.hello.interfaces.map(({name}) => name)).toEqual(['v0'])
    pair.home.ip('link set down0 up')
    await client.until(() => client.has('interface'))
    pair.home.ip('link delete down0')
    expect((await client.stop()).clean).toBe(true)
  })

  test('may all be missing: hello says what is waited for', async () => {
    await using agent = await AgentProcess.start({interfaces: ['eth*']})
    using client = await Client.meet(agent)
    expect(client.hello).toMatchObject({
      interfaces: [],
      warnings: [expect.stringContaining('No interface matches eth*')],
    })
  })

  test('are attached and let go of while the event loop turns', async () => {
    const index = Number.parseInt(pair.home.ip('-o link show dev v0'))
    const program = join(import.meta.dirname, 'attach-aside.ts')
    const said = await pair.home.run(process.execPath, program, String(index))
    expect(JSON.parse(said)).toEqual({hasTurned: true})
    expect(tcxPrograms(libbpf, index, 'ingress')).toEqual([])
  })

  test('are all attached, however many there are, and each is told or still to come', {timeout: 60_000}, async () => {
    using crowd = new Namespace()
    for (let each = 0; each < 25; each++) {
      crowd.ip(`link add c${each} type veth peer name p${each}`)
      crowd.ip(`link set c${each} up`)
    }
    await using agent = await AgentProcess.start({interfaces: ['c*']}, ...crowd.inside([]))
    const enter = () => enterNetwork(crowd.path)
    enter()
    using client = await Client.meet(agent).finally(() => enterNetwork(pair.home.path))
    const changes = () => client.messages.filter((each) => each.type === 'interface')
    const {interfaces, pending = 0} = client.hello
    await client.until(() => interfaces.length + changes().length === 25)
    const sums = changes().map((each, index) => interfaces.length + index + 1 + (each.pending ?? 0))
    expect(new Set([interfaces.length + pending, ...sums])).toEqual(new Set([25]))
    expect(await client.stop()).toMatchObject({clean: true, removed: {links: 50}})
  })
})

describe('the network namespace of a container', () => {
  const container = standInContainer((command) => pair.far.inside(command))

  test('is where the agent observes, while it listens in its own', async () => {
    await using agent = await AgentProcess.start({containers: [container.id], interfaces: ['v1']})
    const ledger = new Ledger()
    using client = await Client.meet(agent, {ledger})
    expect(client.hello.interfaces.map(({name}) => name)).toEqual(['v1'])
    await sendUdp('v0', {count: 250, firstPort: 8000})
    expect((await client.stop()).clean).toBe(true)
    expect(ledger.udp.get(8000)).toBe(250)
  })

  test('that has no process is a clear failure', async () => {
    await using agent = await AgentProcess.start({containers: ['f'.repeat(64)]})
    const {status, stderr} = await agent.ended
    expect(status).toBe(2)
    expect(failureIn(stderr)).toMatchObject({code: 'no-container-process'})
  })
})
