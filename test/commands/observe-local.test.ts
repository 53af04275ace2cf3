import {execFile, execFileSync, spawn, spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {agentsIn, type Held, heldBy, heldDuring, inKernel} from '../support/held.ts'
import {Plugin} from '../support/plugin.ts'

const bin = join(import.meta.dirname, '../../bin')
const isRoot = process.getuid?.() === 0
const space = `kc-l${process.pid}`
const inside = ['ip', 'netns', 'exec', space]
const observe = (...args: string[]): Plugin => new Plugin(['observe', 'local', '-i', 'kc0', ...args], {prefix: inside})
const ip = (command: string): Buffer => execFileSync('ip', command.split(' '))

interface Counted {
  readonly packets: number
  readonly bytes: number
}
interface SummaryLine {
  readonly seen: Counted
  readonly filtered: Counted
  readonly inFlows: Counted
  readonly accounted: boolean
  readonly clean: boolean
  readonly duration: number
}

beforeAll(() => {
  if (!isRoot) return
  ip(`netns add ${space}`)
  ip(`-n ${space} link add kc0 type veth peer name kc1`)
  for (const device of ['kc0', 'kc1', 'lo']) ip(`-n ${space} link set ${device} up`)
  ip(`-n ${space} addr add fd00:cafe::1/64 dev kc0 nodad`)
  ip(`-n ${space} neigh add fd00:cafe::2 lladdr 02:00:00:00:00:02 dev kc0`)
  spawn('ip', ['netns', 'exec', space, 'ping', '-6', '-q', '-i', '0.02', 'fd00:cafe::2'], {stdio: 'ignore'})
})

afterAll(() => {
  if (!isRoot) return
  const pids = execFileSync('ip', ['netns', 'pids', space], {encoding: 'utf8'}).split('\n').filter(Boolean)
  for (const pid of pids) process.kill(Number(pid), 'SIGKILL')
  ip(`netns del ${space}`)
})

/** Of all that the run's agent held; the kernel lets go of a map or a program a moment after its last user. */
async function nothingIsLeft(held: readonly Held[]): Promise<void> {
  // Otherwise the look below could not fail.
  expect(new Set(held.map(({kind}) => kind))).toEqual(new Set(['program', 'link', 'map']))
  await expect.poll(() => inKernel(held), {timeout: 5000}).toEqual([])
}

describe.skipIf(!isRoot)('observe local (needs root)', () => {
  test('ends after --duration with status 0, every packet accounted for and nothing left', async () => {
    await using run = observe('-o', 'json', '--duration', '2s')
    const held = await heldDuring(run.ended, space)
    const {status, stdout, stderr} = await run.ended
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    const summary = lines.at(-1) as unknown as SummaryLine // the contract's line
    expect([status, stderr, lines[0]!['kind'], lines[0]!['target']]).toEqual([0, '', 'start', 'local'])
    expect(summary).toMatchObject({accounted: true, clean: true})
    expect(summary.seen.packets).toBeGreaterThan(20)
    expect(summary.duration).toBeLessThan(4)
    const flows = lines.filter(({kind}) => kind === 'flow') as unknown as Counted[]
    expect(flows.reduce((sum, {packets}) => sum + packets, 0)).toBe(summary.inFlows.packets)
    await nothingIsLeft(held)
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'ends in order on %s, with its summary and status 0',
    async (signal) => {
      await using run = observe('-o', 'text')
      await run.until(/echo-request/)
      const held = agentsIn(space).flatMap(heldBy)
      const {status, stdout} = await run.end(signal)
      expect(status).toBe(0)
      expect(stdout).toMatch(/every packet accounted for\n {2}removed .*: looked, and nothing is left\n$/)
      await nothingIsLeft(held)
    },
  )

  test('ends in order when its reader has gone (| head)', async () => {
    const pipe = `set -o pipefail; ip netns exec ${space} ${bin}/kubectl-ipv6 observe local -i kc0 -o json | head -2 | wc -l`
    const running = promisify(execFile)('bash', ['-c', pipe], {timeout: 20_000})
    const held = await heldDuring(running, space)
    const {stdout, stderr} = await running
    expect({stdout: stdout.trim(), stderr}).toEqual({stdout: '2', stderr: ''})
    await nothingIsLeft(held)
  })

  test('a filter counts what it refuses', async () => {
    const {stdout} = await observe('-o', 'json', '--duration', '1500ms', '--port', '443').ended
    const summary = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as SummaryLine
    expect(summary.inFlows.packets).toBe(0)
    expect(summary.filtered).toEqual(summary.seen)
    expect(summary.seen.packets).toBeGreaterThan(10)
  })

  test('-q says nothing beside the results', async () => {
    const {stderr, stdout} = await observe('-q', '-o', 'wide', '--duration', '1s').ended
    expect(stderr).toBe('')
    expect(stdout).toMatch(/ICMPv6 echo-request .* class ula → ula {2}workload - → -/)
  })

  test('without the right to load programs it says so, in two sentences', () => {
    const {status, stdout, stderr} = spawnSync(
      'setpriv',
      ['--bounding-set=-all', '--inh-caps=-all', `${bin}/kubectl-ipv6`, 'observe', 'local'],
      {encoding: 'utf8'},
    )
    expect({status, stdout}).toEqual({status: 2, stdout: ''})
    expect(stderr).toBe(
      'error: Loading eBPF programs on this machine needs root.\nRun it again with sudo, or name a node of a cluster.\n',
    )
  })
})
