import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Aftermath, cleanWithinMs} from './aftermath.ts'
import {startCluster, type Cluster} from './lab.ts'

let cluster: Cluster
let aftermath: Aftermath
beforeAll(async () => {
  cluster = await startCluster()
  aftermath = new Aftermath(cluster)
})
afterAll(() => cluster[Symbol.asyncDispose]())

const qdiscs = () => cluster.onNode('node1', ['tc', 'qdisc', 'show', 'clsact'])

async function cleanIn(limitMs: number): Promise<void> {
  await aftermath.isClean(limitMs)
  expect(await qdiscs()).toBe('')
}

describe('a node is clean', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'at once after %s, and the end says what was removed',
    async (signal) => {
      await using plugin = await aftermath.started()
      const {status, stdout} = await plugin.end(signal)
      expect(status).toBe(0)
      expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({kind: 'summary', clean: true})
      await cleanIn(1000)
    },
  )

  test('at once after --duration', async () => {
    await using plugin = await aftermath.started('--duration', '1s')
    expect((await plugin.ended).status).toBe(0)
    await cleanIn(1000)
  })

  test('when the plugin is killed', async () => {
    await using plugin = await aftermath.started()
    await plugin.end('SIGKILL')
    await cleanIn(cleanWithinMs)
  })

  test('when the agent is killed; the run says so and ends with status 2', async () => {
    await using plugin = await aftermath.started()
    process.kill(await aftermath.agentPid(), 'SIGKILL')
    const {status, stderr} = await plugin.ended
    expect(status).toBe(2)
    expect(stderr).toMatch(/agent/)
    await cleanIn(cleanWithinMs)
  })

  test('when somebody deletes the pod', async () => {
    await using plugin = await aftermath.started()
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
    await using plugin = await aftermath.started('--hook', 'clsact')
    expect(await qdiscs()).not.toBe('')
    expect((await plugin.end()).status).toBe(0)
    await cleanIn(1000)
  })
})

test('a run goes on after the API server died and came back, and loses no count', async () => {
  await using plugin = await aftermath.started()
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
  await cluster.renewKubelets()
})
