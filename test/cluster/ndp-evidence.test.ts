import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {run} from '../../tools/cluster/processes.ts'
import {type JsonLine, Plugin} from '../support/plugin.ts'
import {type Cluster, startCluster, type TestPods} from './lab.ts'

let cluster: Cluster
let pods: TestPods
beforeAll(async () => {
  cluster = await startCluster()
  pods = await cluster.testPods()
})
afterAll(async () => {
  // What it advertised came back to it through its bridge: it now looks for p2 on its own link.
  await cluster.kubectl(['delete', 'pod', 'p1', '--now'])
  await cluster[Symbol.asyncDispose]()
})

const ndp = (...args: string[]) =>
  new Plugin(['ndp', ...args, '-o', 'json', '--duration', '60s'], {kubeconfig: cluster.kubeconfig})
const patienceMs = 50_000
const ofKind = (lines: readonly JsonLine[], kind: string) => lines.filter((line) => line.kind === kind)
const bothStarted = /"kind":"start".*\n(.*\n)*.*"kind":"start"/
const ourPods = () => cluster.kubectl(['get', 'pods', '-A', '-l', 'app.kubernetes.io/name=kubectl-ipv6', '-o', 'name'])
/** Asks for its gateway, which is the node. */
const asking = 'ip -6 neigh flush dev eth0; ping -6 -c 1 -W 5 $(ip -6 route show default | cut -d" " -f3)'

/** RFC 4861 §4.2, with a prefix to autoconfigure from. */
const advertising = `
import socket, struct, sys
body = struct.pack('!BBHBBHII', 134, 0, 0, 64, 0, 1800, 0, 0)
body += struct.pack('!BBBBIII', 3, 4, 64, 0xc0, 3600, 1800, 0) + socket.inet_pton(socket.AF_INET6, sys.argv[1])
out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
out.sendto(body, ('ff02::1', 0, 0, socket.if_nametoindex('eth0')))
`

const entering = `
ip=$1; shift
for each in $(pgrep -f '^httpd -f -p'); do
  nsenter --net=/proc/$each/ns/net ip -6 -o address show | grep -q " $ip/" && exec nsenter --net=/proc/$each/ns/net "$@"
done
echo "no network has $ip" >&2; exit 1`
/** In the network of the pod that has this address, with the programs of this machine. */
const within = (ip: string, ...command: string[]) => run(['sh', '-c', entering, 'sh', ip, ...command])
/** Addresses on the nodes' own link, as a load balancer's pool has them; kube-proxy takes what comes for them, but announces nothing. */
const [external, balanced] = ['fd89::e0', 'fd89::b0']
const announcedByNobody = [
  {name: 'away', spec: {externalIPs: [external]}},
  {name: 'balanced', spec: {type: 'LoadBalancer'}},
].map(({name, spec}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: {name, namespace: 'default'},
  spec: {...spec, selector: {app: 'p'}, ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'], ports: [{port: 80, targetPort: 8080}]},
})) // prettier-ignore
const announce = async () => {
  await cluster.apply(...announcedByNobody)
  const status = JSON.stringify({status: {loadBalancer: {ingress: [{ip: balanced}]}}})
  await cluster.kubectl(['patch', 'service', 'balanced', '--subresource=status', '--type=merge', '-p', status])
}
/** Somebody beside the nodes, on their link. */
const askFor = (ip: string) => run(['ping', '-6', '-c', '1', '-W', '4', ip]).catch(() => undefined)
const resolve = () => within(pods.p1.v6, 'sh', '-ec', asking)

describe('kubectl ipv6 ndp on a cluster', () => {
  test('tells on each node who asks for whom, under their names, and ends clean', async () => {
    await using plugin = ndp('--all-nodes')
    await plugin.until(bothStarted, patienceMs)
    await resolve()
    await plugin.until(/"kind":"resolution"/, patienceMs)
    const {status, stderr} = await plugin.end()
    expect([0, 1]).toContain(status)
    expect(stderr).not.toContain('error:')
    const nodes = (kind: string) => ofKind(plugin.lines, kind).map(({node}) => node).sort() // prettier-ignore
    expect(nodes('start')).toEqual(['node1', 'node2'])
    expect(nodes('summary')).toEqual(['*', 'node1', 'node2'])
    for (const summary of ofKind(plugin.lines, 'summary')) expect(summary).toMatchObject({accounted: true, clean: true})
    expect(ofKind(plugin.lines, 'resolution').map(({node}) => node)).toContain('node1')
    expect(await ourPods()).toBe('')
  })

  test("a pod's router advertisement is critical, with the pod's name, and so is its prefix; one that the node ignores names the setting", async () => {
    await using plugin = ndp('node1')
    await plugin.until(/"kind":"start"/, patienceMs)
    await within(pods.p1.v6, '/usr/bin/python3', '-c', advertising, pods.p2.v6.replace(/[^:]+$/, ''))
    await plugin.until(/"ndp\/ra-from-pod"/, patienceMs)
    await plugin.until(/"ndp\/ra-prefix-cluster"/, patienceMs)
    await cluster.onNode('node2', ['/usr/bin/python3', '-c', advertising, '2001:db8:77::'])
    await plugin.until(/"ndp\/ra-ignored"/, patienceMs)
    expect((await plugin.end()).status).toBe(1)
    const said = (rule: string) => ofKind(plugin.lines, 'finding').filter((line) => line['rule'] === rule)
    expect(said('ndp/ra-from-pod')[0]).toMatchObject({severity: 'critical', detail: expect.stringContaining('default/p1') as string}) // prettier-ignore
    expect(said('ndp/ra-prefix-cluster')[0]).toMatchObject({severity: 'critical'})
    const [ignored] = said('ndp/ra-ignored').filter((line) => line['interface'] === 'eth0')
    expect(ignored?.['evidence']).toContain('net.ipv6.conf.eth0.forwarding = 1')
  })

  test("sees in pod/p1 only that pod's own network", async () => {
    await using plugin = ndp('pod/p1', '-n', 'default')
    await plugin.until(/"kind":"start"/, patienceMs)
    await resolve()
    await plugin.until(/"kind":"resolution"/, patienceMs)
    await plugin.end()
    const interfaces = ofKind(plugin.lines, 'ndp').map((line) => line['interface'])
    expect(new Set(interfaces)).toEqual(new Set(['eth0']))
  })

  test('a Service address that no node answers for is named with its Service, be it external or a load balancer has given it', async () => {
    await announce()
    await using plugin = ndp('node1')
    await plugin.until(/"kind":"start"/, patienceMs)
    await Promise.all([askFor(external), askFor(balanced)])
    for (const ip of [external, balanced])
      await plugin.until(new RegExp(`"ndp/ns-unanswered".*${ip} is announced`), patienceMs)
    await plugin.end()
    const unanswered = ofKind(plugin.lines, 'finding').filter((line) => line['rule'] === 'ndp/ns-unanswered')
    const said = (name: string) => unanswered.find(({detail}) => String(detail).includes(`(service default/${name})`))
    expect(said('away')).toMatchObject({severity: 'error', interface: 'eth0', detail: `${external} (service default/away) did not answer fd89::1 on eth0: 3 solicitations`}) // prettier-ignore
    expect(said('balanced')?.['evidence']).toContain(`${balanced} is announced for a Service; no node answered for it`)
    await cluster.kubectl(['delete', 'service', 'away', 'balanced', '--wait=false'])
  })
})
