import {setTimeout as delay} from 'node:timers/promises'
import {afterEach, beforeAll, describe, expect, test, vi} from 'vitest'
import {type ClusterConnection, connect} from '../../src/cluster/connection.ts'
import {type FollowedNames, followNames} from '../../src/cluster/names.ts'
import {type Cluster, startCluster, type TestPods, whyNoCluster} from './lab.ts'
import {asUser} from './launching.ts'

describe.skipIf(whyNoCluster() !== undefined)('names from the cluster', () => {
  let cluster: Cluster
  let connection: ClusterConnection
  let pods: TestPods
  let watching: AbortController

  beforeAll(async () => {
    cluster = await startCluster()
    pods = await cluster.testPods()
    connection = connect({kubeconfig: cluster.kubeconfig})
    return () => connection.close()
  })
  afterEach(() => watching.abort())

  function follow(as: ClusterConnection = connection): FollowedNames & {said: string[]} {
    watching = new AbortController()
    const said: string[] = []
    return {...followNames(as, {signal: watching.signal, warn: (text) => said.push(text)}), said}
  }
  const soon = (check: () => void) => vi.waitFor(check, {timeout: 5000, interval: 50})

  test('are there within a second, for pods, their Service and their nodes, in both families', async () => {
    const {table, said} = follow()
    expect(table.lookup(pods.p1.v6)).toBeUndefined()
    const p1 = {namespace: 'default', pod: 'p1', node: 'node1', service: 'p', labels: {app: 'p'}}
    await vi.waitFor(() => expect(table.lookup(pods.p1.v6)).toEqual(p1), {timeout: 1000, interval: 20})
    await soon(() => expect(table.lookup(pods.service.v6)).toEqual({namespace: 'default', service: 'p'}))
    await soon(() => expect(table.lookup('fd89::12')).toEqual({node: 'node2'}))
    expect(table.lookup(pods.p1.v4)?.pod).toBe('p1')
    expect(table.lookup(pods.service.v4)?.service).toBe('p')
    expect(said).toEqual([])
  })

  test('follow a pod that comes, and outlive the API server', async () => {
    const {table, first} = follow()
    await first.pods
    expect(table.lookup(pods.p2.v6)?.pod).toBe('p2')
    await soon(() => expect(table.lookup(pods.p2.v6)?.pod).toBe('p2'))
    await cluster.killApiserver()
    expect(table.lookup(pods.p2.v6)?.pod).toBe('p2')
    await cluster.startApiserver()
    const spec = {nodeName: 'node1', terminationGracePeriodSeconds: 0}
    const container = {name: 'main', image: 'localhost/busybox:1', imagePullPolicy: 'Never', command: ['sleep', '600']}
    const late = {apiVersion: 'v1', kind: 'Pod', metadata: {name: 'late'}, spec: {...spec, containers: [container]}}
    await cluster.apply(late)
    await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/late', '--timeout=20s'])
    const v6 = await cluster.kubectl(['get', 'pod', 'late', '-o', 'jsonpath={.status.podIPs[1].ip}'])
    await vi.waitFor(() => expect(table.lookup(v6)?.pod).toBe('late'), {timeout: 20_000, interval: 100})
    await cluster.kubectl(['delete', 'pod', 'late', '--force'])
    await delay(200)
    expect(table.lookup(v6)?.pod).toBe('late')
  })

  test('that may not be read are said once to be missing, and the others are shown', async () => {
    const rules = [{apiGroups: [''], resources: ['services'], verbs: ['list', 'watch']}]
    const user = asUser(await cluster.userKubeconfig('services-only', rules))
    const {table, first, said} = follow(user)
    await soon(() => expect(table.lookup(pods.service.v6)?.service).toBe('p'))
    await soon(() => expect(said).toHaveLength(2))
    expect(said.toSorted()).toEqual([
      'Names of nodes are not shown: User "services-only" may not list nodes',
      'Names of pods are not shown: User "services-only" may not list pods',
    ])
    expect(await first.services).toEqual({})
    expect(await first.pods).toMatchObject({refusal: {code: 'not-allowed'}})
    user.close()
  })
})
