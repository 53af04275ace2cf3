// Puts nothing, an empty program, and ours at both sides of an interface, in turns, while somebody sends through it; prints bytes a second of each turn.
//   throughput-turns.ts DEVICE ROUNDS
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {FlowPrograms} from '../src/pod-agent/flow-programs.ts'
import {type Attachment, attachTcx} from '../src/pod-agent/native/attachment.ts'
import {Clock} from '../src/pod-agent/native/clock.ts'
import {openLibbpf} from '../src/pod-agent/native/libbpf.ts'
import {openLibc} from '../src/pod-agent/native/libc.ts'
import {everything} from '../src/protocol/settings.ts'
import {Driver} from './sender.ts'
import {type Arm, arms, type Turns} from './throughput.ts'

/** Short, so that a host that is slow for some seconds is so for all three. */
const settleMs = 30
const turnMs = 100
/** As often as the agent drains: once in a second of being attached. */
const turnsPerDrain = 10

const build = join(import.meta.dirname, '../build')
const library = join(build, 'libbpf/usr/lib/x86_64-linux-gnu/libbpf.so.1')
const native = {libbpf: openLibbpf(library), libc: openLibc()}
const clock = new Clock(native.libc)
const [device = '', rounds = ''] = process.argv.slice(2)
const index = Number(/^ifIndex\s+(\d+)/m.exec(readFileSync(`/proc/net/dev_snmp6/${device}`, 'utf8'))?.[1])
/** The ninth number of its line in /proc/net/dev. */
const sentBytes = (): number =>
  Number(new RegExp(`${device}:(?:\\s*\\d+){8}\\s+(\\d+)`).exec(readFileSync('/proc/net/dev', 'utf8'))?.[1])

using programs = new FlowPrograms({...native, clock, object: join(build, 'bpf/flow.bpf.o'), filter: everything})
using empty = new Driver({library, object: join(build, 'bpf/drive.bpf.o'), mask: 0})

async function attach(arm: Arm): Promise<readonly Attachment[]> {
  if (arm === 'nothing') return []
  const put = (direction: 'ingress' | 'egress'): Promise<Attachment> =>
    arm === 'empty'
      ? attachTcx(native, empty.nothing.tc, {index, direction})
      : programs.attachTcx({index, direction, bare: false})
  return [await put('ingress'), await put('egress')]
}

/** As the agent does it. */
async function drain(): Promise<void> {
  await programs.swap()
  Array.from(programs.tables.take(1 << 17))
  programs.tables.totals()
}

async function bytesPerSecond(arm: Arm, round: number): Promise<number> {
  const attached = await attach(arm)
  await delay(settleMs)
  const [began, before] = [performance.now(), sentBytes()]
  await delay(turnMs / 2)
  if (arm === 'observe' && round % turnsPerDrain === 0) await drain()
  await delay(turnMs / 2)
  const rate = ((sentBytes() - before) * 1000) / (performance.now() - began)
  for (const each of attached) await each.detach()
  return rate
}

const turns: Turns = {nothing: [], empty: [], observe: []}
for (let round = 0; round < Number(rounds); round++) {
  // Whoever comes first gains or loses by it.
  for (const turn of arms.keys()) {
    const arm = arms[(turn + round) % arms.length] ?? 'nothing'
    turns[arm].push(await bytesPerSecond(arm, round))
  }
}
console.log(JSON.stringify(turns))
