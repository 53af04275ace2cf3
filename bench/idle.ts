import {readdirSync, readFileSync} from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'
import {firstLine, interrupt, plugin, VethLab} from './lab.ts'
import type {BenchRow} from './row.ts'

const seconds = 20
/** USER_HZ, in which /proc/PID/stat counts: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100

/** What the agent costs a node that has next to nothing to tell: 100 packets a second. */
export async function measureIdle(): Promise<readonly BenchRow[]> {
  using lab = new VethLab()
  lab.start(lab.near, ['ping', '-6', '-q', '-i', '0.02', 'fd6b::2']) // 50 requests and 50 replies a second
  const observe = lab.start(lab.near, [plugin, 'observe', 'local', '-i', lab.device, '-o', 'json'])
  await firstLine(observe, {matching: /"kind":"flow"/, withinMs: 15_000})
  const agent = childOf(observe.pid ?? 0)
  await delay(2000)
  const before = ticks(agent)
  await delay(seconds * 1000)
  const share = (ticks(agent) - before) / ticksPerSecond / seconds
  const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${agent}/status`, 'utf8'))?.[1]) / 1024
  await interrupt(observe)
  return [
    {
      name: 'agent at 100 packets/s: processor',
      value: share * 100,
      unit: '% of a core',
      target: {atMost: 0.5},
      note: `over ${seconds} s`,
    },
    {name: 'agent at 100 packets/s: memory', value: resident, unit: 'MB resident', target: {atMost: 90}},
  ]
}

function childOf(parent: number): number {
  const agents = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent)
  const [agent] = agents
  if (agent === undefined) throw new Error(`process ${parent} has no child`)
  return agent
}

function fields(pid: number): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return [] // it ended between the listing and the look
  }
}

const parentOf = (pid: number) => Number(fields(pid)[1])
const ticks = (pid: number) => Number(fields(pid)[11]) + Number(fields(pid)[12])
