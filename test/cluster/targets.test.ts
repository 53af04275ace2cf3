import {beforeAll, describe, expect, test} from 'vitest'
import {type ClusterConnection, connect} from '../../src/cluster/connection.ts'
import {nearNames} from '../../src/cluster/near-names.ts'
import {resolveTargets, type TargetRequest} from '../../src/cluster/targets.ts'
import {type Cluster, startCluster, whyNoCluster} from './lab.ts'
import {asUser, failureOf} from './launching.ts'

test('a mistyped name is told the nearest ones that exist', () => {
  const known = ['worker-1', 'worker-2', 'control', 'gpu-worker-1']
  expect(nearNames('wroker-1', known)).toEqual(['worker-1'])
  expect(nearNames('worker', known)).toEqual(['gpu-worker-1', 'worker-1', 'worker-2'])
  expect(nearNames('database', known)).toEqual([])
})

describe.skipIf(whyNoCluster() !== undefined)('a target', () => {
  let cluster: Cluster
  let connection: ClusterConnection

  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.testPods()
    connection = connect({kubeconfig: cluster.kubeconfig})
    return () => connection.close()
  })

  const resolve = (...targets: string[]) => resolveTargets(connection, {targets})
  const failure = (request: Partial<TargetRequest>) =>
    failureOf(() => resolveTargets(connection, {targets: [], ...request}))

  test('is a node, with or without its kind, and each place counts once', async () => {
    expect(await resolve('node2', 'node/node1', 'nodes/node2')).toEqual([{node: 'node2'}, {node: 'node1'}])
  })

  test('is a pod, with its node and its containers', async () => {
    const [target] = await resolve('pod/p2')
    expect(target?.node).toBe('node2')
    expect(target?.pod).toMatchObject({namespace: 'default', name: 'p2', hostNetwork: false})
    expect(target?.pod?.containers.map((id) => /^[0-9a-f]{64}$/.test(id))).toEqual([true])
    expect(await resolve('pod/default/p2', 'po/p2')).toEqual([target])
  })

  test('without a name is all nodes, or those that a selector chooses', async () => {
    const all = {targets: [], allNodes: true}
    expect(await resolveTargets(connection, all)).toEqual([{node: 'node1'}, {node: 'node2'}])
    const chosen = {targets: [], selector: 'kubernetes.io/hostname=node2'}
    expect(await resolveTargets(connection, chosen)).toEqual([{node: 'node2'}])
  })

  test('that is missing in a cluster of several nodes is asked for, with their names', async () => {
    const {code, advice} = await failure({})
    expect(code).toBe('no-target')
    expect(advice).toContain('node/node1 node/node2')
  })

  test.each([
    {targets: ['node3'], message: 'There is no node "node3"', advice: 'Did you mean node1 or node2?'},
    {targets: ['pod/p3'], message: 'There is no pod "p3" in namespace "default"', advice: 'Did you mean p1 or p2?'},
    {
      targets: ['pod/nowhere/p'],
      message: 'There is no pod "p" in namespace "nowhere"',
      advice: 'kubectl get pods -n nowhere',
    },
    {targets: ['service/p'], message: '"service/p" is no target', advice: 'node/NAME'},
    {targets: ['node/'], message: '"node/" is no target', advice: 'node/NAME'},
  ])('$targets is refused within 2 s: $message', async ({targets, message, advice}) => {
    const found = await failure({targets})
    expect(found.message).toBe(message)
    expect(found.advice).toContain(advice)
    expect(found.seconds).toBeLessThan(2)
  })

  test('is not named and chosen at once; a selector that matches nothing says so', async () => {
    expect((await failure({targets: ['node1'], allNodes: true})).code).toBe('bad-usage')
    expect((await failure({selector: 'no=such'})).message).toBe('No node matches the selector "no=such"')
    expect((await failure({selector: 'a in ('})).message).toBe('--selector a in ( is no label selector')
  })

  test('that a user may not look at is taken by its name', async () => {
    const user = asUser(await cluster.userKubeconfig('blind', []))
    expect(await resolveTargets(user, {targets: ['node7']})).toEqual([{node: 'node7'}])
    const unnamed = await failureOf(() => resolveTargets(user, {targets: []}))
    expect(unnamed.message).toBe('User "blind" may not list nodes')
    expect(unnamed.advice).toContain('kubectl create clusterrole')
    const unseen = await failureOf(() => resolveTargets(user, {targets: ['pod/p1']}))
    expect(unseen.message).toBe('User "blind" may not get pods in namespace "default"')
    expect(unseen.advice).toContain('create role kubectl-ipv6-target --verb=get --resource=pods &&')
    user.close()
  })

  test('that runs Windows is refused, and left out of all nodes with a word', async () => {
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {name: 'win', labels: {'kubernetes.io/os': 'windows'}},
    })
    try {
      expect((await failure({targets: ['win']})).message).toBe('Node "win" runs windows, and eBPF needs Linux')
      const said: string[] = []
      const request = {targets: [], allNodes: true, warn: (text: string) => said.push(text)}
      expect((await resolveTargets(connection, request)).map(({node}) => node)).toEqual(['node1', 'node2'])
      expect(said).toEqual(['Node "win" runs windows, and eBPF needs Linux; left out.'])
    } finally {
      await cluster.kubectl(['delete', 'node', 'win', '--wait=false'])
    }
  })

  test('that is not ready is refused with the node’s own words', async () => {
    await cluster.apply({apiVersion: 'v1', kind: 'Node', metadata: {name: 'lost'}})
    const conditions = [{type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'no network plugin.'}]
    const patch = ['patch', 'node', 'lost', '--subresource=status', '--type=merge', '-p']
    try {
      await cluster.kubectl([...patch, JSON.stringify({status: {conditions}})])
      expect((await failure({targets: ['lost']})).message).toBe('Node "lost" is not ready: no network plugin')
    } finally {
      await cluster.kubectl(['delete', 'node', 'lost', '--wait=false'])
    }
  })

  test('pod that shares its node’s network is its node; one that has ended or waits is refused', async () => {
    const spec = {nodeName: 'node1', restartPolicy: 'Never', terminationGracePeriodSeconds: 0}
    const container = {name: 'main', image: 'localhost/busybox:1', imagePullPolicy: 'Never'}
    const pod = (name: string, more: object) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {name},
      spec: {...spec, ...more},
    })
    await cluster.apply(
      pod('host', {hostNetwork: true, containers: [{...container, command: ['sleep', '600']}]}),
      pod('over', {containers: [{...container, command: ['true']}]}),
      pod('stuck', {containers: [{...container, image: 'localhost/nowhere:1'}]}),
    )
    try {
      await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/host', '--timeout=20s'])
      await cluster.kubectl(['wait', '--for=jsonpath={.status.phase}=Succeeded', 'pod/over', '--timeout=20s'])
      const said: string[] = []
      const [host] = await resolveTargets(connection, {targets: ['pod/host'], warn: (text) => said.push(text)})
      expect(host).toMatchObject({node: 'node1', pod: {hostNetwork: true}})
      expect(said).toEqual([`pod/host uses its node's network: node/node1 is observed, with all that passes there.`])
      expect((await failure({targets: ['pod/over']})).message).toBe('Pod "over" has ended (Succeeded)')
      expect((await failure({targets: ['pod/stuck']})).message).toMatch(
        /^Pod "stuck" has no running container \(Pending/,
      )
    } finally {
      await cluster.kubectl(['delete', 'pod', 'host', 'over', 'stuck', '--grace-period=0', '--force', '--wait=false'])
    }
  })
})
