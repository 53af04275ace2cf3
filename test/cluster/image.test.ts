import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {connect} from 'node:net'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import type {Duplex} from 'node:stream'
import {setTimeout as delay} from 'node:timers/promises'
import {beforeAll, describe, expect, test} from 'vitest'
import {everything, type AgentSettings, noFeeds} from '../../src/protocol/settings.ts'
import {createIdentity, type Identity} from '../../src/session/identity.ts'
import type {SourceEvent} from '../../src/session/source.ts'
import {watchAgent} from '../../src/session/watch-agent.ts'
import {startCluster, whyNoCluster, type Cluster, type TestPods} from './lab.ts'

const root = join(import.meta.dirname, '../..')
const archive = join(root, 'build/pod-agent.tar')
// The cast: the manifest of this package, which npm itself cannot do without a version.
const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {version: string}
const image = `ghcr.io/kubectl-ipv6/pod-agent:${version}`
const port = 19_091
const why = whyNoCluster() ?? (existsSync(archive) ? undefined : 'no build/pod-agent.tar: run npm run image')
if (why !== undefined) process.stderr.write(`skipped: ${why}\n`)

describe.skipIf(why !== undefined)('the agent’s image', {timeout: 60_000}, () => {
  let cluster: Cluster
  let pods: TestPods

  beforeAll(async () => {
    cluster = await startCluster()
    await cluster.loadImage(archive)
    pods = await cluster.testPods()
  }, 120_000)

  test('with a read-only root and three capabilities it attaches, counts and detaches within 90 MB', async () => {
    const identity = createIdentity()
    await cluster.apply(restrictedPod(settingsOf(identity)))
    try {
      await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/image-test', '--timeout=20s'])
      await using tunnel = tunnelsTo(cluster)
      const stop = new AbortController()
      const door = {node: 'node2', open: () => tunnel.connect(), ended: new Promise<Error>(() => undefined)}
      const watching = gather(watchAgent(door, {identity, silenceMs: 15_000, stop: stop.signal}))
      await cluster.exec('p1', ['ping', '-6', '-c', '3', '-i', '1', pods.p2.v6])
      const resident = residentBytes(identity.run)
      stop.abort()
      const {events, stopped} = await watching
      expect(events.some((event) => event.type === 'drain' && event.drain.flows.length > 0)).toBe(true)
      expect(stopped.clean).toBe(true)
      expect(resident).toBeGreaterThan(30e6)
      expect(resident).toBeLessThanOrEqual(90e6)
    } finally {
      await cluster.kubectl(['delete', 'pod', 'image-test', '--ignore-not-found', '--now'])
    }
  })
})

const settingsOf = ({run, publicKey}: Identity): AgentSettings => ({
  run,
  publicKey,
  port,
  hook: 'auto',
  interfaces: [],
  flows: 16_384,
  intervalMs: 500,
  silenceMs: 15_000,
  maxDurationMs: 60_000,
  filter: everything,
  feeds: noFeeds,
})

const restrictedPod = (settings: AgentSettings) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {name: 'image-test', namespace: 'default'},
  spec: {
    nodeName: 'node2',
    hostNetwork: true,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'agent',
        image,
        imagePullPolicy: 'Never',
        args: [JSON.stringify(settings)],
        securityContext: {
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          seccompProfile: {type: 'RuntimeDefault'},
          capabilities: {drop: ['ALL'], add: ['BPF', 'NET_ADMIN', 'PERFMON']},
        },
      },
    ],
  },
})

interface Tunnel extends AsyncDisposable {
  connect(): Promise<Duplex>
}

/**
 * kubectl's own port-forward: here the image is tried, not our tunnel. It ends after one connection that the pod
 * refuses, as it does until the agent listens: so every attempt has one of its own.
 */
function tunnelsTo(cluster: Cluster): Tunnel {
  const forwards = new AsyncDisposableStack()
  return {
    connect: async () => connectTo(forwards.use(await forwardPort(cluster)).local),
    [Symbol.asyncDispose]: () => forwards.disposeAsync(),
  }
}

async function connectTo(port: number): Promise<Duplex> {
  const socket = connect({host: '127.0.0.1', port})
  await once(socket, 'connect')
  return socket
}

async function forwardPort(cluster: Cluster) {
  const child = spawn('kubectl', [`--kubeconfig=${cluster.kubeconfig}`, 'port-forward', 'pod/image-test', `:${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await new Promise<string>((resolve) => createInterface({input: child.stdout}).once('line', resolve))
  return {
    local: Number(/:(\d+) ->/.exec(line)?.[1]),
    [Symbol.asyncDispose]: async () => {
      child.kill()
      while (child.exitCode === null && child.signalCode === null) await delay(20)
    },
  }
}

async function gather<Result>(source: AsyncGenerator<SourceEvent, Result>) {
  const events: SourceEvent[] = []
  for (;;) {
    const next = await source.next()
    if (next.done) return {events, stopped: next.value}
    events.push(next.value)
  }
}

/** The agent's own process, which carries the run's name in its settings. */
function residentBytes(run: string): number {
  const pid = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => isAgent(name, run))
  const status = pid === undefined ? '' : readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s*(\d+) kB/.exec(status)?.[1]) * 1024
}

function isAgent(pid: string, run: string): boolean {
  const file = `/proc/${pid}/cmdline`
  const argv = existsSync(file) ? readFileSync(file, 'utf8') : ''
  return argv.startsWith('/usr/bin/node\0') && argv.includes(run)
}
