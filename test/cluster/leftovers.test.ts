import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {afterEach, beforeAll, describe, expect, test, vi} from 'vitest'
import {type ClusterConnection, connect} from '../../src/cluster/connection.ts'
import {findLeftovers, removeLeftover} from '../../src/cluster/leftovers.ts'
import {type Cluster, startCluster, whyNoCluster} from './lab.ts'
import {agentPods, asUser, launch} from './launching.ts'
import {standInImage} from './stand-in.ts'

describe.skipIf(whyNoCluster() !== undefined)('what a run may leave', () => {
  let cluster: Cluster
  let connection: ClusterConnection

  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.loadImage(standInImage())
    connection = connect({kubeconfig: cluster.kubeconfig})
    return () => connection.close()
  })
  afterEach(async () => {
    await cluster.kubectl(['delete', 'pods', '-A', '-l', 'app.kubernetes.io/name=kubectl-ipv6', '--force'])
  })

  test('is found with its run, node and times, told from what is in use, and removed', async () => {
    const agent = await launch(connection, {node: 'node2'})
    await vi.waitFor(async () => {
      const [found] = await findLeftovers(connection, {agentNamespace: 'kube-system'})
      expect(found).toMatchObject({run: '00c0ffee00c0ffee', node: 'node2', target: 'node/node2', phase: 'Running'})
      expect(found?.isInUse).toBe(true)
    })
    const later = new Date(Date.now() + 3600_000)
    const [over, ...others] = await findLeftovers(connection, {agentNamespace: 'kube-system', now: later})
    expect(others).toEqual([])
    expect(over?.isInUse).toBe(false)
    // 10 minutes of --max-duration and the kubelet's slack of 15 s.
    expect((over?.expires?.getTime() ?? 0) - (over?.created?.getTime() ?? 0)).toBeGreaterThanOrEqual(613_000)
    if (over) await removeLeftover(connection, over)
    expect(await findLeftovers(connection, {agentNamespace: 'kube-system'})).toEqual([])
    await agent.remove()
  })

  test('is looked for in the agents’ namespace by a user who may not see the cluster', async () => {
    await cluster.kubectl(['delete', 'rolebinding', 'looker', '-n', 'kube-system', '--ignore-not-found'])
    const user = asUser(await cluster.userKubeconfig('looker', []))
    const role = ['-n', 'kube-system', 'create']
    await cluster
      .kubectl([...role, 'role', 'looker', '--verb=list', '--resource=pods', '--save-config'])
      .catch(() => '')
    await cluster.kubectl([...role, 'rolebinding', 'looker', '--role=looker', '--user=looker'])
    const agent = await launch(connection)
    const found = await findLeftovers(user, {agentNamespace: 'kube-system'})
    expect(found.map(({namespace, name}) => `${namespace}/${name}`)).toEqual([agent.pod])
    await agent.remove()
    user.close()
  })

  test('after SIGKILL is removed by the reaper, which then ends', async () => {
    const victim = spawn(process.execPath, [`${import.meta.dirname}/victim.ts`, cluster.kubeconfig], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(victim.stdout, 'data')) as [Buffer]
    const {pod, reaper} = JSON.parse(line.toString()) as {pod: string; reaper: number}
    expect(await agentPods(cluster)).toBe(`pod/${pod.split('/')[1] ?? ''}`)
    expect(readFileSync(`/proc/${reaper}/cmdline`, 'utf8')).toContain('reaper')
    victim.kill('SIGKILL')
    await vi.waitFor(async () => expect(await agentPods(cluster)).toBe(''), {timeout: 60_000, interval: 500})
    await vi.waitFor(() => expect(isAlive(reaper)).toBe(false), {timeout: 30_000})
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
