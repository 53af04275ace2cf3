import {spawn} from 'node:child_process'
import {connect} from '../src/cluster/connection.ts'
import {PodStream} from '../src/cluster/pod-stream.ts'
import {startCluster, type Cluster} from '../test/cluster/lab.ts'
import {firstLine, interrupt, median, plugin} from './lab.ts'
import type {BenchRow} from './row.ts'

const megabytes = 400
const flowLineBytes = 64

/** What needs a cluster: the first row from a node that has the image, and bulk through the API server, the kubelet and containerd. */
export async function measureStream(): Promise<readonly BenchRow[]> {
  await using cluster = await startCluster()
  await cluster.testPods()
  const seconds: number[] = []
  for (let round = 0; round < 6; round++) seconds.push(await firstRow(cluster))
  const rate = await bulk(cluster)
  return [
    {
      name: 'first row, node that has the image',
      value: median(seconds.slice(1)),
      unit: 's',
      target: {atMost: 2},
      note: 'median of five, after one that warms the caches; from the start of the command to the first flow line',
    },
    {
      name: 'agent → plugin through a port-forward',
      value: rate,
      unit: 'MB/s',
      note: `${((rate * 1e6) / flowLineBytes / 1e6).toFixed(1)} M flow lines a second; API server, kubelet, containerd and both ends on the same two cores`,
    },
  ]
}

async function firstRow(cluster: Cluster): Promise<number> {
  const start = performance.now()
  const observe = spawn(plugin, ['observe', 'node1', '-o', 'json', '--kubeconfig', cluster.kubeconfig], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ping = cluster.exec('p1', ['ping', '-6', '-q', '-i', '0.05', '-c', '60', 'fd89::11']) // busybox takes fractions
  await firstLine(observe, {matching: /"kind":"flow"/, withinMs: 20_000})
  const elapsed = (performance.now() - start) / 1000
  await interrupt(observe)
  await ping
  return elapsed
}

async function bulk(cluster: Cluster): Promise<number> {
  const container = {
    name: 'bulk',
    image: 'localhost/busybox:1',
    imagePullPolicy: 'IfNotPresent',
    command: ['nc', '-lk', '-p', '9000', '-e', 'dd', 'if=/dev/zero', 'bs=64k', `count=${megabytes * 16}`],
  }
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {name: 'bench-bulk', namespace: 'default'},
    spec: {nodeName: 'node2', terminationGracePeriodSeconds: 0, containers: [container]},
  })
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/bench-bulk', '--timeout=25s'])
  const stream = await PodStream.open(connect({kubeconfig: cluster.kubeconfig}), {
    namespace: 'default',
    pod: 'bench-bulk',
    port: 9000,
  })
  const start = performance.now()
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) bytes += chunk.byteLength
  const elapsed = (performance.now() - start) / 1000
  await cluster.kubectl(['delete', 'pod', 'bench-bulk', '--wait=false'])
  if (bytes < megabytes << 20) throw new Error(`only ${bytes} bytes of ${megabytes} MB came through`)
  return bytes / 1e6 / elapsed
}
