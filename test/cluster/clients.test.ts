import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'
import {waitFor} from '../../tools/cluster/processes.ts'
import {startCluster, type Cluster, type TestPods} from './lab.ts'

const labels = {app: 'shop'}
const port = 8090

/** Its pod's name is not known beforehand, and its workload is not its pod. */
const shop = (image: string): readonly object[] => [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {name: 'shop', namespace: 'default'},
    spec: {
      selector: {matchLabels: labels},
      template: {
        metadata: {labels},
        spec: {
          nodeName: 'node2',
          terminationGracePeriodSeconds: 0,
          containers: [{name: 'c', image, imagePullPolicy: 'Never', command: ['httpd', '-f', '-p', `[::]:${port}`, '-h', '/tmp']}],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {name: 'shop', namespace: 'default'},
    spec: {selector: labels, ipFamilyPolicy: 'RequireDualStack', ports: [{port: 80, targetPort: port}]},
  },
] // prettier-ignore

const request = 'GET / HTTP/1.0\\r\\n\\r\\n'
const requestBytes = 18

let cluster: Cluster
let pods: TestPods
let name = ''
let addresses: readonly string[] = []

const words = async (argv: readonly string[]): Promise<readonly string[]> =>
  (await cluster.kubectl(argv)).trim().split(/\s+/)
const ask = (address: string, at: number): Promise<string> =>
  cluster.exec('p1', ['sh', '-c', `printf '${request}' | nc ${address} ${at}`])
/** kube-proxy's rules come a moment after the Service. */
async function askUntilAnswered(address: string): Promise<void> {
  for (;;) if ((await ask(address, 80).catch(() => '')) !== '') return
}

beforeAll(async () => {
  cluster = await startCluster()
  pods = await cluster.testPods()
  const [image = ''] = await words(['get', 'pod', 'p1', '-o', 'jsonpath={.spec.containers[0].image}'])
  await cluster.apply(...shop(image))
  await cluster.kubectl(['wait', '--for=condition=Available', 'deployment/shop', '--timeout=25s'])
  const found = '{.items[0].metadata.name} {.items[0].status.podIPs[*].ip}'
  ;[name = '', ...addresses] = await words(['get', 'pod', '-l', 'app=shop', '-o', `jsonpath=${found}`])
}, 90_000)
afterAll(async () => {
  await cluster.kubectl(['delete', 'deployment/shop', 'service/shop', '--wait=false', '--ignore-not-found'])
  await cluster[Symbol.asyncDispose]()
})

const sums = (lines: readonly JsonLine[], reporter: string): readonly JsonLine[] => {
  const rows = lines.filter((line) => line.kind === 'workload' && line['reporter'] === reporter && line['protocol'] === 'tcp')
  return [...new Map(rows.map((row) => [JSON.stringify([row['source'], row['destination'], row['family'], row['type']]), row])).values()]
} // prettier-ignore

describe('kubectl ipv6 clients on a cluster', () => {
  test('counts what one pod asks of another, by its addresses and by those of a Service, alike on both nodes', async () => {
    const services = await words(['get', 'service', 'shop', '-o', 'jsonpath={.spec.clusterIPs[*]}'])
    for (const each of services) await askUntilAnswered(each)
    const flags = ['--interval', '200ms', '--duration', '60s', '-o', 'json', '--connections', '--protocol', 'tcp']
    await using plugin = new Plugin(['clients', 'pod/p1', `pod/${name}`, ...flags], {kubeconfig: cluster.kubeconfig})
    for (const node of ['node1', 'node2']) await plugin.until(new RegExp(`"kind":"start".*"node":"${node}"`))
    const answers: string[] = []
    for (const address of addresses) answers.push(await ask(address, port))
    for (const address of services) answers.push(await ask(address, 80))
    const {stderr} = await plugin.end()
    const {lines} = plugin
    const answered = answers.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    const counted = (rows: readonly JsonLine[]) => ({
      opened: rows.reduce((sum, row) => sum + Number(row['opened']), 0),
      closed: rows.reduce((sum, row) => sum + Number(row['closed']), 0),
      received: rows.reduce((sum, row) => sum + Number(row['bytesReceived']), 0),
      sent: rows.reduce((sum, row) => sum + Number(row['bytesSent']), 0),
    })
    const expected = {opened: 4, closed: 4, received: 4 * requestBytes, sent: answered}
    const [there, here] = [sums(lines, 'destination'), sums(lines, 'source')]
    expect([counted(there), counted(here)], stderr).toEqual([expected, expected])
    const shopEnd = {namespace: 'default', workload: 'Deployment/shop', service: 'shop'}
    const families = there.map(({source, destination, family, type}) => ({source, destination, family, type}))
    expect(families.toSorted((a, b) => String(a.family).localeCompare(String(b.family)))).toMatchObject([
      {source: {namespace: 'default', pod: 'p1'}, destination: {...shopEnd, port}, family: 'inet', type: 'v4_mapped_v6'}, // prettier-ignore
      {source: {namespace: 'default', pod: 'p1'}, destination: {...shopEnd, port}, family: 'inet6', type: 'plain'},
    ])
    // The source's socket is connected to the Service: which pod it came to, only the other end knows.
    expect(here.filter(({destination}) => (destination as {port: number}).port === 80)).toMatchObject([
      {source: {pod: 'p1'}, destination: {namespace: 'default', service: 'shop'}},
      {source: {pod: 'p1'}, destination: {namespace: 'default', service: 'shop'}},
    ])
    expect(here.filter(({destination}) => (destination as {port: number}).port === port)).toMatchObject([
      {source: {pod: 'p1'}, destination: shopEnd, opened: 1, closed: 1},
      {source: {pod: 'p1'}, destination: shopEnd, opened: 1, closed: 1},
    ])
    const clients = lines.filter(({kind, ip}) => kind === 'client' && (ip === pods.p1.v4 || ip === pods.p1.v6))
    expect(clients.length).toBeGreaterThan(1)
    expect(clients[0]).toMatchObject({listener: {address: '::', port, protocol: 'tcp'}, pod: 'p1'})
    expect(lines.at(-1)).toMatchObject({kind: 'summary', node: '*', clean: true, lost: {kernelRing: 0}})
  }, 120_000)

  test('follows a node with the few capabilities of --profile restricted, and shows what a filter on a name leaves', async () => {
    const [address = ''] = addresses
    const holding = cluster.exec('p1', ['sh', '-c', `sleep 1d | nc ${address} ${port}`]).catch(() => undefined)
    const isHeld = async () => (await cluster.exec('p1', ['netstat', '-tn'])).includes(`${address}:${port}`)
    await waitFor('the connection', isHeld, {timeoutMs: 20_000})
    const flags = ['--profile', 'restricted', '--service', 'shop', '--protocol', 'tcp', '--interval', '200ms', '-o', 'json'] // prettier-ignore
    await using plugin = new Plugin(['clients', 'node2', ...flags], {kubeconfig: cluster.kubeconfig})
    await plugin.until(/"existing":1/)
    for (const each of addresses) await ask(each, port)
    await ask(pods.p2.v4, 8080)
    const {stderr} = await plugin.end()
    expect(stderr).toBe('')
    const {lines} = plugin
    const listeners = lines.filter(({kind}) => kind === 'listener')
    expect(new Set(listeners.map((each) => each['port']))).toEqual(new Set([port]))
    expect(listeners.at(-1)).toMatchObject({address: '::', v6only: false, process: 'httpd', pod: name, container: 'c'})
    expect(listeners.at(-1)?.['clients']).toMatchObject([
      {family: 'inet', type: 'v4_mapped_v6', clients: 1, existing: 1, opened: 2, closed: 1, open: 1},
      {family: 'inet6', type: 'plain', clients: 1, existing: 0, opened: 1, closed: 1, open: 0},
    ])
    expect(lines.at(-1)).toMatchObject({kind: 'summary', clean: true})
    await cluster.exec('p1', ['killall', 'sleep'])
    await holding
  }, 120_000)

  test('ends with what it has counted when its pod ends, and says that in one sentence', async () => {
    const flags = ['--interval', '200ms', '-o', 'json']
    await using plugin = new Plugin(['clients', `pod/${name}`, ...flags], {kubeconfig: cluster.kubeconfig})
    await using observe = new Plugin(['observe', `pod/${name}`, ...flags], {kubeconfig: cluster.kubeconfig})
    await Promise.all([plugin, observe].map((each) => each.until(/"kind":"start"/)))
    await ask(addresses[0] ?? '', port)
    await cluster.kubectl(['delete', 'deployment/shop', '--wait=false'])
    const {status, stderr} = await plugin.ended
    expect(stderr).toBe(`node2 pod/default/${name}: The pod has ended: no process is left in its network namespace. This is what was counted until then.\n`) // prettier-ignore
    expect(await observe.ended).toMatchObject({status: 0, stderr})
    expect(observe.lines.at(-1)).toMatchObject({kind: 'summary', clean: true, accounted: true})
    const [counted] = plugin.lines.at(-1)?.['connections'] as {opened: number; existing: number; open: number}[]
    expect((counted?.opened ?? 0) - (counted?.existing ?? 0)).toBe(1)
    expect(plugin.lines.at(-1)).toMatchObject({kind: 'summary', clean: true})
    expect(status).toBe(0)
    expect(await cluster.kubectl(['get', 'pods', '-A', '-l', 'app.kubernetes.io/name=kubectl-ipv6', '-o', 'name'])).toBe('') // prettier-ignore
  }, 120_000)
})
