import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'
import {startCluster, type Cluster, type TestPods} from './lab.ts'

interface End {
  readonly ip: string
  readonly namespace?: string
  readonly pod?: string
  readonly node?: string
  readonly service?: string
}
interface Flow extends JsonLine {
  readonly source: End
  readonly destination: End
  readonly protocol: string
  readonly icmp?: {readonly type: number; readonly name: string}
  readonly interface: string
  readonly packets: number
}
interface Count {
  readonly packets: number
  readonly bytes: number
}
interface Summary extends JsonLine {
  readonly seen: Count
  readonly filtered: Count
  readonly inFlows: Count
  readonly overflow: Count
  readonly undecodable: Count
  readonly clean: boolean
}

let cluster: Cluster
let pods: TestPods
beforeAll(async () => {
  cluster = await startCluster()
  pods = await cluster.testPods()
})
afterAll(() => cluster[Symbol.asyncDispose]())

const flowsOf = (lines: readonly JsonLine[]) => lines.filter(({kind}) => kind === 'flow') as unknown as Flow[]
const summaries = (lines: readonly JsonLine[]) => lines.filter(({kind}) => kind === 'summary') as unknown as Summary[]
const ping = (count = 5) => cluster.exec('p1', ['ping', '-6', '-q', '-c', String(count), '-i', '0.2', pods.p2.v6])
const observe = (...args: string[]) => new Plugin(['observe', ...args, '-o', 'json'], {kubeconfig: cluster.kubeconfig})
const ourPods = () => cluster.kubectl(['get', 'pods', '-A', '-l', 'app.kubernetes.io/name=kubectl-ipv6', '-o', 'name'])

describe('kubectl ipv6 observe on a cluster', () => {
  test("shows a ping between pods of two nodes under both pods' names, on both nodes", async () => {
    await using plugin = observe('node1', 'node/node2')
    await plugin.until(/"kind":"start".*\n(.*\n)*.*"kind":"start"/)
    await ping()
    const {status, stderr} = await plugin.end()
    expect(stderr).not.toContain('error')
    expect(status).toBe(0)
    const requests = flowsOf(plugin.lines).filter(({icmp, source}) => icmp?.type === 128 && source.ip === pods.p1.v6)
    expect(new Set(requests.map(({node}) => node))).toEqual(new Set(['node1', 'node2']))
    for (const {source, destination} of requests) {
      expect(source).toMatchObject({ip: pods.p1.v6, namespace: 'default', pod: 'p1'})
      expect(destination).toMatchObject({ip: pods.p2.v6, namespace: 'default', pod: 'p2'})
    }
    expect(summaries(plugin.lines).map(({node}) => node).sort()).toEqual(['*', 'node1', 'node2']) // prettier-ignore
    expect(await ourPods()).toBe('')
  })

  test('accounts for every packet on each node, and finds the nodes clean', async () => {
    await using plugin = observe('--all-nodes', '--duration', '3s')
    await plugin.until(/"kind":"start".*\n(.*\n)*.*"kind":"start"/)
    await ping()
    expect((await plugin.ended).status).toBe(0)
    for (const summary of summaries(plugin.lines)) {
      for (const unit of ['packets', 'bytes'] as const) {
        const {seen, filtered, inFlows, overflow, undecodable} = summary
        expect(seen[unit]).toBe(filtered[unit] + inFlows[unit] + overflow[unit] + undecodable[unit])
      }
      expect(summary.clean).toBe(true)
    }
    expect(summaries(plugin.lines).every(({seen}) => seen.packets > 0)).toBe(true)
  })

  test("sees in pod/p1 only what crosses that pod's own network", async () => {
    await using plugin = observe('pod/p1', '-n', 'default')
    await plugin.until(/"kind":"start"/)
    await ping()
    await cluster.exec('p2', ['ping', '-6', '-q', '-c', '3', '-i', '0.2', 'fd89::12'])
    expect((await plugin.end()).status).toBe(0)
    const flows = flowsOf(plugin.lines)
    expect(flows.some(({icmp}) => icmp?.type === 128)).toBe(true)
    expect(new Set(flows.map((flow) => flow.interface))).toEqual(new Set(['eth0']))
    const strangers = flows.filter(({source, destination}) => source.ip === 'fd89::12' || destination.ip === 'fd89::12')
    expect(strangers).toEqual([])
  })

  test('works with BPF, NET_ADMIN and PERFMON alone', async () => {
    await using plugin = observe('node1', '--profile', 'restricted', '--duration', '2s')
    await plugin.until(/"kind":"start"/)
    await ping(3)
    const {status} = await plugin.ended
    expect(status).toBe(0)
    expect(flowsOf(plugin.lines).some(({source}) => source.pod === 'p1')).toBe(true)
  })

  test('filters by the name of a pod', async () => {
    await using plugin = observe('node1', '--pod', 'default/p1', '--icmp-type', 'echo-request', '--duration', '3s')
    await plugin.until(/"kind":"start"/)
    await ping()
    await plugin.ended
    const flows = flowsOf(plugin.lines)
    expect(flows.length).toBeGreaterThan(0)
    expect(
      flows.every(({source, destination, icmp}) => icmp?.type === 128 && [source.pod, destination.pod].includes('p1')),
    ).toBe(true)
  })
})
