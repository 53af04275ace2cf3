import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {afterAll, afterEach, beforeEach, describe, expect, test} from 'vitest'
import {connect} from '../../src/cluster/connection.ts'
import {launchAgent} from '../../src/cluster/launch.ts'
import {labelOf} from '../../src/cluster/manifest.ts'
import {PodGuard} from '../../src/cluster/pod-guard.ts'
import {everything, noFeeds} from '../../src/protocol/settings.ts'
import {CommandLines, type Said} from '../support/command-lines.ts'

const commandLines = new CommandLines()
afterAll(() => commandLines[Symbol.asyncDispose]())
let folder: string
let stop: (() => Promise<void>) | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'answers-'))
})
afterEach(async () => {
  await stop?.()
  stop = undefined
  rmSync(folder, {recursive: true})
})

function kubeconfigFor(server: string): string {
  const file = join(folder, 'config')
  const config = {
    'current-context': 'a',
    clusters: [{name: 'c', cluster: {server}}],
    users: [{name: 'u', user: {token: 'secret'}}],
    contexts: [{name: 'a', context: {cluster: 'c', user: 'u'}}],
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

/** An API server of this test's own words; returns its kubeconfig. */
async function answering(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return kubeconfigFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

const json = (response: ServerResponse, answer: object, status = 200): void => {
  response.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(answer))
}

const run = (kubeconfig: string, ...args: readonly string[]): Promise<Said> =>
  commandLines.run(args, {KUBECONFIG: kubeconfig})

describe('a server', () => {
  test.each(['foo', 'my-host:6443', 'ftp://host'])(
    '%j that is no URL is said, with the way to set it',
    async (server) => {
      const {status, stderr} = await run(kubeconfigFor(server), 'cleanup')
      expect([status, stderr]).toEqual([
        2,
        `error: The kubeconfig's cluster "c" has a server that is no URL: "${server}".\n` +
          'It begins with https:// (or http://). To set it: kubectl config set-cluster c --server=https://HOST:PORT\n',
      ])
    },
  )

  test.each(['<html><title>Log in</title>', 'null', '"fine"', ''])(
    'that answers %j is told as what it is',
    async (body) => {
      const {status, stderr} = await run(await answering((_, response) => response.end(body)), 'cleanup')
      expect(status).toBe(2)
      expect(stderr).toMatch(
        /^error: http:\/\/127\.0\.0\.1:\d+ answered, but not as a Kubernetes API server does\.\nA proxy/,
      )
    },
  )

  test('that breaks off in the middle of its answer cannot be reached', async () => {
    const broken = await answering((_, response) => {
      response.writeHead(200, {'content-length': 100})
      response.write('{"items":', () => response.destroy())
    })
    const {status, stderr} = await run(broken, 'cleanup')
    expect([status, stderr.split('\n')[0]]).toEqual([
      2,
      expect.stringMatching(/^error: The API server .* cannot be reached: aborted\.$/),
    ])
  })
})

describe('cleanup', () => {
  const hour = 3_600_000
  const compact = (ms: number) => new Date(Date.now() + ms).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const pod = (name: string, phase: string, expiresInMs: number) => ({
    metadata: {name, namespace: 'kube-system', uid: name, labels: {[labelOf.expires]: compact(expiresInMs)}},
    spec: {nodeName: 'node1'},
    status: {phase},
  })

  test('leaves a pod that still pulls its image to the colleague who waits for it', async () => {
    const items = [pod('pulling', 'Pending', hour), pod('forgotten', 'Pending', -hour)]
    const {stdout} = await run(await answering((_, response) => json(response, {items})), 'cleanup', '--dry-run')
    expect(stdout).toMatch(/pulling .*kept\n.*forgotten .*would be removed\n/)
  })

  test('of which one removal fails does the others, shows all, and says which failed', async () => {
    const items = ['mine', 'refused', 'other'].map((name) => pod(name, 'Succeeded', -hour))
    const gone = new Set<string>()
    const kubeconfig = await answering(({method, url = ''}, response) => {
      const name = /pods\/(\w+)/.exec(url)?.[1]
      if (name === undefined) {
        json(response, {items})
        return
      }
      if (name === 'refused') {
        json(response, {message: 'User "u" cannot delete resource "pods"'}, 403)
        return
      }
      if (method === 'DELETE') gone.add(name)
      json(response, {}, method === 'DELETE' ? 200 : 404)
    })
    const {status, stdout, stderr} = await run(kubeconfig, 'cleanup', '-q')
    expect([...gone].sort()).toEqual(['mine', 'other'])
    expect(stdout).toMatch(/mine .*removed\n.*refused .*not removed\n.*other .*removed\n/)
    expect(stderr).toMatch(/^error: kube-system\/refused: User "u" may not delete pods in namespace "kube-system"\.\n/)
    expect(status).toBe(2)
  })

  test('for the reaper touches no pod of others, and is content where the place is gone', async () => {
    const asked: string[] = []
    const kubeconfig = await answering(({method, url = ''}, response) => {
      asked.push(`${method ?? ''} ${url}`)
      if (/pods\/gone/.test(url)) json(response, {message: 'not found'}, 404)
      else json(response, {items: [pod('finished', 'Failed', hour)]})
    })
    const place = ['-n', 'shop', 'pod/gone', '-q']
    expect(await run(kubeconfig, 'cleanup', '--for-reaper', ...place)).toMatchObject({status: 0, stderr: ''})
    const others = () => asked.filter((each) => /DELETE|labelSelector/.test(each))
    expect(others()).toEqual([])
    const {status, stderr} = await run(kubeconfig, 'cleanup', '--dry-run', ...place)
    expect([status, stderr]).toEqual([2, expect.stringContaining('There is no pod "gone"')])
    expect(others()).toEqual([expect.stringMatching(/^GET .*labelSelector/)])
  })
})

describe('observe', () => {
  test('of several nodes that all fail says each, with its advice, also with -q', async () => {
    const ready = {conditions: [{type: 'Ready', status: 'True'}]}
    const kubeconfig = await answering(({method, url = ''}, response) => {
      if (method === 'POST' && url.includes('/pods')) {
        json(response, {message: 'quota is full'}, 403)
        return
      }
      if (url.includes('selfsubjectaccessreviews')) {
        json(response, {status: {allowed: true}}, 201)
        return
      }
      const node = /nodes\/(\w+)/.exec(url)?.[1]
      if (node !== undefined) {
        json(response, {metadata: {name: node}, status: ready})
        return
      }
      if (!url.includes('watch')) json(response, {metadata: {resourceVersion: '1'}, items: []})
    })
    const {status, stderr} = await run(kubeconfig, 'observe', 'node1', 'node2', '-q')
    for (const node of ['node1', 'node2'])
      expect(stderr).toContain(
        `error: ${node}: The API server refused the agent's pod: quota is full.\n` +
          'Choose another namespace with --agent-namespace, or ask who made that rule for "kube-system".\n',
      )
    expect(status).toBe(2)
  })

  test('creates no pod that it cannot guard', async () => {
    const asked: string[] = []
    const kubeconfig = await answering(({method, url}, response) => {
      asked.push(`${method ?? ''} ${url ?? ''}`)
      json(response, {}, 500)
    })
    class Unbuilt extends PodGuard {
      override guard(): never {
        throw new Error('reaper.js is not there')
      }
    }
    const connection = connect({kubeconfig})
    using guard = new Unbuilt(connection.options)
    const {signal} = new AbortController()
    const settings = {
      run: '0',
      publicKey: '',
      port: 0,
      hook: 'auto',
      interfaces: [],
      flows: 64,
      intervalMs: 1000,
    } as const
    const launching = launchAgent(connection, {
      target: {node: 'node1'},
      settings: {...settings, silenceMs: 10_000, maxDurationMs: 60_000, filter: everything, feeds: noFeeds},
      options: {agentNamespace: 'kube-system', image: 'none', profile: 'privileged'},
      signal,
      guard,
    })
    await expect(launching).rejects.toThrow('reaper.js is not there')
    await delay(200) // for a request that would be on its way
    expect(asked).toEqual([])
    connection.close()
  })
})
