import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {readdirSync, readlinkSync} from 'node:fs'
import {run} from '../../tools/cluster/processes.ts'
import {type JsonLine, Plugin} from '../support/plugin.ts'
import {startCluster, type Cluster} from './lab.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster()
  await cluster.testPods()
})
afterAll(() => cluster[Symbol.asyncDispose]())

interface Asked {
  readonly status: number | null
  readonly stderr: string
  readonly lines: readonly JsonLine[]
}

async function ask(...words: readonly string[]): Promise<Asked> {
  await using plugin = new Plugin(['bindcheck', ...words, '-o', 'json'], {kubeconfig: cluster.kubeconfig})
  const {status, stderr} = await plugin.ended
  return {status, stderr, lines: plugin.lines}
}

/** Every socket and setting of the pod's network namespace, and who is in it, as this machine sees them. */
async function situation(network: string): Promise<object> {
  const isThere = (pid: string): boolean => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`) === network
    } catch {
      return false // one that has ended
    }
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isThere(name))
  const inside = (line: string) => run(['nsenter', `--net=/proc/${pids[0] ?? ''}/ns/net`, 'sh', '-c', line])
  return {
    pids,
    sockets: (await inside('ss -aneH -A tcp,udp,raw,mptcp,sctp,packet,unix'))
      .replaceAll(/ *timer:\S+| +/g, ' ')
      .split('\n')
      .toSorted(),
    settings: await inside('sysctl -a --pattern "^net[.]" 2>/dev/null | grep -v conntrack_count'),
    links: await inside('ip address | grep -v _lft'),
  }
}

describe('bindcheck on a cluster', () => {
  test("answers in a pod's own network namespace, names its process and container, and leaves nothing there", async () => {
    const {status, stderr, lines} = await ask('pod/p1', '--port', '8080', '--protocol', 'tcp')
    expect(stderr).not.toContain('error')
    expect(lines.find(({kind}) => kind === 'listener')).toMatchObject({
      node: 'node1',
      protocol: 'tcp',
      address: '::',
      v6only: false,
      accepts: [4, 6],
      process: 'httpd',
      namespace: 'default',
      pod: 'p1',
      container: 'main',
    })
    expect(lines.at(-1)).toMatchObject({kind: 'summary', coexist: false, clean: true, answers: [{class: 'application flag'}]}) // prettier-ignore
    expect(status).toBe(1)
    expect(await cluster.kubectl(['get', 'pods', '-A', '-l', 'app.kubernetes.io/name=kubectl-ipv6', '-o', 'name'])).toBe('') // prettier-ignore
  })

  test("looks at a node in the node's namespace, where that pod's port is free", async () => {
    const {status, lines} = await ask('node1', 'pod/p1', '--port', '8080', '--protocol', 'tcp')
    expect(lines.filter(({kind}) => kind === 'listener')).toMatchObject([{pod: 'p1'}])
    expect(lines.filter(({kind}) => kind === 'bind').every(({expected, coexist}) => expected === coexist)).toBe(true)
    const ends = lines.filter(({kind}) => kind === 'summary').map(({target, coexist}) => `${String(target)} ${String(coexist)}`) // prettier-ignore
    expect(ends.toSorted()).toEqual(['node/node1 true', 'pod/default/p1 false', 'undefined false'])
    expect(status).toBe(1)
  })

  test('lists who listens on a node and in its pods, by pod and container', async () => {
    await using plugin = new Plugin(['listeners', 'node1', '-o', 'json'], {kubeconfig: cluster.kubeconfig})
    const {stderr} = await plugin.ended
    expect(stderr).not.toContain('error')
    const servers = plugin.lines.filter(({kind, port}) => kind === 'listener' && port === 8080)
    expect(servers).toMatchObject([{address: '::', v6only: false, accepts: [4, 6], pod: 'p1', container: 'main'}])
    expect(plugin.lines.at(-1)).toMatchObject({kind: 'summary', clean: true})
  })

  describe('changes no socket, setting or interface of a pod', () => {
    let network = ''
    beforeAll(async () => {
      // Nobody speaks to it: what is seen there is its own or ours.
      await cluster.apply(quietPod)
      await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/quiet', '--timeout=60s'], {timeoutMs: 70_000})
      network = (await cluster.exec('quiet', ['readlink', '/proc/self/ns/net'])).trim()
    }, 80_000)
    afterAll(() => cluster.kubectl(['delete', 'pod', 'quiet', '--wait=false']))

    test.each([[['bindcheck', '--port', '8080', '--in-place']], [['listeners']], [['clients', '--duration', '1s']]])(
      'by %j, and is in it no longer',
      async ([verb = '', ...flags]) => {
        const before = await settled(network)
        await using plugin = new Plugin([verb, 'pod/quiet', ...flags], {kubeconfig: cluster.kubeconfig})
        const {status, stderr} = await plugin.ended
        expect(status, stderr).toBeLessThan(2)
        await expect.poll(() => situation(network), {timeout: 20_000}).toEqual(before)
      },
    )
  })
})

/** Who looked last has gone. */
async function settled(network: string): Promise<object> {
  for (;;) {
    const now = await situation(network)
    await new Promise((resolve) => setTimeout(resolve, 200))
    if (JSON.stringify(await situation(network)) === JSON.stringify(now)) return now
  }
}

const quietPod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {name: 'quiet', namespace: 'default'},
  spec: {
    nodeName: 'node1',
    terminationGracePeriodSeconds: 0,
    containers: [{name: 'main', image: 'localhost/busybox:1', imagePullPolicy: 'Never', command: ['httpd', '-f', '-p', '[::]:8080', '-h', '/tmp']}],
  },
} // prettier-ignore
