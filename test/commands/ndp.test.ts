import {type ChildProcess, execFileSync, spawn, spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {CommandLines} from '../support/command-lines.ts'
import {type JsonLine, Plugin} from '../support/plugin.ts'

const captures = join(import.meta.dirname, '../captures')
const isRoot = process.getuid?.() === 0
const [here, there] = [`ndpa-${process.pid}`, `ndpb-${process.pid}`]
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']})

const linesOf = (text: string): readonly JsonLine[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JsonLine)

/** Listens in a namespace, does something there once it listens, and ends when all of this was said. */
async function listen(
  args: readonly string[],
  meanwhile: () => void,
  ...said: readonly RegExp[]
): Promise<{readonly lines: readonly JsonLine[]; readonly status: number | null}> {
  const prefix = ['ip', 'netns', 'exec', here]
  await using plugin = new Plugin(['ndp', 'local', '-i', 'va', '-o', 'json', '-q', ...args], {prefix})
  await plugin.until(/"kind":"start"/)
  meanwhile()
  for (const each of said) await plugin.until(each)
  const {status} = await plugin.end()
  return {status, lines: plugin.lines}
}

/** In the background; it ends by itself. */
const ping = (to: string): unknown =>
  spawn('ip', ['netns', 'exec', here, 'ping', '-6', '-c', '1', '-W', '1', to], {stdio: 'ignore'})

const commandLines = new CommandLines()
const read = (capture: string, ...args: readonly string[]) =>
  commandLines.run(['ndp', '--input-file', capture, ...args])

beforeAll(() => {
  if (!isRoot) return
  for (const name of [here, there]) run('ip', 'netns', 'add', name)
  run('ip', '-n', here, 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb', 'netns', there)
  for (const [name, device] of [
    [here, 'va'],
    [there, 'vb'],
  ] as const) {
    for (const each of ['lo', device]) run('ip', '-n', name, 'link', 'set', each, 'up')
  }
  run('ip', '-n', here, 'addr', 'add', 'fd90::1/64', 'dev', 'va', 'nodad')
  run('ip', '-n', there, 'addr', 'add', 'fd90::2/64', 'dev', 'vb', 'nodad')
})
afterAll(async () => {
  await commandLines[Symbol.asyncDispose]()
  if (isRoot) for (const name of [here, there]) run('ip', 'netns', 'del', name)
})

describe.skipIf(!isRoot)('ndp on a live interface (needs root)', () => {
  test('joins question and answer, says who does not answer, and fails for it', async () => {
    const both = (): void => ['fd90::2', 'fd90::dead'].forEach(ping)
    const {lines, status} = await listen([], both, /"outcome":"answered"/, /"outcome":"unanswered"/)
    expect(lines).toContainEqual(
      expect.objectContaining({
        kind: 'ndp',
        name: 'neighbor-solicitation',
        target: 'fd90::2',
        source: 'fd90::1',
        hopLimit: 255,
        valid: true,
        direction: 'egress',
      }),
    )
    expect(lines).toContainEqual(
      expect.objectContaining({kind: 'resolution', target: 'fd90::2', outcome: 'answered', probe: false}),
    )
    expect(lines).toContainEqual(
      expect.objectContaining({kind: 'resolution', target: 'fd90::dead', outcome: 'unanswered'}),
    )
    expect(lines).toContainEqual(
      expect.objectContaining({kind: 'finding', rule: 'ndp/ns-unanswered', severity: 'error'}),
    )
    expect(lines.at(-1)).toMatchObject({kind: 'summary', accounted: true, clean: true, findings: {error: 1}})
    expect(status).toBe(1)
  })

  test('names the setting for which a router advertisement is ignored', async () => {
    for (const name of [here, there])
      run('ip', 'netns', 'exec', name, 'sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1')
    const folder = mkdtempSync(join(tmpdir(), 'ndp-'))
    const file = join(folder, 'radvd.conf')
    writeFileSync(
      file,
      'interface vb { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix fd77::/64 { }; };',
    )
    const radvd = ['radvd', '-n', '-m', 'none', '-C', file, '-p', join(folder, 'pid')]
    let child: ChildProcess | undefined
    const advertise = (): void => void (child = spawn('ip', ['netns', 'exec', there, ...radvd], {stdio: 'ignore'}))
    const {lines, status} = await listen(['--routers'], advertise, /"ndp\/ra-ignored"/).finally(() => {
      child?.kill()
      rmSync(folder, {recursive: true})
    })
    const finding = lines.find(({rule}) => rule === 'ndp/ra-ignored')
    expect(finding).toMatchObject({severity: 'error', fix: 'sysctl -w net.ipv6.conf.va.accept_ra=2'})
    expect(finding?.['evidence']).toContain('net.ipv6.conf.va.forwarding = 1')
    expect(lines).toContainEqual(expect.objectContaining({kind: 'ndp', name: 'router-advertisement', flags: []}))
    expect(status).toBe(1)
  })

  test('shows only what concerns the target', async () => {
    const [other, target] = ['fd90::3', 'fd90::2']
    const ask = (): void => {
      run('ip', '-n', here, 'neigh', 'flush', 'dev', 'va')
      for (const to of [other, target]) spawnSync('ip', ['netns', 'exec', here, 'ping', '-6', '-c', '1', '-W', '1', to])
    }
    const {lines, status} = await listen(['--target', 'FD90:0::2', '--fail-on', 'never'], ask, /"target":"fd90::2"/)
    const targets = new Set(lines.filter(({kind}) => kind === 'ndp').map(({target}) => target))
    expect(targets).toEqual(new Set(['fd90::2']))
    expect(status).toBe(0)
  })
})

describe('ndp over a capture', () => {
  test('tells an RA behind a hop-by-hop header, by frame, and fails for it', async () => {
    const {stdout, status} = await read(join(captures, 'messages/thc-ipv6.pcap'), '-o', 'json')
    const lines = linesOf(stdout)
    expect(lines).toContainEqual(
      expect.objectContaining({kind: 'ndp', frame: 3, name: 'router-advertisement', headers: ['hop-by-hop']}),
    )
    expect(lines).toContainEqual(expect.objectContaining({kind: 'finding', rule: 'ndp/exthdr', severity: 'critical'}))
    expect(lines.at(-1)).toMatchObject({kind: 'summary', accounted: true})
    expect(status).toBe(1)
  })

  test('--routers leaves everything else out, and --fail-on never judges nothing', async () => {
    const {stdout, status} = await read(
      join(captures, 'messages/routers.pcap'),
      '-o',
      'json',
      '--routers',
      '--fail-on',
      'never',
    )
    const types = new Set(
      linesOf(stdout)
        .filter(({kind}) => kind === 'ndp')
        .map(({type}) => type),
    )
    expect([...types].every((type) => type === 133 || type === 134 || type === 137)).toBe(true)
    expect(types).toContain(134)
    expect(status).toBe(0)
  })

  test.each([
    [['--input-file', '/nowhere.pcap'], 'nowhere'],
    [['local', '--input-file', 'x.pcap'], 'exclude each other'],
    [['--target', '10.0.0.1', 'local'], 'no IPv6 address'],
    [['--target', '::ffff:10.0.0.1', 'local'], 'is an IPv4 address'],
    [['--findings-only', '--mld', 'local'], '--findings-only and --mld exclude each other'],
    [['--findings-only', '--icmp-type', '2', 'local'], '--findings-only and --icmp-type exclude each other'],
    [['-o', 'radvd', '--mld', 'local'], '-o radvd prints router advertisements, and --mld leaves them out'],
    [['-o', 'radvd', '--icmp-type', '135', 'local'], '-o radvd prints router advertisements, and --icmp-type'],
  ])('%j is refused with advice and status 2', async (args, words) => {
    const {stderr, status} = await commandLines.run(['ndp', ...args])
    expect(stderr).toContain(words)
    expect(stderr).not.toContain('    at ')
    expect(status).toBe(2)
  })
})
