import {execFileSync} from 'node:child_process'
import {chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeAll, beforeEach, describe, expect, test, vi} from 'vitest'
import {list} from '../../src/cluster/api.ts'
import {connect, type ConnectOptions} from '../../src/cluster/connection.ts'
import {pods} from '../../src/cluster/objects.ts'
import {resolveTargets} from '../../src/cluster/targets.ts'
import {proxyFor} from '../../src/cluster/proxy.ts'
import {type Cluster, startCluster, whyNoCluster} from './lab.ts'
import {failureOf} from './launching.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
})
afterEach(() => {
  rmSync(folder, {recursive: true})
  vi.unstubAllEnvs()
})

function write(name: string, content: object | string): string {
  const file = join(folder, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

const aConfig = (name: string, {server = 'https://127.0.0.1:1', user = {}, namespace = `${name}-ns`} = {}) => ({
  'current-context': name,
  clusters: [{name: `${name}-cluster`, cluster: {server}}],
  users: [{name: `${name}-user`, user}],
  contexts: [{name, context: {cluster: `${name}-cluster`, user: `${name}-user`, namespace}}],
})

const ask = async (options: ConnectOptions) => list(connect(options), pods, {namespace: 'default'})
const tried = (options: ConnectOptions) => failureOf(async () => ask(options))

describe('a kubeconfig', () => {
  test('is one of several: the first current-context wins, missing files and shared names do not matter', () => {
    const other = {
      ...aConfig('b'),
      clusters: [...aConfig('b').clusters, {name: 'a-cluster', cluster: {server: 'https://no'}}],
    }
    vi.stubEnv('KUBECONFIG', [join(folder, 'missing'), write('a', aConfig('a')), write('b', other)].join(':'))
    expect(connect({})).toMatchObject({context: 'a', namespace: 'a-ns', user: 'a-user', server: 'https://127.0.0.1:1'})
    expect(connect({context: 'b', namespace: 'mine'})).toMatchObject({namespace: 'mine', user: 'b-user'})
    expect(connect({cluster: 'b-cluster', user: 'b-user', as: 'somebody'})).toMatchObject({
      context: 'a',
      user: 'somebody',
    })
  })

  test('that is not there, or cannot be read, is named', async () => {
    vi.stubEnv('KUBECONFIG', join(folder, 'missing'))
    expect((await tried({})).message).toBe(`No kubeconfig was found (${folder}/missing)`)
    const empty = write('empty', '')
    expect((await tried({kubeconfig: empty})).message).toBe(`No kubeconfig was found (${empty} is empty)`)
    const broken = await tried({kubeconfig: write('broken', 'clusters: [')})
    expect(broken.message).toMatch(/^The kubeconfig .*broken cannot be read: /)
  })

  test('without the context, cluster or user that was asked for lists those it has', async () => {
    const kubeconfig = write('a', aConfig('a'))
    expect(await tried({kubeconfig, context: 'x'})).toMatchObject({
      message: 'The kubeconfig has no context "x"',
      advice: 'Choose one with --context: a',
    })
    expect((await tried({kubeconfig, cluster: 'x'})).advice).toBe('Choose one with --cluster: a-cluster')
    expect((await tried({kubeconfig, user: 'x'})).advice).toBe('Choose one with --user: a-user')
    const none = write('none', {...aConfig('a'), 'current-context': ''})
    expect((await tried({kubeconfig: none})).message).toBe('The kubeconfig says no current context')
  })
})

describe('the API server', () => {
  test('that cannot be reached is said at once', async () => {
    const failure = await tried({kubeconfig: write('a', aConfig('a'))})
    expect(failure.message).toBe(
      'The API server https://127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1',
    )
    expect(failure.seconds).toBeLessThan(1)
  })

  test('is not blamed for a certificate in the kubeconfig that is none', async () => {
    const user = {'client-certificate-data': btoa('none'), 'client-key-data': btoa('none')}
    const failure = await tried({kubeconfig: write('a', aConfig('a', {user}))})
    expect(failure.message).toMatch(/^A certificate or key that the kubeconfig names cannot be read: .*PEM/)
  })

  test('that takes the connection and says nothing is given up within 10 s', {timeout: 15_000}, async () => {
    await using silent = await listening(() => undefined)
    const failure = await tried({kubeconfig: write('a', aConfig('a', {server: silent.url}))})
    expect(failure.message).toContain('no answer within 8 s')
    expect(failure.seconds).toBeLessThan(10)
  })

  test('is told whom to act as, in every request', async () => {
    let headers: Record<string, unknown> = {}
    await using echo = await listening((request, response) => {
      headers = request.headers
      response.end('{}')
    })
    const user = {token: 'secret'}
    const kubeconfig = write('a', aConfig('a', {server: `${echo.url}/a/path/`, user}))
    await ask({kubeconfig, as: 'jane', asGroup: ['admins', 'staff']})
    expect(headers).toMatchObject({
      authorization: 'Bearer secret',
      'impersonate-user': 'jane',
      'impersonate-group': 'admins, staff',
    })
  })

  test('is asked with a plugin’s token, and the plugin is told its API version', async () => {
    let sent: unknown
    await using echo = await listening((request, response) => {
      sent = request.headers.authorization
      response.end('{}')
    })
    const script = `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" > ${folder}/told\necho '{"status":{"token":"fresh"}}'`
    chmodSync(write('plugin', script), 0o755)
    const exec = {apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', interactiveMode: 'Never'}
    await ask({kubeconfig: write('a', aConfig('a', {server: echo.url, user: {exec}}))})
    expect(sent).toBe('Bearer fresh')
    expect(JSON.parse(readFileSync(join(folder, 'told'), 'utf8'))).toMatchObject({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
    })
  })

  test('is not asked when the plugin fails, which is said in its own words', async () => {
    chmodSync(write('plugin', '#!/bin/sh\necho "token has expired, run: login" >&2; exit 1'), 0o755)
    const failure = await tried({kubeconfig: write('a', aConfig('a', {user: {exec: {command: './plugin'}}}))})
    expect(failure.message).toBe('The credentials of "a-user" could not be had: token has expired, run: login')
  })
})

describe.skipIf(whyNoCluster() !== undefined)('the real API server', () => {
  let cluster: Cluster
  beforeAll(async () => {
    cluster = await startCluster()
  })

  const changed = (change: string) => {
    const file = write('changed', readFileSync(cluster.kubeconfig, 'utf8'))
    execFileSync('kubectl', ['--kubeconfig', file, 'config', ...change.split(' ')])
    return {kubeconfig: file}
  }

  test('answers the administrator', async () => {
    expect((await ask({kubeconfig: cluster.kubeconfig})).items).toBeInstanceOf(Array)
  })

  test('that refuses the token says whose it was', async () => {
    const file = changed('set-credentials stranger --token=expired')
    const stranger = connect({...file, user: 'stranger'})
    const failure = await failureOf(() => resolveTargets(stranger, {targets: ['node1']}))
    expect(failure.message).toBe(`${stranger.server} does not accept the credentials of "stranger" (expired?)`)
  })

  test('whose certificate nobody vouches for is not spoken to', async () => {
    const name = readClusterName(cluster.kubeconfig)
    const file = changed(`unset clusters.${name}.certificate-authority`)
    execFileSync('kubectl', [
      '--kubeconfig',
      file.kubeconfig,
      'config',
      'unset',
      `clusters.${name}.certificate-authority-data`,
    ])
    const failure = await tried(file)
    expect(failure.code).toBe('bad-certificate')
  })
})

const readClusterName = (kubeconfig: string): string =>
  execFileSync('kubectl', ['--kubeconfig', kubeconfig, 'config', 'view', '-o', 'jsonpath={.clusters[0].name}'], {
    encoding: 'utf8',
  })

test.each([
  ['https://api.example:6443', {HTTPS_PROXY: 'http://proxy:3128'}, 'http://proxy:3128'],
  ['https://api.example:6443', {https_proxy: 'proxy:3128'}, 'http://proxy:3128'],
  ['http://api.example', {HTTPS_PROXY: 'http://proxy:3128'}, undefined],
  ['https://api.example', {HTTPS_PROXY: 'http://proxy', NO_PROXY: 'other,.example'}, undefined],
  ['https://10.0.0.7', {HTTPS_PROXY: 'http://proxy', NO_PROXY: '10.0.0.0/8'}, undefined],
  ['https://[2001:db8::7]', {HTTPS_PROXY: 'http://proxy', NO_PROXY: '2001:db8::/32'}, undefined],
  ['https://10.0.0.7', {HTTPS_PROXY: 'http://proxy', NO_PROXY: '192.168.0.0/16'}, 'http://proxy'],
  ['https://127.0.0.1:6443', {HTTPS_PROXY: 'http://proxy'}, undefined],
])('%s with %j is reached through %s', (server, environment, proxy) => {
  expect(proxyFor(new URL(server), environment)).toBe(proxy)
})

async function listening(
  answer: Parameters<typeof createServer>[1] & ((...all: never[]) => unknown),
): Promise<AsyncDisposable & {url: string}> {
  const server: Server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
