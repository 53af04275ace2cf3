import {execFileSync, spawnSync} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {commands} from '../../src/commands/index.ts'
import {CommandLines, type Said} from '../support/command-lines.ts'

const verbs = Object.keys(commands).join(', ')
const root = join(import.meta.dirname, '../..')
const plugin = join(root, 'bin/kubectl-ipv6')
const commandLines = new CommandLines()
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubectl-ipv6-'))
})
afterAll(async () => {
  await commandLines[Symbol.asyncDispose]()
  rmSync(folder, {recursive: true})
})

function start(args: readonly string[], environment: NodeJS.ProcessEnv = {}, program = plugin) {
  const env = {...process.env, KUBECONFIG: join(folder, 'none'), ...environment}
  const {status, stdout, stderr} = spawnSync(program, args, {encoding: 'utf8', timeout: 20_000, env})
  return {status, stdout, stderr}
}

const run = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Said> =>
  commandLines.run(args, {KUBECONFIG: join(folder, 'none'), ...environment})

test('a user who stands in no password file can run it, as in a container with any uid', () => {
  const withoutPasswords = 'mount --bind /dev/null /etc/passwd && exec env -u SHELL "$0" version'
  const {status, stdout} = spawnSync('unshare', ['--mount', 'sh', '-c', withoutPasswords, plugin], {
    encoding: 'utf8',
  })
  expect([status, stdout]).toEqual([0, expect.stringMatching(/^kubectl ipv6 \d/)])
})

test("what is compiled is kept in the user's own cache, never under /tmp, where others could put it", () => {
  const {status} = start(['version'], {XDG_CACHE_HOME: join(folder, 'cache'), NODE_COMPILE_CACHE: undefined})
  expect(status).toBe(0)
  expect(readdirSync(join(folder, 'cache/kubectl-ipv6/compiled'), {recursive: true}).length).toBeGreaterThan(1)
})

describe('help', () => {
  test.each([[[]], [['--help']], [['-h']], [['help']]])(
    '%j shows every verb, and speaks of kubectl ipv6',
    async (args) => {
      const {status, stdout, stderr} = await run(args)
      expect([status, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(/^On-demand IPv6 debugging/)
      for (const verb of ['observe', 'cleanup', 'version']) expect(stdout).toContain(`\n  ${verb} `)
      expect(stdout).not.toContain('kubectl-ipv6 ')
    },
  )

  test.each([[['observe', '--help']], [['help', 'observe']], [['observe', 'node/x', '-h']]])(
    '%j shows every flag of the contract',
    async (args) => {
      const {status, stdout} = await run(args)
      expect(status).toBe(0)
      const flags = [
      'kubeconfig', 'context', 'cluster', 'user', 'as', 'as-group', 'namespace', 'agent-namespace', 'agent-image', 'image-pull-policy', 'image-pull-secret', 'toleration', 'dry-run',
      'interface', 'duration', 'max-duration', 'output', 'color', 'time-format', 'quiet', 'verbose', 'all-nodes', 'selector', 'profile', 'interval', 'flows', 'top', 'hook',
      'family', 'ip', 'from-ip', 'to-ip', 'port', 'from-port', 'to-port', 'protocol', 'icmp-type', 'direction', 'pod', 'from-pod', 'to-pod', 'from-namespace', 'to-namespace', 'service', 'label', 'not',
    ] // prettier-ignore
      for (const flag of flags) expect(stdout).toMatch(new RegExp(`--${flag}\\b`))
      expect(stdout).toContain('$ kubectl ipv6 observe node/worker-1')
      expect(stdout).not.toContain('kubectl-ipv6 ')
    },
  )
})

test('the version is that of the package', () => {
  expect(start(['version', '-o', 'json']).stdout).toMatch(/^\{"kind":"version","version":"\d+\.\d+\.\d+","node":"/)
  expect(start(['--version']).stdout).toMatch(/^kubectl ipv6 \d+\.\d+\.\d+ \(Node /)
})

describe('bad usage is two sentences on stderr and exit status 2', () => {
  test('of a start of its own', () => {
    expect(start(['toString'])).toEqual({
      status: 2,
      stdout: '',
      stderr: `error: There is no verb "toString".\nVerbs: ${verbs}.\n`,
    })
  })

  test.each([
    [['obsreve'], 'error: There is no verb "obsreve".\nDid you mean: kubectl ipv6 observe\n'],
    [['frobnicate'], `error: There is no verb "frobnicate".\nVerbs: ${verbs}.\n`],
    [['constructor'], `error: There is no verb "constructor".\nVerbs: ${verbs}.\n`],
    [['__proto__', 'x'], `error: There is no verb "__proto__".\nVerbs: ${verbs}.\n`],
    [
      ['observe', '--prt', '4'],
      'error: There is no flag --prt.\nDid you mean --port? Run: kubectl ipv6 observe --help\n',
    ],
    [
      ['observe', 'local', '--port', '70000'],
      'error: --port 70000 matches nothing: ports go from 1 to 65535.\nCorrect the port.\n',
    ],
    [
      ['observe', '-o', 'yaml'],
      'error: Expected --output=yaml to be one of: text, wide, live, json.\nRun: kubectl ipv6 observe --help\n',
    ],
    [['observe', '--duration'], 'error: Flag --duration expects a value.\nRun: kubectl ipv6 observe --help\n'],
    [
      ['observe', '--duration', 'soon'],
      'error: --duration soon is not a duration.\nWrite it as 30s, 5m, 1h or 500ms.\n',
    ],
    [
      ['observe', '--top', 'x'],
      'error: --top: expected an integer but received: x.\nRun: kubectl ipv6 observe --help\n',
    ],
    [['version', 'extra'], 'error: Unexpected argument: extra.\nRun: kubectl ipv6 version --help\n'],
    [
      ['observe', '--not', '--not', '--port', '1'],
      'error: --not --not negates nothing.\nWrite --not once, right before a filter.\n',
    ],
  ])('%j', async (args, message) => {
    expect(await run(args)).toEqual({status: 2, stdout: '', stderr: message})
  })
})

test('--color always colours the failure, NO_COLOR and pipes do not', async () => {
  expect((await run(['x', '--color', 'always'])).stderr).toContain('\u001b[1m\u001b[31merror:')
  expect((await run(['x', '--color=always'], {NO_COLOR: '1'})).stderr).toContain('\u001b[')
  expect((await run(['x'])).stderr).not.toContain('\u001b')
})

describe('the executable', () => {
  test('is found through a chain of links, as krew and a PATH make them', () => {
    symlinkSync(plugin, join(folder, 'one'))
    symlinkSync('one', join(folder, 'kubectl-ipv6'))
    expect(start(['version'], {}, join(folder, 'kubectl-ipv6')).status).toBe(0)
    const viaKubectl = execFileSync('kubectl', ['ipv6', 'version'], {
      encoding: 'utf8',
      env: {...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}`},
    })
    expect(viaKubectl).toMatch(/^kubectl ipv6 /)
  })

  test('says what it needs when the Node it was given is not there', () => {
    const {status, stderr} = start(['version'], {KUBECTL_IPV6_NODE: '/nowhere/node'})
    expect(status).toBe(2)
    expect(stderr).toMatch(/^error: kubectl ipv6 needs Node 22\.12 or newer, and "\/nowhere\/node" is not there\.\n/)
  })

  test('says what it needs when the Node it was given is too old', () => {
    const old = join(folder, 'old-node')
    const pretend = "Object.defineProperty(process.versions, 'node', {value: '20.20.2'})"
    writeFileSync(join(folder, 'old.cjs'), pretend)
    writeFileSync(old, `#!/bin/sh\nexec ${process.execPath} --require ${join(folder, 'old.cjs')} "$@"\n`, {mode: 0o755})
    const {status, stderr} = start(['version'], {KUBECTL_IPV6_NODE: old})
    expect(status).toBe(2)
    expect(stderr).toContain('needs Node 22.12 or newer, and')
    expect(stderr).toContain('is 20.20.2.')
  })
})

describe('completion speaks kubectl’s protocol', () => {
  test('in the program that kubectl starts for it', () => {
    const {stdout} = start(['nothing', 'x'], {}, join(root, 'bin/kubectl_complete-ipv6'))
    expect(stdout.split('\n')).toEqual([':4', ''])
  })

  test.each([
    [['obs'], ['observe\tShow IPv6 flows of nodes, pods or this machine, live.', ':4', '']],
    [
      ['observe', '--from-p'],
      ['--from-port\tSource port.', '--from-pod\tPod at the source.', ':4', ''],
    ],
    [
      ['observe', '--icmp-type', 'packet'],
      ['packet-too-big', ':4', ''],
    ],
    [
      ['observe', '-o', ''],
      ['text', 'wide', 'live', 'json', ':4', ''],
    ],
    [
      ['observe', '--color=a'],
      ['--color=auto', '--color=always', ':4', ''],
    ],
    [
      ['observe', '--kubeconfig', ''],
      [':0', ''],
    ],
    [
      ['observe', 'lo'],
      ['local\tthis machine, without a cluster', ':4', ''],
    ],
  ])('%j', async (words, answer) => {
    const {stdout} = await run(['__complete', ...words])
    expect(stdout.split('\n')).toEqual(answer)
  })
})
