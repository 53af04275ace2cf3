import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {layoutHash} from '../../src/generated/layout.ts'
import {AgentProcess, failureIn} from './agent-process.ts'
import {Client} from './client.ts'
import {Ledger} from './ledger.ts'
import {runInPair} from './pair.ts'
import {sendUdp} from './traffic.ts'

runInPair()

describe('a run', () => {
  test('says hello with everything a client must know', async () => {
    await using agent = await AgentProcess.start()
    using client = await Client.meet(agent)
    expect(client.hello).toMatchObject({
      run: agent.identity.run,
      agent: '0.1.0',
      layout: layoutHash,
      boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      cpus: expect.any(Number) as number,
      sequence: 0,
      warnings: [],
      interfaces: [
        {
          name: 'v0',
          kind: 'veth',
          mtu: 1500,
          hooks: [
            {direction: 'ingress', hook: 'tcx'},
            {direction: 'egress', hook: 'tcx'},
          ],
        },
      ],
    })
    const offsetMs = Number(BigInt(client.hello.clockOffsetNs) / 1_000_000n)
    expect(Math.abs(offsetMs - (Date.now() - performance.now() - performanceOffset()))).toBeLessThan(100)
  })

  test('counts every packet once, and all of them by its end', async () => {
    await using agent = await AgentProcess.start({interfaces: ['v0']})
    const ledger = new Ledger()
    using client = await Client.meet(agent, {ledger})
    await sendUdp('v0', {count: 3000, flows: 100})
    const stopped = await client.stop()
    expect(stopped).toMatchObject({clean: true, remains: [], removed: {links: 2}})
    expect(ledger.isFinal).toBe(true)
    expect(ledger.balance.accounted).toEqual(ledger.balance.seen)
    expect([...ledger.udp.values()]).toEqual(Array(100).fill(30))
    await client.closed
    expect((await agent.ended).status).toBe(0)
    expect((await agent.ended).stderr).toBe('')
  })

  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('ends in order on %s', async (signal) => {
    await using agent = await AgentProcess.start()
    const ledger = new Ledger()
    using client = await Client.meet(agent, {ledger})
    agent.child.kill(signal)
    await client.until(() => client.has('stopped'))
    expect(client.stopped.clean).toBe(true)
    expect(ledger.isFinal).toBe(true)
    expect((await agent.ended).status).toBe(0)
  })

  test('ends when no client ever came', async () => {
    await using agent = await AgentProcess.start({silenceMs: 500})
    expect((await agent.ended).status).toBe(0)
  })

  test('ends when its client falls silent, and not while it is heard', async () => {
    const silenceMs = 2000
    await using agent = await AgentProcess.start({silenceMs})
    using client = await Client.meet(agent, {acknowledges: false})
    const met = performance.now()
    const beat = setInterval(() => client.send({type: 'alive'}), 100)
    await client.until(() => performance.now() - met > 1.5 * silenceMs)
    clearInterval(beat)
    expect(client.messages.filter(({type}) => type === 'alive').length).toBeGreaterThan(2)
    expect((await agent.ended).status).toBe(0)
  })

  test('ends when its time is over, however lively its client is', async () => {
    await using agent = await AgentProcess.start({maxDurationMs: 1500})
    using client = await Client.meet(agent)
    await client.until(() => client.has('stopped'))
    expect(client.stopped.clean).toBe(true)
  })

  test('goes on while others connect without the key', async () => {
    await using agent = await AgentProcess.start()
    const ledger = new Ledger()
    using client = await Client.meet(agent, {ledger})
    await using stranger = await AgentProcess.start()
    Object.assign(stranger, {port: agent.port})
    for (let attempt = 0; attempt < 10; attempt++) {
      await expect(Client.meet(stranger)).rejects.toThrow('the connection ended')
    }
    await client.stop()
    expect(ledger.balance.accounted).toEqual(ledger.balance.seen)
  })

  test('that cannot read its settings says so in one line of JSON and one sentence', async () => {
    await using agent = AgentProcess.launch({flows: 5})
    const {status, stdout, stderr} = await agent.ended
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(failureIn(stderr)).toMatchObject({code: 'unreadable-settings'})
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^The agent cannot read its settings: settings\.flows is not/)
  })

  test('whose port is taken says so by its code', async () => {
    await using first = await AgentProcess.start()
    await using second = AgentProcess.launch({port: first.port})
    const {status, stderr} = await second.ended
    expect(status).toBe(2)
    expect(failureIn(stderr)).toMatchObject({code: 'port-taken'})
  })
})

/** How far performance.now() is from CLOCK_MONOTONIC. */
const performanceOffset = (): number => Number(process.hrtime.bigint() / 1_000_000n) - performance.now()
