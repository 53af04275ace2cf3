import {readFileSync} from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'
import {describe, expect, test} from 'vitest'
import {AgentProcess} from './agent-process.ts'
import {Client} from './client.ts'
import {Ledger} from './ledger.ts'
import {runInPair} from './pair.ts'
import {sendUdp} from './traffic.ts'

runInPair()

/** Attached, with nothing acknowledged: the next client is a resumed one. */
async function ready(agent: AgentProcess): Promise<void> {
  const client = await Client.meet(agent, {acknowledges: false})
  client[Symbol.dispose]()
}

const residentMiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

describe('a client that comes back', () => {
  test.each([
    ['all of it acknowledged', true],
    ['no acknowledgement arriving', false],
  ])('after a cut at any message gets every count once, with %s', async (_how, acknowledges) => {
    await using agent = await AgentProcess.start({interfaces: ['v0'], intervalMs: 50})
    const ledger = new Ledger()
    await ready(agent)
    const sending = sendUdp('v0', {count: 60_000, flows: 2000})
    for (let cut = 0; cut < 12; cut++) {
      const resumeAfter = ledger.received
      using client = await Client.meet(agent, {ledger, acknowledges, resumeAfter})
      expect(client.hello.sequence).toBe(resumeAfter + 1)
      await client.until(() => client.counted >= 1 + (cut % 5))
    }
    await sending
    using last = await Client.meet(agent, {ledger, resumeAfter: ledger.received})
    await last.stop()
    expect(ledger.imbalances).toEqual([])
    expect(ledger.balance.accounted).toEqual(ledger.balance.seen)
    expect([...ledger.udp.values()].reduce((sum, each) => sum + each, 0)).toBe(60_000)
  })

  test('gets again what it had lost on the way', async () => {
    await using agent = await AgentProcess.start({interfaces: ['v0'], intervalMs: 50})
    const ledger = new Ledger()
    await ready(agent)
    const sending = sendUdp('v0', {count: 20_000, flows: 1000})
    for (let loss = 0; loss < 6; loss++) {
      ledger.deafAfter = ledger.received + loss
      using client = await Client.meet(agent, {ledger, acknowledges: false, resumeAfter: ledger.received})
      await client.until(() => client.counted >= loss + 4)
    }
    await sending
    ledger.deafAfter = Infinity
    using last = await Client.meet(agent, {ledger, resumeAfter: ledger.received})
    await last.stop()
    expect(ledger.imbalances).toEqual([])
    expect(ledger.balance.accounted).toEqual(ledger.balance.seen)
    expect([...ledger.udp.values()].reduce((sum, each) => sum + each, 0)).toBe(20_000)
  })

  test('takes over from its own old connection, which may not have noticed its end', async () => {
    await using agent = await AgentProcess.start({interfaces: ['v0']})
    const ledger = new Ledger()
    using old = await Client.meet(agent, {ledger})
    await old.until(() => old.counted > 2)
    old.socket.pause()
    using fresh = await Client.meet(agent, {ledger, resumeAfter: ledger.received})
    // A socket that holds back what came for it does not tell its end either.
    old.socket.removeAllListeners('message')
    old.socket.resume()
    await old.closed
    await fresh.stop()
    expect(ledger.imbalances).toEqual([])
    expect(ledger.balance.accounted).toEqual(ledger.balance.seen)
  })

  test('finds what the kernel counted while it was away', async () => {
    await using agent = await AgentProcess.start({interfaces: ['v0']})
    const ledger = new Ledger()
    const first = await Client.meet(agent, {ledger})
    await first.until(() => ledger.drains > 0)
    first[Symbol.dispose]()
    await delay(100)
    await sendUdp('v0', {count: 5000, flows: 50})
    await delay(300)
    using second = await Client.meet(agent, {ledger, resumeAfter: ledger.received})
    await second.stop()
    expect([...ledger.udp.values()].reduce((sum, each) => sum + each, 0)).toBe(5000)
    expect(ledger.imbalances).toEqual([])
    expect(ledger.balance.accounted).toEqual(ledger.balance.seen)
  })
})

describe('a client that stops reading', () => {
  test('costs the agent no memory and no count', {timeout: 120_000}, async () => {
    await using agent = await AgentProcess.start({interfaces: ['v0'], flows: 32_768, intervalMs: 20, silenceMs: 30_000})
    const ledger = new Ledger()
    using client = await Client.meet(agent, {ledger, acknowledges: false})
    client.socket.pause()
    const packets = 600_000
    const sending = sendUdp('v0', {count: packets, flows: 200_000})
    let most = 0
    const watching = setInterval(() => (most = Math.max(most, residentMiB(agent.pid))), 50)
    await sending
    clearInterval(watching)
    client.socket.resume()
    await client.stop()
    expect(ledger.imbalances).toEqual([])
    expect(ledger.balance.accounted).toEqual(ledger.balance.seen)
    const inLines = [...ledger.udp.values()].reduce((sum, each) => sum + each, 0)
    expect(inLines + ledger.overflow).toBeGreaterThanOrEqual(packets)
    expect(ledger.overflow).toBeGreaterThan(0)
    expect(most).toBeLessThan(200)
  })
})

describe('a tunnel that breaks while the run ends', () => {
  test('costs no count and not the last word', async () => {
    for (const pauseMs of [0, 5, 15, 30]) {
      await using agent = await AgentProcess.start({interfaces: ['v0'], intervalMs: 10_000})
      const ledger = new Ledger()
      const first = await Client.meet(agent, {ledger})
      await sendUdp('v0', {count: 1000, flows: 100})
      first.send({type: 'stop'})
      await delay(pauseMs)
      first[Symbol.dispose]()
      await first.closed
      if (first.has('stopped')) continue
      using second = await Client.meet(agent, {ledger, resumeAfter: ledger.received})
      // As the plugin says it again: the first may have gone with its tunnel, unread.
      second.send({type: 'stop'})
      await second.until(() => second.has('stopped'))
      expect(second.hello.interfaces).toHaveLength(1)
      expect(ledger.isFinal).toBe(true)
      expect(ledger.imbalances).toEqual([])
      expect([...ledger.udp.values()].reduce((sum, each) => sum + each, 0)).toBe(1000)
      await second.closed
      expect((await agent.ended).status).toBe(0)
    }
  })

  test('does not keep an agent that was asked, whose client never came back, once it is signalled', async () => {
    await using agent = await AgentProcess.start({interfaces: ['v0'], silenceMs: 120_000})
    const client = await Client.meet(agent, {acknowledges: false})
    await client.stop()
    client[Symbol.dispose]()
    await client.closed
    agent.child.kill('SIGTERM')
    await expect.poll(() => agent.child.exitCode, {timeout: 5000}).toBe(0)
  })

  test('does not keep an agent that was not asked', {timeout: 30_000}, async () => {
    await using agent = await AgentProcess.start({interfaces: ['v0'], silenceMs: 120_000})
    const client = await Client.meet(agent)
    client[Symbol.dispose]()
    await client.closed
    await delay(50)
    agent.child.kill('SIGTERM')
    expect((await agent.ended).status).toBe(0)
  })

  test('does not keep an agent whose client reads nothing more', {timeout: 20_000}, async () => {
    await using agent = await AgentProcess.start({interfaces: ['v0'], silenceMs: 1000})
    using client = await Client.meet(agent, {acknowledges: false})
    client.socket.pause()
    await sendUdp('v0', {count: 200_000, flows: 100_000})
    expect((await agent.ended).status).toBe(0)
  })
})
