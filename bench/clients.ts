import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {firstLine, interrupt, plugin, run, VethLab} from './lab.ts'
import {childOf, cpuSeconds, residentMegabytes} from './process.ts'
import type {BenchRow} from './row.ts'

const firstPort = 19_000
const ports = `${firstPort}-${firstPort + 7}`
const rate = 10_000
const seconds = 10

type FamilySums = Readonly<Record<'opened' | 'closed' | 'bytesReceived' | 'bytesSent', number>> & {
  readonly family: string
}

interface Summary {
  readonly connections?: readonly FamilySums[]
  readonly lost?: Readonly<Record<string, number>>
}

/** Short connections over both families, each counted at both of its ends: whether none is missed, and what it costs. */
export async function measureClients(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-clients-'))
  try {
    const maker = join(folder, 'connections')
    run('cc', '-O2', '-pthread', '-o', maker, join(import.meta.dirname, 'connections.c'))
    return [...(await load(maker, 'counted')), ...(await load(maker, 'counted and told', '--connections'))]
  } finally {
    rmSync(folder, {recursive: true})
  }
}

async function load(maker: string, name: string, ...flags: readonly string[]): Promise<readonly BenchRow[]> {
  using lab = new VethLab()
  const clients = lab.start(lab.far, [plugin, 'clients', 'local', '--port', ports, '-o', 'json', ...flags])
  await firstLine(clients, {matching: /"kind":"start"/, withinMs: 30_000})
  let text = ''
  clients.stdout?.on('data', (chunk: Buffer) => {
    const whole = (text + chunk.toString()).split('\n')
    text = whole.filter((line, at) => at === whole.length - 1 || line.includes('"kind":"summary"')).join('\n')
  })
  const agent = childOf(clients.pid ?? 0)
  const [cpu, began] = [cpuSeconds(agent), performance.now()]
  const made = lab.run(lab.far, maker, String(firstPort), String(rate), String(seconds)).split(' ').map(Number)
  const used = cpuSeconds(agent) - cpu
  const share = used / ((performance.now() - began) / 1000)
  const memory = residentMegabytes(agent)
  await interrupt(clients)
  const {connections = [], lost = {}} = JSON.parse(text) as Summary // docs/clients.md
  const [done4 = 0, , , done6 = 0, , , took = 0] = made
  const note = `${Math.round((done4 + done6) / took)} connections a second over both families, each counted at both ends; ${used.toFixed(2)} s of CPU`
  const missing = Object.values(lost).reduce((sum, count) => sum + count, 0)
  return [
    {name: `short connections, ${name}: agent`, value: share * 100, unit: '% of a core', target: {atMost: 15}, note},
    {name: `short connections, ${name}: agent's memory`, value: memory, unit: 'MB'},
    {name: `short connections, ${name}: counts and bytes that differ`, value: difference(connections, made), unit: '', target: {atMost: 0}},
    {name: `short connections, ${name}: lost, and counted as that`, value: missing, unit: 'connections'},
  ] // prettier-ignore
}

/** Between what either end counted of each family, and what was done. */
function difference(connections: readonly FamilySums[], made: readonly number[]): number {
  return connections.reduce((sum, {family, opened, closed, bytesReceived, bytesSent}) => {
    const [done = 0, sent = 0, received = 0] = made.slice(family === 'inet' ? 0 : 3)
    const pairs = [[opened, done], [closed, done], [bytesReceived, sent], [bytesSent, received]] as const // prettier-ignore
    return sum + pairs.reduce((all, [counted, wanted]) => all + Math.abs(counted - wanted), 0)
  }, 0)
}
