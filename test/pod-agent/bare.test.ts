import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {ipv6, udp} from '../support/packets.ts'
import {AgentProcess} from './agent-process.ts'
import {Client} from './client.ts'
import {Ledger} from './ledger.ts'
import {runInPair} from './pair.ts'
import {sendUdp} from './traffic.ts'

const tunProgram = join(import.meta.dirname, '../support/tun.py')
const packet = Buffer.from(ipv6(udp({destination: 6000})).bytes).toString('hex')

/** A device without a link header. */
class Tun implements AsyncDisposable {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async make(name: string): Promise<Tun> {
    const tun = new Tun(spawn('/usr/bin/python3', [tunProgram, name], {stdio: ['pipe', 'pipe', 'inherit']}))
    await tun.#said()
    return tun
  }

  async receive(count: number): Promise<void> {
    for (let each = 0; each < count; each++) {
      const said = this.#said()
      this.#child.stdin!.write(`${packet}\n`)
      await said
    }
  }

  #said(): Promise<unknown> {
    return once(this.#child.stdout!, 'data')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'close')
    this.#child.stdin!.end()
    await ended
  }
}

runInPair()

describe('programs for devices without a link header', () => {
  test('are not loaded where there is none: two count and one tells the time', async () => {
    await using agent = await AgentProcess.start()
    using client = await Client.meet(agent)
    expect(await client.stop()).toMatchObject({clean: true, removed: {programs: 3, links: 2}})
  })

  test('are the only ones that are loaded for a tun device', async () => {
    await using tun = await Tun.make('tun0')
    await using agent = await AgentProcess.start({interfaces: ['tun*']})
    const ledger = new Ledger()
    using client = await Client.meet(agent, {ledger})
    await tun.receive(5)
    expect(await client.stop()).toMatchObject({clean: true, removed: {programs: 3, links: 2}})
    expect(ledger.udp.get(6000)).toBe(5)
  })

  test.each(['auto', 'clsact', 'xdp-generic'] as const)(
    'are loaded when one appears, and count into the same tables: %s',
    async (hook) => {
      await using agent = await AgentProcess.start({hook})
      const ledger = new Ledger()
      using client = await Client.meet(agent, {ledger})
      await using tun = await Tun.make('tun1')
      await client.until(() => client.has('interface'))
      await Promise.all([tun.receive(20), sendUdp('v0', {count: 300})])
      expect(await client.stop()).toMatchObject({clean: true, remains: [], removed: {programs: 5}})
      expect([ledger.udp.get(6000), ledger.udp.get(5000)]).toEqual([20, 300])
      expect(ledger.imbalances).toEqual([])
      expect(ledger.balance.accounted).toEqual(ledger.balance.seen)
    },
  )
})
