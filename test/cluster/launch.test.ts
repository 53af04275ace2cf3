import {afterEach, beforeAll, describe, expect, test, vi} from 'vitest'
import {type ClusterConnection, connect} from '../../src/cluster/connection.ts'
import {type LaunchStep, orderPod} from '../../src/cluster/launch.ts'
import {manifestText} from '../../src/cluster/manifest-text.ts'
import {checkPermissions} from '../../src/cluster/permissions.ts'
import {type Cluster, startCluster, whyNoCluster} from './lab.ts'
import {agentPods, asUser, failureOf, launch} from './launching.ts'
import {standInImage, standInOptions, standInSettings} from './stand-in.ts'

describe.skipIf(whyNoCluster() !== undefined)('launching an agent', () => {
  let cluster: Cluster
  let admin: ClusterConnection

  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.loadImage(standInImage())
    admin = connect({kubeconfig: cluster.kubeconfig})
    return () => admin.close()
  })

  afterEach(async () => {
    expect(await agentPods(cluster)).toBe('')
  })

  test('reaches a listening agent, tells the steps, and leaves nothing', async () => {
    const steps: LaunchStep[] = []
    await using agent = await launch(admin, {progress: (step) => steps.push(step)})
    // What lies between may be over before it is seen.
    expect([steps[0], steps.at(-1)]).toEqual(['created', 'connected'])
    const stream = await agent.open()
    stream.write('hello')
    expect(String(await new Promise((resolve) => stream.once('data', resolve)))).toBe('hello')
    stream.destroy()
  })

  test.each(['yaml', 'json'] as const)('can be had as %s that the API server takes', async (form) => {
    const signal = new AbortController().signal
    const order = {target: {node: 'node1'}, settings: standInSettings(), options: standInOptions, signal}
    const manifests = [orderPod(order).manifest, orderPod(order).manifest]
    const input = manifestText(manifests, form)
    const said = await cluster.kubectl(['apply', '--dry-run=server', '-f', '-'], {input})
    expect(said.match(/pod\/kubectl-ipv6-\S+ created \(server dry run\)/g)).toHaveLength(2)
  })

  test('is taken back when it is aborted', async () => {
    const abort = new AbortController()
    const progress = (step: LaunchStep) => {
      if (step === 'accepted') abort.abort(new Error('Ctrl-C'))
    }
    await expect(launch(admin, {signal: abort.signal, progress})).rejects.toThrow('Ctrl-C')
  })

  test.each([
    {fault: 'is not on the node and may not be pulled', image: 'localhost/nowhere:1', reason: 'ErrImageNeverPull'},
    {fault: 'is in no registry', image: 'localhost:9/nowhere:1', policy: 'IfNotPresent', reason: 'ErrImagePull'},
    {fault: 'has an impossible name', image: 'No Such Name', reason: 'InvalidImageName'},
  ] as const)('an image that $fault ends the launch with the kubelet’s words', async ({image, reason, ...row}) => {
    const imagePullPolicy = 'policy' in row ? row.policy : 'Never'
    const failure = await failureOf(() => launch(admin, {options: {...standInOptions, image, imagePullPolicy}}))
    expect(failure.code).toBe('agent-not-started')
    expect(failure.message).toContain(`on node1: ${reason}: `)
    expect(failure.advice).toContain('--agent-image')
    expect(failure.seconds).toBeLessThan(10)
  })

  test('a namespace that enforces restricted says so, with the label to set', async () => {
    await cluster.restrictedNamespace('strict')
    const options = {...standInOptions, agentNamespace: 'strict'}
    const failure = await failureOf(() => launch(admin, {options}))
    expect(failure.code).toBe('pod-security')
    expect(failure.message).toMatch(
      /^Namespace "strict" refuses the agent's pod: it enforces restricted:latest; host namespaces \(hostNetwork=true\)/,
    )
    expect(failure.advice).toContain(
      'kubectl label namespace strict --overwrite pod-security.kubernetes.io/enforce=privileged',
    )
  })

  test('a namespace that does not exist is named', async () => {
    const failure = await failureOf(() => launch(admin, {options: {...standInOptions, agentNamespace: 'nowhere'}}))
    expect(failure.message).toBe('There is no namespace "nowhere"')
  })

  test('a quota’s refusal is told in its own words', async () => {
    await cluster.apply(
      {apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'full'}},
      {apiVersion: 'v1', kind: 'ResourceQuota', metadata: {name: 'none', namespace: 'full'}, spec: {hard: {pods: '0'}}},
    )
    // No quota controller runs here; admission reads what it would have written.
    const status = JSON.stringify({status: {hard: {pods: '0'}, used: {pods: '0'}}})
    const patch = ['-n', 'full', 'patch', 'resourcequota', 'none', '--subresource=status', '--type=merge', '-p', status]
    await cluster.kubectl(patch)
    const failure = await failureOf(() => launch(admin, {options: {...standInOptions, agentNamespace: 'full'}}))
    expect(failure.code).toBe('pod-refused')
    expect(failure.message).toContain('exceeded quota: none')
  })

  test('an admission webhook that cannot be asked refuses in its own words', async () => {
    const labels = {'kubernetes.io/metadata.name': 'hooked'}
    const webhook = {
      name: 'pods.hook.example',
      clientConfig: {url: 'https://127.0.0.1:1/'},
      rules: [{operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods']}],
      namespaceSelector: {matchLabels: labels},
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
    }
    const apiVersion = 'admissionregistration.k8s.io/v1'
    await cluster.apply(
      {apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'hooked'}},
      {apiVersion, kind: 'ValidatingWebhookConfiguration', metadata: {name: 'hook'}, webhooks: [webhook]},
    )
    try {
      // The API server learns of a new webhook within a second; until then the pod is taken, and launched in vain.
      await vi.waitFor(
        async () => {
          const options = {...standInOptions, agentNamespace: 'hooked', image: 'localhost/nowhere:1'}
          const failure = await failureOf(() => launch(admin, {options}))
          expect(failure.code).toBe('pod-refused')
          expect(failure.message).toContain('failed calling webhook "pods.hook.example"')
        },
        {timeout: 15_000, interval: 300},
      )
    } finally {
      await cluster.kubectl(['delete', 'validatingwebhookconfiguration', 'hook'])
    }
  })

  test('an agent that ends at once is told with its last lines', async () => {
    const failure = await failureOf(() => launch(admin, {behaviour: 'exits'}))
    expect(failure.message).toBe('The agent ended before it was asked to: exit status 3\nthe first line\ncannot go on')
    expect(failure.seconds).toBeLessThan(10)
  })

  test('a port that is taken is tried again with others, three times', async () => {
    const pods = new Set<string>()
    const progress = (step: LaunchStep, pod: string) => {
      if (step === 'created') pods.add(pod)
    }
    const failure = await failureOf(() => launch(admin, {behaviour: 'taken', progress}))
    expect(failure.code).toBe('port-taken')
    expect(pods.size).toBe(3)
  })

  test('an agent that never listens is given up, 10 s after its start', async () => {
    const failure = await failureOf(() => launch(admin, {behaviour: 'deaf'}))
    expect(failure.code).toBe('tunnel-refused')
    expect(failure.message).toContain('connection refused')
  })

  test('a pod that somebody deletes ends its agent, with the reason', async () => {
    const agent = await launch(admin)
    await cluster.kubectl(['delete', 'pod', '-n', 'kube-system', agent.pod.split('/')[1] ?? '', '--wait=false'])
    expect((await agent.ended).message).toBe("The agent's pod on node1 is gone: somebody deleted it")
    await agent.remove()
  })

  test.each([
    ['create', 'pods'],
    ['watch', 'pods'],
    ['delete', 'pods'],
    ['get', 'pods/portforward'],
  ])('a user who may not %s %s is told so before anything is created', async (verb, resource) => {
    const all = {pods: ['create', 'get', 'watch', 'delete'], 'pods/portforward': ['get', 'create']}
    const rules = Object.entries(all).map(([name, verbs]) => ({
      apiGroups: [''],
      resources: [name],
      verbs: verbs.filter((each) => name !== resource || each !== verb),
    }))
    const name = `no-${verb}-${resource.replace('/', '-')}`
    const user = asUser(await cluster.userKubeconfig(name, rules))
    const failure = await failureOf(() => checkPermissions(user, 'kube-system'))
    // Its kubeconfig calls it otherwise.
    expect(user.user).not.toBe(name)
    expect(failure.message).toBe(`User "${name}" may not ${verb} ${resource} in namespace "kube-system"`)
    expect(failure.advice).toContain('kubectl -n kube-system create role kubectl-ipv6')
    user.close()
  })

  test('a refusal of the port-forward itself names verb, resource and user', async () => {
    const user = asUser(
      await cluster.userKubeconfig('no-tunnel', [
        {apiGroups: [''], resources: ['pods'], verbs: ['create', 'get', 'watch', 'delete']},
      ]),
    )
    const failure = await failureOf(() => launch(user))
    expect(failure.message).toBe('User "no-tunnel" may not get pods/portforward in namespace "kube-system"')
    expect(failure.seconds).toBeLessThan(10)
    user.close()
  })

  test('a kubelet that takes no pods is told within 10 s, with its last sign of life', async () => {
    await cluster.stopKubelet('node2')
    try {
      const failure = await failureOf(() => launch(admin, {node: 'node2'}))
      expect(failure.message).toMatch(
        /^The agent did not start on node2: its kubelet has not taken the pod within 6 s, and last gave a sign \d+ s ago$/,
      )
      expect(failure.seconds).toBeLessThan(10)
    } finally {
      await cluster.startKubelet('node2')
    }
  })
})
