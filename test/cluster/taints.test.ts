import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {mkdtemp, rm} from 'node:fs/promises'
import {createServer} from 'node:https'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {json} from 'node:stream/consumers'
import {afterEach, beforeAll, describe, expect, test, vi} from 'vitest'
import {type ClusterConnection, connect} from '../../src/cluster/connection.ts'
import {type Cluster, startCluster, whyNoCluster} from './lab.ts'
import {agentPods, failureOf, launch} from './launching.ts'
import {standInImage, standInOptions} from './stand-in.ts'

const labels = {'kubernetes.io/metadata.name': 'intolerant'}

/** The kubelet's words, or the control plane's where it was faster. */
const turnedAway = /^The agent did not start on node2: .*(had taints that the pod didn't tolerate|TaintManagerEviction)/

/** The control plane deletes such a pod; its words may come later than that. */
const turnedAwayOrGone = new RegExp(`${turnedAway.source}|^The agent's pod on node2 is gone: somebody deleted it`)

/** An admission webhook of the namespace `intolerant`: it takes the tolerations from every pod. */
async function takeTolerations(cluster: Cluster): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'kc-webhook-'))
  const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', certificate], {stdio: 'ignore'})
  const patch = Buffer.from(JSON.stringify([{op: 'replace', path: '/spec/tolerations', value: []}])).toString('base64')
  const server = createServer({key: readFileSync(key), cert: readFileSync(certificate)}, (request, response) => {
    void json(request).then((review) => {
      const {uid} = (review as {request: {uid: string}}).request // as the API server writes it
      const answer = {uid, allowed: true, patchType: 'JSONPatch', patch}
      response.end(JSON.stringify({apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer}))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo // a TCP server that listens
  const apiVersion = 'admissionregistration.k8s.io/v1'
  const webhook = {
    name: 'tolerations.hook.example',
    clientConfig: {url: `https://127.0.0.1:${port}/`, caBundle: readFileSync(certificate).toString('base64')},
    rules: [{operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods']}],
    namespaceSelector: {matchLabels: labels},
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
  }
  const name = {name: 'tolerations'}
  await cluster.apply({apiVersion, kind: 'MutatingWebhookConfiguration', metadata: name, webhooks: [webhook]})
  return async () => {
    await cluster.kubectl(['delete', 'mutatingwebhookconfiguration', name.name])
    server.close()
    server.closeAllConnections()
    await rm(folder, {recursive: true})
  }
}

describe.skipIf(whyNoCluster() !== undefined)('on a node with taints that no pod tolerates', () => {
  let cluster: Cluster
  let admin: ClusterConnection

  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.loadImage(standInImage())
    admin = connect({kubeconfig: cluster.kubeconfig})
    await cluster.kubectl(['taint', 'node', 'node2', 'test=a:NoSchedule', 'test=b:NoExecute'])
    return async () => {
      await cluster.kubectl(['taint', 'node', 'node2', 'test-'])
      admin.close()
      await cluster[Symbol.asyncDispose]()
    }
  })

  afterEach(async () => {
    await vi.waitFor(async () => expect(await agentPods(cluster)).toBe(''), {timeout: 10_000, interval: 100})
  })

  test('the agent runs all the same', async () => {
    await using agent = await launch(admin, {node: 'node2'})
    const stream = await agent.open()
    stream.destroy()
    const tolerated = ['-n', 'kube-system', 'get', 'pod', agent.place.name, '-o', 'jsonpath={.spec.tolerations[0]}']
    expect(JSON.parse(await cluster.kubectl(tolerated))).toEqual({operator: 'Exists'})
  })

  test('a pod whose tolerations were taken away is turned away, which is told in the words of who did it', async () => {
    await cluster.apply({apiVersion: 'v1', kind: 'Namespace', metadata: {name: 'intolerant', labels}})
    const options = {...standInOptions, agentNamespace: 'intolerant', image: 'localhost/nowhere:1'}
    const restore = await takeTolerations(cluster)
    try {
      // The API server learns of a new webhook within a second; until then the image is what is wrong.
      const told = async (words: RegExp): Promise<void> => {
        const failure = await failureOf(() => launch(admin, {node: 'node2', options}))
        expect(failure.message).toMatch(words)
      }
      await vi.waitFor(() => told(turnedAway), {timeout: 20_000, interval: 200})
      await Promise.all(Array.from({length: 4}, () => told(turnedAwayOrGone)))
    } finally {
      await restore()
    }
  })
})
