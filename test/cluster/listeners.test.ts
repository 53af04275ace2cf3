import {afterAll, beforeAll, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'
import {prepareServers, RunningServers, toldOf, wantedOf} from '../support/servers.ts'
import {startCluster, type Cluster} from './lab.ts'

const namespace = `listeners-${process.pid}`
const prepared = prepareServers()
const {servers, folder} = prepared

/** Each server in a container of one pod, from this machine's own file system; the kubelet asks each whether it listens. */
const serverPod = podOf(
  'servers',
  servers.map(({name, line, last}) => ({
    name: name.toLowerCase(),
    command: ['chroot', '/host', 'sh', '-c', `PATH=${process.env['PATH'] ?? ''}; cd ${folder} && sleep 1d | (${line})`],
    ports: [{name: name.toLowerCase(), containerPort: last}],
    readinessProbe: {tcpSocket: {port: name.toLowerCase()}, periodSeconds: 1, failureThreshold: 60},
    volumeMounts: [{name: 'host', mountPath: '/host'}],
  })),
  {volumes: [{name: 'host', hostPath: {path: '/'}}]},
)
const serverPorts = servers.map(({name, last}) => ({name: name.toLowerCase(), port: last - 9000, targetPort: name.toLowerCase()})) // prettier-ignore

const httpd = (address: string) => ['httpd', '-f', '-p', address, '-h', '/tmp']
/** What each rule is about. */
const faultyPod = podOf('faulty', [
  {name: 'ipv4', command: httpd('0.0.0.0:8080'), ports: [{containerPort: 8080}]},
  {name: 'loopback', command: httpd('127.0.0.1:8081')},
  {name: 'unheard', command: httpd('[::]:8082'), livenessProbe: {tcpSocket: {port: 9999}, initialDelaySeconds: 3600}},
])
const faultyPorts = [{name: 'ipv4', port: 80, targetPort: 8080}, {name: 'loopback', port: 81, targetPort: 8081}] // prettier-ignore
const switchOff = 'sysctl -w net.ipv6.conf.eth0.disable_ipv6=1; exec httpd -f -p [::]:8080 -h /tmp'
const disabledPod = podOf('disabled', [{name: 'main', command: ['sh', '-c', switchOff], securityContext: {privileged: true}}]) // prettier-ignore

let cluster: Cluster
let onNode: RunningServers
let lines: readonly JsonLine[] = []
let text = ''

beforeAll(async () => {
  cluster = await startCluster()
  onNode = new RunningServers(servers, {enter: ['nsenter', '--net=/run/netns/node1'], folder})
  const account = ['-n', namespace, 'get', 'serviceaccount', 'default']
  await cluster.apply({apiVersion: 'v1', kind: 'Namespace', metadata: {name: namespace}})
  while ((await cluster.kubectl([...account, '--ignore-not-found', '-o', 'name'])) === '') await new Promise((resolve) => setTimeout(resolve, 200)) // prettier-ignore
  await cluster.apply(
    serverPod,
    serviceOf('servers', serverPorts),
    faultyPod,
    serviceOf('faulty', faultyPorts),
    disabledPod,
  )
  await cluster.kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'pod', '--all', '--timeout=150s'], {timeoutMs: 160_000}) // prettier-ignore
  await cluster.apply(...byHand(await podIps('servers')))
  await onNode.waiting(servers)
  lines = await listed()
  await using told = new Plugin(['listeners', 'pod/faulty', '-n', namespace], {kubeconfig: cluster.kubeconfig})
  text = (await told.ended).stdout
  expect(text).not.toContain('kubectl-ipv6')
}, 240_000)
afterAll(async () => {
  await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false'])
  await cluster.kubectl(['-n', namespace, 'delete', 'pod', '--all', '--force', '--grace-period=0'])
  await onNode[Symbol.asyncDispose]()
  prepared[Symbol.dispose]()
  await cluster[Symbol.asyncDispose]()
})

async function listed(): Promise<readonly JsonLine[]> {
  await using plugin = new Plugin(['listeners', 'node1', '-o', 'json'], {kubeconfig: cluster.kubeconfig})
  const {status, stderr} = await plugin.ended
  if (status !== 1) throw new Error(`ended with ${String(status)}: ${stderr}`)
  return plugin.lines
}

const ofPod = (name: string) => lines.filter(({namespace: own, pod}) => own === namespace && pod === name)
const findings = (pod: string) =>
  lines
    .filter(({kind, detail}) => kind === 'finding' && new RegExp(`pod/[^/ ]+/${pod}`).test(String(detail)))
    .map(({rule, severity}) => `${String(rule)} ${String(severity)}`)
    .toSorted()

test.each(servers)('a server in $name: its sockets by pod, container port, Service and probe', (server) => {
  const name = server.name.toLowerCase()
  expect(toldOf(server, ofPod('servers'))).toEqual(wantedOf(server))
  expect(ofPod('servers').find(({port}) => port === server.last)).toMatchObject({
    process: server.process,
    container: name,
    containerPorts: [{container: name, name, port: server.last}],
    services: [{service: 'servers', port: server.last - 9000, families: [4, 6]}],
    probes: [{container: name, kind: 'readiness'}],
  })
})

test('a Service without a selector is told of the socket that its slice names by address', () => {
  const own = ofPod('servers').find(({port, address}) => port === 9802 && address === '::')
  expect(own?.['services']).toEqual([{service: 'by-hand', port: 80, families: [6]}])
})

test.each(servers)("a server in $name in the node's own namespace is told as the node's", (server) => {
  const own = lines.filter(({pod, port}) => pod === undefined && server.sockets.some(([, , wanted]) => wanted === port))
  expect(toldOf(server, own)).toEqual(wantedOf(server))
  expect(own.filter(({kind}) => kind === 'listener').map(({process: name}) => name)).toEqual(server.sockets.map(() => server.process)) // prettier-ignore
})

test.each([
  ['servers', ['bind/dual-stack-wildcard info', 'bind/v4-only warning', 'bind/v6-only warning']],
  [
    'faulty',
    ['bind/loopback-only error', 'bind/probe-family error', 'bind/service-family error', 'bind/v4-only error'],
  ],
  ['disabled', ['bind/address-state error', 'bind/ipv6-disabled error']],
])('what is wrong in the pod %s', (pod, wanted) => expect([...new Set(findings(pod))]).toEqual(wanted))

test('a table for one pod has the columns that its sockets fill', () => {
  expect(text).toMatch(new RegExp(`^pod/${namespace}/faulty  network namespace \\d+, bindv6only=0\n`))
  expect(text).toMatch(/PROTOCOL +ADDRESS +V6ONLY +ACCEPTS +PID +PROCESS +POD +CONTAINER +PORT +SERVICE\n/)
  const row = text.split('\n').find((line) => line.includes('0.0.0.0:8080')) ?? ''
  expect(
    row
      .trim()
      .split(/ {2,}/)
      .filter((cell) => !/^\d+$/.test(cell)),
  ).toEqual(['tcp', '0.0.0.0:8080', '-', 'IPv4 only', 'httpd', `${namespace}/faulty`, 'ipv4', 'faulty:80'])
})

function podOf(name: string, containers: readonly object[], spec: object = {}): object {
  const complete = containers.map((each) => ({image: 'localhost/busybox:1', imagePullPolicy: 'Never', ...each}))
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name, namespace, labels: {app: name}},
    spec: {nodeName: 'node1', terminationGracePeriodSeconds: 0, containers: complete, ...spec},
  }
}

function serviceOf(name: string, ports: readonly object[]): object {
  const dual = {ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6']}
  return {apiVersion: 'v1', kind: 'Service', metadata: {name, namespace}, spec: {selector: {app: name}, ...dual, ports}}
}

async function podIps(name: string): Promise<readonly string[]> {
  return (await cluster.kubectl(['-n', namespace, 'get', 'pod', name, '-o', 'jsonpath={.status.podIPs[*].ip}'])).split(' ') // prettier-ignore
}

/** A Service whose endpoints are written by hand: the pod's IPv6 address, without a word of the pod. */
function byHand(ips: readonly string[]): readonly object[] {
  const labels = {'kubernetes.io/service-name': 'by-hand'}
  const slice = {addressType: 'IPv6', ports: [{name: 'web', port: 9802, protocol: 'TCP'}]}
  return [
    {apiVersion: 'v1', kind: 'Service', metadata: {name: 'by-hand', namespace}, spec: {ipFamilies: ['IPv6'], ports: [{name: 'web', port: 80}]}},
    {apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: {name: 'by-hand', namespace, labels}, ...slice, endpoints: [{addresses: ips.filter((ip) => ip.includes(':'))}]},
  ] // prettier-ignore
}
