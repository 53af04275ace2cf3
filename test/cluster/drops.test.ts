import {execFileSync} from 'node:child_process'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {processOf} from '../../src/pod-agent/containers.ts'
import {type JsonLine, Plugin} from '../support/plugin.ts'
import {startCluster, type Cluster, type TestPods} from './lab.ts'

let cluster: Cluster
let pods: TestPods
beforeAll(async () => {
  cluster = await startCluster()
  pods = await cluster.testPods()
})
afterAll(() => cluster[Symbol.asyncDispose]())

const drops = (...args: string[]) => new Plugin(['drops', ...args, '-o', 'json'], {kubeconfig: cluster.kubeconfig})
const linesOf = ({lines}: Plugin): readonly JsonLine[] => lines.filter(({kind}) => kind === 'drop')
/** A SYN: refused, or never answered. */
const knock = (from: 'p1' | 'p2', address: string, port: number): Promise<string> =>
  cluster.exec(from, ['sh', '-c', `nc -w 1 ${address} ${port} </dev/null || true`])

/** A command of this machine in the network namespace of a pod. */
async function inside(pod: string, command: readonly string[]): Promise<void> {
  const path = 'jsonpath={.status.containerStatuses[0].containerID}'
  const id = (await cluster.kubectl(['get', 'pod', pod, '-o', path])).replace(/^containerd:\/\//, '').trim()
  execFileSync('nsenter', [`--net=/proc/${String(processOf([id]))}/ns/net`, ...command], {timeout: 20_000})
}

describe('kubectl ipv6 drops on a cluster', () => {
  test('tells in whose pod a packet was dropped, by what, and between which pods; filters on names choose among them', async () => {
    await inside('p2', ['nft', 'add table ip6 t; add chain ip6 t c { type filter hook input priority 0; }; add rule ip6 t c tcp dport 9997 drop']) // prettier-ignore
    await using all = drops('--all-nodes')
    await using named = drops('node/node2', '--to-pod', 'p2', '--port', '9997')
    await Promise.all([all.until(/("kind":"start"[^]*){2}/), named.until(/"kind":"start"/)])
    await knock('p1', pods.p2.v6, 9999)
    await knock('p1', pods.p2.v6, 9997)
    await Promise.all([all.until(/"NETFILTER_DROP"/), named.until(/"NETFILTER_DROP"/)])
    await inside('p2', ['nft', 'delete table ip6 t'])
    expect([(await all.end()).status, (await named.end()).status]).toEqual([0, 0])
    const here = {
      namespace: 'default', pod: 'p2', interface: 'eth0', direction: 'ingress', protocol: 'TCP', benign: false,
      source: pods.p1.v6, from: {namespace: 'default', pod: 'p1'}, destination: pods.p2.v6, to: {pod: 'p2'},
    } // prettier-ignore
    // Whatever else this kernel drops, for other tests too, is told as well: both nodes are its own.
    const of = (reason: string): JsonLine | undefined =>
      linesOf(all).find((line) => line['reason'] === reason && line['destination'] === pods.p2.v6)
    expect(of('NO_SOCKET')).toMatchObject({...here, symbol: 'tcp_v6_rcv', layer: 'socket'})
    expect(of('NETFILTER_DROP')).toMatchObject({...here, layer: 'netfilter'})
    expect(new Set(linesOf(named).map(({reason}) => reason))).toEqual(new Set(['NETFILTER_DROP']))
    expect(all.lines.at(-1)).toMatchObject({kind: 'summary', node: '*', clean: true, lost: {kernelRing: 0}})
    expect(all.stderr).toContain('It runs on the same kernel as node')
    const [one, other, both] = all.lines.slice(-3).map(({drops: sums}) => (sums as {readonly total: number}).total) // the contract's summary
    expect([one, other]).toContain(both)
  })

  test("tells in pod/p1 only what that pod's own network drops", async () => {
    await using plugin = drops('pod/p1')
    await plugin.until(/"kind":"start"/)
    await knock('p1', pods.p2.v6, 9999)
    await knock('p2', pods.p1.v6, 9998)
    await plugin.until(/"reason":"NO_SOCKET"/)
    expect((await plugin.end()).status).toBe(0)
    const closed = linesOf(plugin).filter(({reason}) => reason === 'NO_SOCKET')
    expect(closed.map(({destination, pod}) => [destination, pod])).toEqual([[pods.p1.v6, 'p1']])
    expect(new Set(linesOf(plugin).map((line) => line['networkNamespace'])).size).toBe(1)
  })
})
