import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Aftermath, cleanWithinMs} from './aftermath.ts'
import {type Cluster, startCluster} from './lab.ts'
import {Stranger} from './stranger.ts'

let cluster: Cluster
let stranger: Stranger
let aftermath: Aftermath

beforeAll(async () => {
  cluster = await startCluster()
  stranger = await Stranger.meet(cluster)
  aftermath = new Aftermath(cluster)
})
afterAll(async () => {
  await stranger[Symbol.asyncDispose]()
  await cluster[Symbol.asyncDispose]()
})

const lost = 'error: The connection to the agent on node1 broke and could not be restored.'

/** The plugin's one sentence, and what to do. */
const failure = (stderr: string) => stderr.split('\n').find((line) => line.startsWith('error: '))

describe('beside programs of somebody else, which stay and run on, a node is clean', () => {
  test('after Ctrl-C; a second one says what is waited for', async () => {
    await using plugin = await aftermath.started()
    const agent = await aftermath.agentPid()
    process.kill(agent, 'SIGSTOP')
    try {
      await expect
        .poll(
          () => {
            plugin.child.kill('SIGINT')
            return plugin.stderr
          },
          {timeout: 8000, interval: 200},
        )
        .toContain('Still waiting for the nodes to detach and to say what they removed.')
    } finally {
      process.kill(agent, 'SIGCONT')
    }
    const {status, stdout} = await plugin.ended
    expect(status).toBe(0)
    expect(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({kind: 'summary', clean: true})
    await aftermath.isClean()
    await stranger.isUntouched()
  })

  test('when the pod is evicted; the run says so and ends with status 2', async () => {
    await using plugin = await aftermath.started()
    const [, name = ''] = (await aftermath.pod()).split('/')
    const eviction = {apiVersion: 'policy/v1', kind: 'Eviction', metadata: {name, namespace: 'kube-system'}}
    const path = `/api/v1/namespaces/kube-system/pods/${name}/eviction`
    await cluster.kubectl(['create', '--raw', path, '-f', '-'], {input: JSON.stringify(eviction)})
    const {status, stderr} = await plugin.ended
    expect([status, failure(stderr)]).toEqual([2, expect.stringContaining("The agent's pod on node1 is gone")])
    await aftermath.isClean()
    await stranger.isUntouched()
  })

  test('when its cable is cut; the run says so and ends with status 2', {timeout: 120_000}, async () => {
    await using plugin = await aftermath.started()
    await cluster.setLink('node1', 'down')
    try {
      await aftermath.kernelIsClean()
      const {status, stderr} = await plugin.ended
      expect([status, failure(stderr)]).toEqual([2, lost])
    } finally {
      await cluster.setLink('node1', 'up')
      await cluster.renewKubelet('node1')
    }
    await aftermath.podsAreGone()
    await stranger.isUntouched()
  })

  test('when the API server is gone for good; the pod goes when there is one again', {timeout: 120_000}, async () => {
    await using plugin = await aftermath.started()
    await cluster.killApiserver()
    try {
      await aftermath.kernelIsClean()
      await stranger.isUntouched()
      const {status, stderr} = await plugin.ended
      expect([status, failure(stderr)]).toEqual([2, lost])
    } finally {
      await cluster.startApiserver()
      await cluster.renewKubelets()
    }
    // The reaper asks again after at most 15 s.
    await aftermath.podsAreGone(4 * cleanWithinMs)
  })
})

describe('an agent on clsact that is killed', () => {
  test('leaves filters that the plugin has removed, and those of others stay', async () => {
    await using plugin = await aftermath.started('--hook', 'clsact')
    process.kill(await aftermath.agentPid(), 'SIGKILL')
    await aftermath.kernelIsClean()
    const {status, stderr} = await plugin.ended
    expect([status, failure(stderr)]).toEqual([2, expect.stringContaining('The agent ended before it was asked to')])
    expect(stderr).toMatch(/Removed .*what a killed run had left.*\d filters/)
    await aftermath.podsAreGone()
    await stranger.isUntouched()
  })

  test('at the same moment as its plugin leaves filters that the reaper has removed', async () => {
    await using plugin = await aftermath.started('--hook', 'clsact')
    plugin.child.kill('SIGSTOP')
    process.kill(await aftermath.agentPid(), 'SIGKILL')
    await plugin.end('SIGKILL')
    // A machine with other work takes longer than what the docs promise.
    await aftermath.isClean(4 * cleanWithinMs)
    await stranger.isUntouched()
  })
})
