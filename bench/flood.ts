import type {ChildProcess} from 'node:child_process'
import {setTimeout as delay} from 'node:timers/promises'
import {firstLine, floodScript, interrupt, plugin, VethLab} from './lab.ts'
import {childOf, cpuSeconds, residentMegabytes} from './process.ts'
import type {BenchRow} from './row.ts'

const perSecond = 100_000
const seconds = 10
const middleMs = (seconds * 1000) / 2

interface Summary {
  readonly accounted: boolean
  readonly icmp: Readonly<Record<string, number>>
}

/** A flood of neighbour messages, and two nodes that answer for one address in the middle of it. */
export async function measureFlood(): Promise<readonly BenchRow[]> {
  return [...(await flood('solicitations')), ...(await flood('advertisements'))]
}

async function flood(kind: 'solicitations' | 'advertisements'): Promise<readonly BenchRow[]> {
  using lab = new VethLab()
  const ndp = lab.start(lab.near, [plugin, 'ndp', 'local', '-i', lab.device, '-o', 'json'])
  const told = collect(ndp)
  await firstLine(ndp, {matching: /"kind":"start"/, withinMs: 30_000})
  const agent = childOf(ndp.pid ?? 0)
  const before = {cpu: cpuSeconds(agent), began: performance.now()}
  const sender = lab.start(lab.far, ['python3', floodScript, lab.device, kind, String(perSecond), String(seconds)])
  const sent = collect(sender)
  const ended = new Promise((resolve) => sender.once('close', resolve))
  await delay(middleMs)
  const half = residentMegabytes(agent)
  lab.run(lab.far, 'python3', floodScript, lab.device, 'conflict', '1000', '0.002')
  await ended
  const share = (cpuSeconds(agent) - before.cpu) / ((performance.now() - before.began) / 1000)
  const grown = residentMegabytes(agent) - half
  await interrupt(ndp)
  const [count = 0, rate = 0] = sent.text.trim().split(' ').map(Number)
  const {accounted, icmp} = readSummary(told.text)
  const counted = icmp[kind === 'solicitations' ? 'neighbor-solicitation' : 'neighbor-advertisement'] ?? 0
  const note = `${count} sent, ${rate} a second; counted ${counted}, ${accounted ? 'all' : 'NOT all'} accounted for`
  return [
    {name: `flood of ${kind}: agent`, value: share * 100, unit: '% of a core', target: {atMost: 30}, note},
    {name: `flood of ${kind}: memory in its second half`, value: grown, unit: 'MB more', target: {atMost: 8}},
    {name: `flood of ${kind}: not counted`, value: Math.max(0, count - counted), unit: 'packets', target: {atMost: 0}},
    {
      name: `flood of ${kind}: the conflict in its middle told`,
      value: told.text.includes('"ndp/na-conflict"') ? 1 : 0,
      unit: 'of 1',
      target: {atLeast: 1},
    },
  ]
}

function collect(child: ChildProcess): {readonly text: string} {
  const told = {text: ''}
  child.stdout?.on('data', (chunk: Buffer) => (told.text += chunk.toString()))
  return told
}

function readSummary(text: string): Summary {
  const line = text.split('\n').findLast((each) => each.startsWith('{"kind":"summary"'))
  if (line === undefined) throw new Error(`ndp ended without a summary: ${text.slice(-500)}`)
  return JSON.parse(line) as Summary // docs/json.md
}
