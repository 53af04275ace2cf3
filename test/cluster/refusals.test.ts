import {afterAll, afterEach, beforeAll, describe, expect, test} from 'vitest'
import {Plugin} from '../support/plugin.ts'
import {type Cluster, startCluster} from './lab.ts'
import {agentPods} from './launching.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster[Symbol.asyncDispose]())
afterEach(async () => {
  expect(await agentPods(cluster)).toBe('')
})

const inNamespace = [
  {apiGroups: [''], resources: ['pods'], verbs: ['create', 'get', 'list', 'watch', 'delete']},
  {apiGroups: [''], resources: ['events'], verbs: ['list', 'watch']},
]
const tunnel = {apiGroups: [''], resources: ['pods/portforward'], verbs: ['get', 'create']}

/** What a person reads of a run that cannot begin: one sentence what, one what to do. */
async function refusal(args: readonly string[], kubeconfig = cluster.kubeconfig): Promise<readonly string[]> {
  await using plugin = new Plugin(['observe', ...args, '--duration', '1s'], {kubeconfig})
  const {status, stdout, stderr} = await plugin.ended
  expect([status, stdout]).toEqual([2, ''])
  const lines = stderr.trimEnd().split('\n')
  expect(lines).toHaveLength(2)
  return lines
}

describe('one clear sentence, status 2 and no pod:', () => {
  test('a node that is not there', async () => {
    expect(await refusal(['nod1'])).toEqual(['error: There is no node "nod1".', 'Did you mean node1 or node2?'])
  })

  test('a namespace that enforces restricted', async () => {
    await cluster.restrictedNamespace('strict-command')
    const [what, advice] = await refusal(['node1', '--agent-namespace', 'strict-command'])
    expect(what).toMatch(
      /^error: Namespace "strict-command" refuses the agent's pod: it enforces restricted:latest; .*\.$/,
    )
    expect(advice).toContain('kubectl label namespace strict-command')
  })

  test('an image that is nowhere', async () => {
    const [what] = await refusal(['node1', '--agent-image', 'localhost/nowhere:1', '--image-pull-policy', 'Never'])
    expect(what).toMatch(/^error: The agent did not start on node1: ErrImageNeverPull: .*\.$/)
  })

  test('a user without pods/portforward, named as a role must be bound to it', async () => {
    const [what, advice] = await refusal(['node1'], await cluster.userKubeconfig('without-tunnel', inNamespace))
    expect(what).toBe('error: User "without-tunnel" may not get pods/portforward in namespace "kube-system".')
    expect(advice).toContain("--user='without-tunnel'")
  })
})

test('a user who may do no more than launch an agent is told, once each, what is not known', async () => {
  const kubeconfig = await cluster.userKubeconfig('launcher', [...inNamespace, tunnel])
  await using plugin = new Plugin(['ndp', 'node1', '--duration', '1s'], {kubeconfig})
  const {status, stderr} = await plugin.ended
  expect(status).toBe(0)
  for (const unknown of ['servicecidrs', 'services', 'nodes'])
    expect(stderr.match(new RegExp(`User "launcher" may not list ${unknown}`, 'g'))).toHaveLength(1)
})
