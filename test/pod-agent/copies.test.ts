import {execFile} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {promisify} from 'node:util'
import {describe, expect, test} from 'vitest'
import {type Copy, readCopies} from '../../src/events/copies.ts'
import {noFeeds} from '../../src/protocol/settings.ts'
import {AgentProcess} from './agent-process.ts'
import {Client} from './client.ts'
import {Ledger} from './ledger.ts'
import {runInPair} from './pair.ts'

const pair = runInPair()
const feeds = {...noFeeds, icmpTypes: [135, 136]}

const solicitations = `
import socket, struct, sys, time
device, count, type_, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind((device, 0x86dd))
address = lambda last: bytes([0xfd]) + bytes(14) + bytes([last])
frame = bytearray(b'\\x02\\0\\0\\0\\0\\2' + b'\\x02\\0\\0\\0\\0\\1' + b'\\x86\\xdd' + struct.pack('!IHBB', 0x60000000, 24, 58, 255)
  + address(1) + address(2) + struct.pack('!BBHI', type_, 0, 0, 0) + bytes(16))
for each in range(count):
  struct.pack_into('!I', frame, 58, each)
  out.send(frame)
  if pause: time.sleep(pause)
`

/** Numbered neighbour messages, into v0 from the far end. */
const solicit = async (count: number, {type = 135, pause = 0} = {}): Promise<unknown> =>
  promisify(execFile)(
    'nsenter',
    [
      `--net=${pair.far.path}`,
      '/usr/bin/python3',
      '-c',
      solicitations,
      'v1',
      String(count),
      String(type),
      String(pause),
    ],
    {timeout: 60_000},
  )

const ours = ({frame}: Copy): boolean => frame.bytes[22] === 0xfd
const numberOf = ({frame}: Copy): number => Buffer.from(frame.bytes).readUInt32BE(58)
const numbers = (ledger: Ledger): readonly number[] => copiesOf(ledger).map(numberOf)
const copiesOf = (ledger: Ledger): readonly Copy[] =>
  ledger.copies.flatMap((records) => [...readCopies(records)]).filter(ours)
const upTo = (count: number): readonly number[] => Array.from({length: count}, (_, index) => index)

function usageOf(pid: number): {readonly ticks: number; readonly residentMiB: number} {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return {ticks: Number(fields[11]) + Number(fields[12]), residentMiB: (Number(fields[21]) * 4096) / 2 ** 20}
}

describe('copied packets', () => {
  test('reach the client without waiting for a drain', async () => {
    await using agent = await AgentProcess.start({interfaces: ['v0'], intervalMs: 60_000, feeds})
    const ledger = new Ledger()
    using client = await Client.meet(agent, {ledger})
    await solicit(20)
    await client.until(() => numbers(ledger).length === 20)
    expect(numbers(ledger)).toEqual(upTo(20))
    await client.stop()
    expect(ledger.imbalances).toEqual([])
  })

  test('come once and in order, wherever the tunnel breaks', async () => {
    await using agent = await AgentProcess.start({
      interfaces: ['v0'],
      intervalMs: 50,
      feeds: {...feeds, copiesPerSecond: 10_000},
    })
    const ledger = new Ledger()
    const first = await Client.meet(agent, {ledger})
    first[Symbol.dispose]()
    const sending = solicit(1000, {pause: 0.001})
    for (let cut = 0; cut < 8; cut++) {
      const isDeaf = cut % 2 === 0
      ledger.deafAfter = isDeaf ? ledger.received + 1 + (cut % 3) : Infinity
      using client = await Client.meet(agent, {ledger, acknowledges: !isDeaf, resumeAfter: ledger.received})
      await client.until(() => client.counted >= 3)
    }
    await sending
    ledger.deafAfter = Infinity
    using last = await Client.meet(agent, {ledger, resumeAfter: ledger.received})
    await last.stop()
    expect(numbers(ledger)).toEqual(upTo(1000))
    expect(ledger.imbalances).toEqual([])
  })

  test('of a flood are few, the rest is counted exactly, and an advertisement in it is still seen', async () => {
    await using agent = await AgentProcess.start({interfaces: ['v0'], feeds})
    const ledger = new Ledger()
    using client = await Client.meet(agent, {ledger})
    await client.until(() => ledger.drains > 0)
    const before = usageOf(agent.pid)
    const started = performance.now()
    const count = 150_000
    const flooding = Promise.all([solicit(count), solicit(count)])
    await client.until(() => numbers(ledger).length > 100)
    await solicit(1, {type: 136})
    await client.until(() => copiesOf(ledger).some(({frame}) => frame.bytes[54] === 136))
    await flooding
    const elapsedMs = performance.now() - started
    const after = usageOf(agent.pid)
    await client.stop()
    const {overBudget, ringFull, icmpv6Types} = ledger.ingress
    const copied = copiesOf(ledger).filter(({frame}) => frame.bytes[54] === 135).length
    expect(icmpv6Types[135]).toBeGreaterThanOrEqual(2 * count)
    expect(icmpv6Types[135]! - 2 * count).toBeLessThan(10)
    expect(copied + overBudget[135]! + ringFull[135]!).toBeGreaterThanOrEqual(2 * count)
    expect(ringFull[135]).toBe(0)
    expect(overBudget[135]).toBeGreaterThan(count)
    expect(ledger.balance.accounted).toEqual(ledger.balance.seen)
    // A share of the time that the flood took, so a loaded machine changes nothing: 3 % of a core here.
    expect((after.ticks - before.ticks) * 10).toBeLessThan(0.3 * elapsedMs)
    expect(after.residentMiB - before.residentMiB).toBeLessThan(60)
  })
})
