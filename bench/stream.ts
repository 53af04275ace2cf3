import {spawn} from 'node:child_process'
import {connect} from '../src/cluster/connection.ts'
import {launch} from '../test/cluster/launching.ts'
import {startCluster, type Cluster} from '../test/cluster/lab.ts'
import {standInImage} from '../test/cluster/stand-in.ts'
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
      name: "bytes through a port-forward, from the tests' stand-in",
      value: rate,
      unit: 'MB/s',
      note: `${((rate * 1e6) / flowLineBytes / 1e6).toFixed(1)} M lines of 64 bytes a second; API server, kubelet, containerd and both ends on the same two cores`,
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

/** The tests' stand-in agent sends as many bytes as it is asked for; everything between is what a real agent has. */
async function bulk(cluster: Cluster): Promise<number> {
  await cluster.loadImage(standInImage())
  await using agent = await launch(connect({kubeconfig: cluster.kubeconfig}))
  const stream = await agent.open()
  const start = performance.now()
  stream.write(`bulk ${megabytes}`)
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) bytes += chunk.byteLength
  const elapsed = (performance.now() - start) / 1000
  if (bytes !== megabytes << 20) throw new Error(`${bytes} bytes of ${megabytes} MiB came through`)
  return bytes / 1e6 / elapsed
}
