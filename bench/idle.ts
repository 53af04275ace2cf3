import {setTimeout as delay} from 'node:timers/promises'
import {firstLine, interrupt, plugin, VethLab} from './lab.ts'
import {childOf, cpuSeconds, residentMegabytes} from './process.ts'
import type {BenchRow} from './row.ts'

const seconds = 20

/** What the agent costs a node that has next to nothing to tell: 100 packets a second. */
export async function measureIdle(): Promise<readonly BenchRow[]> {
  using lab = new VethLab()
  lab.start(lab.near, ['ping', '-6', '-q', '-i', '0.02', 'fd6b::2']) // 50 requests and 50 replies a second
  const observe = lab.start(lab.near, [plugin, 'observe', 'local', '-i', lab.device, '-o', 'json'])
  await firstLine(observe, {matching: /"kind":"flow"/, withinMs: 15_000})
  const agent = childOf(observe.pid ?? 0)
  await delay(2000)
  const before = cpuSeconds(agent)
  await delay(seconds * 1000)
  const share = (cpuSeconds(agent) - before) / seconds
  const resident = residentMegabytes(agent)
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
