import {setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'
import {describe, expect, test} from 'vitest'
import {NameTable} from '../../src/cluster/name-table.ts'
import type {Pod} from '../../src/cluster/objects.ts'
import {workloadOf} from '../../src/cluster/workload.ts'

const aPod = (
  name: string,
  ip: string,
  more: {status?: Pod['status']; spec?: Pod['spec']; labels?: object} = {},
): Pod => ({
  metadata: {name, namespace: 'shop', uid: `uid-${name}`, labels: {app: 'web', ...more.labels}},
  spec: {nodeName: 'node1', ...more.spec},
  status: {phase: 'Running', podIPs: [{ip}], ...more.status},
})

/** A table and its clock. */
function aTable(): {table: NameTable; wait: (ms: number) => void} {
  let now = 0
  return {table: new NameTable(() => now), wait: (ms) => (now += ms)}
}

function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void // only a fresh context has it
  collect()
  return process.memoryUsage().heapUsed
}

describe('a name table', () => {
  test('names a pod by any spelling of its address', () => {
    const {table} = aTable()
    table.setPod(aPod('web-0', 'FD44:0:0:1:0::7'))
    expect(table.lookup('fd44:0:0:1::7')).toEqual({
      namespace: 'shop',
      pod: 'web-0',
      node: 'node1',
      labels: {app: 'web'},
    })
    expect(table.lookup('fd44:0:0:1::8')).toBeUndefined()
  })

  test('keeps a deleted pod’s name for a minute', () => {
    const {table, wait} = aTable()
    table.setPod(aPod('web-0', '10.0.0.1'))
    table.removePod('uid-web-0')
    wait(59_000)
    expect(table.lookup('10.0.0.1')?.pod).toBe('web-0')
    wait(2000)
    expect(table.lookup('10.0.0.1')).toBeUndefined()
  })

  test('gives a reused address to the new pod, whatever is heard of the old one later', () => {
    const {table, wait} = aTable()
    table.setPod(aPod('old', '10.0.0.1'))
    table.setPod(aPod('old', '10.0.0.1', {status: {phase: 'Succeeded', podIPs: [{ip: '10.0.0.1'}]}}))
    table.setPod(aPod('new', '10.0.0.1'))
    table.removePod('uid-old')
    wait(120_000)
    expect(table.lookup('10.0.0.1')?.pod).toBe('new')
  })

  test('gives a host-network pod’s address to its node', () => {
    const {table} = aTable()
    table.setPod(aPod('proxy', '10.89.0.11', {spec: {nodeName: 'node1', hostNetwork: true}}))
    table.setNode({
      metadata: {uid: 'n1', name: 'node1'},
      spec: {podCIDRs: ['10.244.1.0/24', 'fd44:0:0:1::/64']},
      status: {
        addresses: [
          {type: 'InternalIP', address: '10.89.0.11'},
          {type: 'Hostname', address: 'node1'},
        ],
      },
    })
    expect(table.lookup('10.89.0.11')).toEqual({node: 'node1'})
    expect(table.lookup('fd44:0:0:1::1')).toEqual({node: 'node1'})
    expect(table.lookup('fd44:0:0:2::1')).toBeUndefined()
    table.removeNode('n1')
    expect(table.lookup('fd44:0:0:1::1')).toBeUndefined()
  })

  test('names a Service by each of its addresses, and on the pods that it selects', () => {
    const {table} = aTable()
    table.setService({
      metadata: {uid: 's', namespace: 'shop', name: 'web'},
      spec: {clusterIPs: ['10.96.0.7', 'fd96::7'], externalIPs: ['192.0.2.1'], selector: {app: 'web'}},
      status: {loadBalancer: {ingress: [{ip: '2001:db8::1'}]}},
    })
    table.setService({metadata: {uid: 'h', namespace: 'shop', name: 'headless'}, spec: {clusterIPs: ['None']}})
    for (const ip of ['10.96.0.7', 'fd96::7', '192.0.2.1', '2001:db8::1'])
      expect(table.lookup(ip)).toEqual({namespace: 'shop', service: 'web'})
    table.setPod(aPod('web-0', '10.0.0.1'))
    expect(table.lookup('10.0.0.1')?.service).toBe('web')
    table.setPod(aPod('db-0', '10.0.0.2', {labels: {app: 'db'}}))
    expect(table.lookup('10.0.0.2')?.service).toBeUndefined()
    table.removeService('s')
    expect(table.lookup('10.0.0.1')?.service).toBeUndefined()
  })

  test('says which objects a fresh list no longer has', () => {
    const {table} = aTable()
    table.setPod(aPod('a', '10.0.0.1'))
    table.setPod(aPod('b', '10.0.0.2'))
    expect(table.absent('pods', new Set(['uid-b']))).toEqual(['uid-a'])
  })

  test('stays small while pods come and go with ever new addresses', () => {
    const {table, wait} = aTable()
    const before = usedHeap()
    for (let i = 0; i < 200_000; i++) {
      table.setPod(aPod(`job-${i}`, `fd44::${(i >> 16).toString(16)}:${(i & 0xffff).toString(16)}`))
      table.removePod(`uid-job-${i}`)
      wait(100)
    }
    expect(usedHeap() - before).toBeLessThan(4 << 20)
    expect(table.lookup('fd44::3:d3f')?.pod).toBe('job-199999')
  })
})

describe('the workload of a pod', () => {
  const owned = (kind: string, name: string, more: object = {}) =>
    workloadOf({ownerReferences: [{kind, name, controller: true}], ...more})

  test.each([
    {by: owned('ReplicaSet', 'web-5d4f8', {labels: {'pod-template-hash': '5d4f8'}}), is: 'Deployment/web'},
    {by: owned('ReplicaSet', 'bare'), is: 'ReplicaSet/bare'},
    {by: owned('StatefulSet', 'db'), is: 'StatefulSet/db'},
    {by: owned('DaemonSet', 'agent'), is: 'DaemonSet/agent'},
    {by: owned('Job', 'backup-29393640', {creationTimestamp: '2025-11-20T10:00:05Z'}), is: 'CronJob/backup'},
    {by: owned('Job', 'import-20251120', {creationTimestamp: '2025-11-20T10:00:05Z'}), is: 'Job/import-20251120'},
    {by: owned('Node', 'node1'), is: undefined},
    {by: workloadOf({}), is: undefined},
  ])('is $is', ({by, is}) => {
    expect(by).toBe(is)
  })
})
