import {readdirSync, readFileSync} from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Plugin} from '../support/plugin.ts'
import {run} from '../../tools/cluster/processes.ts'
import {startCluster, type Cluster} from './lab.ts'

/** What the docs promise. */
const cleanWithinMs = 15_000

let cluster: Cluster
/** Ids of the programs that the agent of the test under way holds; the kernel, and so its list, is shared by both nodes and by other tests. */
let loaded: readonly number[]
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster[Symbol.asyncDispose]())

/** A process's own list: each descriptor of a program or link says its program's id (proc(5), fdinfo). */
function programsOf(pid: number): readonly number[] {
  const texts = readdirSync(`/proc/${pid}/fdinfo`).map((fd) => readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))
  return [...new Set(texts.flatMap((text) => /^prog_id:\s+(\d+)$/m.exec(text)?.[1] ?? []).map(Number))]
}

async function programs(): Promise<readonly number[]> {
  const present = JSON.parse(await run(['bpftool', '-j', 'prog', 'list'])) as readonly {readonly id: number}[] // bpftool's own form
  return present.map(({id}) => id).filter((id) => loaded.includes(id))
}

const ourPods = () => cluster.kubectl(['get', 'pods', '-A', '-l', 'app.kubernetes.io/name=kubectl-ipv6', '-o', 'name'])
const qdiscs = () => cluster.onNode('node1', ['tc', 'qdisc', 'show', 'clsact'])

async function started(...args: string[]): Promise<Plugin> {
  const plugin = new Plugin(['observe', 'node1', '-o', 'json', ...args], {kubeconfig: cluster.kubeconfig})
  try {
    await plugin.until(/"kind":"start"/)
    loaded = programsOf(await agentPid())
    expect(await programs()).not.toEqual([]) // otherwise nothing below could fail
    return plugin
  } catch (cause) {
    await plugin.end()
    throw cause
  }
}

async function cleanIn(limitMs: number): Promise<void> {
  const start = Date.now()
  for (;;) {
    const left = {programs: await programs(), pods: await ourPods(), qdiscs: await qdiscs()}
    if (left.programs.length === 0 && left.pods === '' && left.qdiscs === '') return
    if (Date.now() - start > limitMs) expect(left).toEqual({programs: [], pods: '', qdiscs: ''})
    await delay(200)
  }
}

/** The process of the newest agent, by its settings in the command line; an earlier test's may still be ending. */
async function agentPid(): Promise<number> {
  return Number(await run(['pgrep', '--newest', '-f', '^/usr/bin/node .*agent[.]js [{]']))
}

describe('a node is clean', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'at once after %s, and the end says what was removed',
    async (signal) => {
      await using plugin = await started()
      const {status, stdout} = await plugin.end(signal)
      expect(status).toBe(0)
      expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({kind: 'summary', clean: true})
      await cleanIn(1000)
    },
  )

  test('at once after --duration', async () => {
    await using plugin = await started('--duration', '1s')
    expect((await plugin.ended).status).toBe(0)
    await cleanIn(1000)
  })

  test('when the plugin is killed', async () => {
    await using plugin = await started()
    await plugin.end('SIGKILL')
    await cleanIn(cleanWithinMs)
  })

  test('when the agent is killed; the run says so and ends with status 2', async () => {
    await using plugin = await started()
    process.kill(await agentPid(), 'SIGKILL')
    const {status, stderr} = await plugin.ended
    expect(status).toBe(2)
    expect(stderr).toMatch(/agent/)
    await cleanIn(cleanWithinMs)
  })

  test('when somebody deletes the pod', async () => {
    await using plugin = await started()
    await cluster.kubectl([
      'delete',
      '-n',
      'kube-system',
      'pods',
      '-l',
      'app.kubernetes.io/name=kubectl-ipv6',
      '--wait=false',
    ])
    const {status, stderr} = await plugin.ended
    expect(status).toBe(2)
    expect(stderr).toMatch(/deleted/)
    await cleanIn(cleanWithinMs)
  })

  test('also of a clsact filter that was ours', async () => {
    await using plugin = await started('--hook', 'clsact')
    expect(await qdiscs()).not.toBe('')
    expect((await plugin.end()).status).toBe(0)
    await cleanIn(1000)
  })
})

test('a run goes on after the API server died and came back, and loses no count', async () => {
  await using plugin = await started()
  const ping = cluster.onNode('node1', ['ping', '-6', '-q', '-i', '0.2', '-w', '12', 'fd89::12'])
  await cluster.killApiserver()
  await delay(500)
  await cluster.startApiserver()
  const lines = plugin.lines.length
  await delay(3000)
  expect(plugin.lines.length).toBeGreaterThan(lines)
  const {status, stdout} = await plugin.end()
  await ping
  expect(status).toBe(0)
  const {seen, filtered, inFlows, overflow, undecodable} = JSON.parse(
    stdout.trimEnd().split('\n').at(-1) ?? '',
  ) as Record<string, {packets: number}>
  expect(seen?.packets).toBe(
    (filtered?.packets ?? 0) + (inFlows?.packets ?? 0) + (overflow?.packets ?? 0) + (undecodable?.packets ?? 0),
  )
  await cleanIn(cleanWithinMs)
})
