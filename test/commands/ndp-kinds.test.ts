import {execFileSync, spawn} from 'node:child_process'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {CommandLines} from '../support/command-lines.ts'

const plugin = join(import.meta.dirname, '../../bin/kubectl-ipv6')
const commandLines = new CommandLines()
afterAll(() => commandLines[Symbol.asyncDispose]())
const captures = join(import.meta.dirname, '../captures')
const isRoot = process.getuid?.() === 0
const [here, there] = [`kina-${process.pid}`, `kinb-${process.pid}`]
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']})
const within = (name: string, ...command: string[]): string => run('ip', 'netns', 'exec', name, ...command)

interface Line {
  readonly kind: string
  readonly [field: string]: unknown
}

interface Act {
  /** What was seen last makes it happen; then the next is waited for. */
  readonly when: (line: Line) => boolean
  readonly act: () => void
}

/** Listens in a namespace; each act comes when its line has come, and after the last the run ends. */
async function listen(args: readonly string[], acts: readonly Act[]): Promise<readonly Line[]> {
  const command = ['netns', 'exec', here, plugin, 'ndp', 'local', '-i', 'va', '-o', 'json', '-q', '--duration', '60s', ...args] // prettier-ignore
  const child = spawn('ip', command)
  const lines: Line[] = []
  const waiting = [...acts]
  let rest = ''
  child.stdout.on('data', (part: Buffer) => {
    const whole = (rest + part.toString()).split('\n')
    rest = whole.pop() ?? ''
    for (const text of whole) {
      const line = JSON.parse(text) as Line
      lines.push(line)
      if (waiting[0]?.when(line) !== true) continue
      waiting.shift()?.act()
      if (waiting.length === 0) child.kill('SIGINT')
    }
  })
  await new Promise((resolve) => child.on('close', resolve))
  expect(waiting).toEqual([])
  return lines
}

const starts = ({kind}: Line): boolean => kind === 'start'
const nothing = (): void => undefined
const ping = (address: string) => (): void =>
  void spawn('ip', ['netns', 'exec', here, 'ping', '-6', '-c', '1', '-W', '5', address], {stdio: 'ignore'})

beforeAll(() => {
  if (!isRoot) return
  for (const name of [here, there]) run('ip', 'netns', 'add', name)
  run('ip', '-n', here, 'link', 'add', 'va', 'address', '02:00:00:00:00:0a', 'type', 'veth', 'peer', 'name', 'vb', 'address', '02:00:00:00:00:0b', 'netns', there) // prettier-ignore
  for (const [name, device] of [
    [here, 'va'],
    [there, 'vb'],
  ] as const)
    for (const each of ['lo', device]) run('ip', '-n', name, 'link', 'set', each, 'up')
  run('ip', '-n', here, 'addr', 'add', 'fd90::1/64', 'dev', 'va', 'nodad')
  run('ip', '-n', there, 'addr', 'add', 'fd90::2/64', 'dev', 'vb', 'nodad')
})
afterAll(() => {
  if (isRoot) for (const name of [here, there]) run('ip', 'netns', 'del', name)
})

describe.skipIf(!isRoot)('kinds of lines of ndp on a live interface (needs root)', () => {
  test('--neighbours tells what the kernel does to its table, and where an address moves', async () => {
    const isAt = (mac: string) => (line: Line) => line['ip'] === 'fd90::2' && line['mac'] === mac
    const lines = await listen(
      ['--neighbours', '--target', 'fd90::2'],
      [
        {when: starts, act: ping('fd90::2')},
        {when: isAt('02:00:00:00:00:0b'), act: () => run('ip', '-n', here, 'neigh', 'replace', 'fd90::2', 'lladdr', '02:00:00:00:66:66', 'dev', 'va', 'nud', 'permanent')}, // prettier-ignore
        {when: isAt('02:00:00:00:66:66'), act: nothing},
      ],
    )
    run('ip', '-n', here, 'neigh', 'del', 'fd90::2', 'dev', 'va')
    expect(lines).toContainEqual(
      expect.objectContaining({kind: 'neighbour', interface: 'va', ip: 'fd90::2', mac: null, event: 'create'}),
    )
    expect(lines).toContainEqual(
      expect.objectContaining({mac: '02:00:00:00:66:66', oldMac: '02:00:00:00:00:0b', state: 'PERMANENT'}),
    )
    expect(new Set(lines.map(({kind}) => kind))).not.toContain('ndp')
  })

  test('the start line says the addresses, and for which setting router advertisements would be ignored', async () => {
    within(here, 'sysctl', '-qw', 'net.ipv6.conf.va.accept_ra=0')
    const [start] = await listen([], [{when: starts, act: nothing}])
    within(here, 'sysctl', '-qw', 'net.ipv6.conf.va.accept_ra=1')
    const accept = {accepted: false, because: 'accept_ra is 0', setting: 'net.ipv6.conf.va.accept_ra'}
    expect(start).toMatchObject({
      kind: 'start',
      facts: {interfaces: [{name: 'va', mac: '02:00:00:00:00:0a', routerAdvertisements: accept}], routers: []},
    })
    expect(JSON.stringify(start)).toContain('{"ip":"fd90::1","prefixLength":64,"flags":["nodad","permanent"]}')
  })

  test('an error is told with what it quotes, an echo only where its type is asked for', async () => {
    const send = `import socket; socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b'x', ('fd90::2', 9))`
    const unreachable = (line: Line): boolean => line.kind === 'icmp' && line['type'] === 1
    const closed = {when: starts, act: (): void => void within(here, '/usr/bin/python3', '-c', send)}
    const lines = await listen([], [closed, {when: unreachable, act: nothing}])
    expect(lines.find(unreachable)).toMatchObject({
      name: 'destination-unreachable/port-unreachable',
      quoted: {source: 'fd90::1', destination: 'fd90::2', protocol: 'UDP', destinationPort: 9},
    })
    const echoes = await listen(
      ['--icmp-type', 'echo-request', '--icmp-type', '129'],
      [
        {when: starts, act: ping('fd90::2')},
        {when: ({type}) => type === 129, act: nothing},
      ],
    )
    const told = echoes.filter(({kind}) => kind !== 'start' && kind !== 'summary' && kind !== 'finding')
    expect(told.map(({kind, name, source}) => [kind, name, source])).toEqual([
      ['icmp', 'echo-request', 'fd90::1'],
      ['icmp', 'echo-reply', 'fd90::2'],
    ])
  })
})

test.each([
  [['--neighbours', '--input-file', 'x.pcap'], 'a capture has none'],
  [['local', '-i', 'eth1', '--target', 'fe80::1%eth0'], 'An address in zone eth0 is not on the interfaces eth1'],
])('%j is refused: it could never show anything', async (args, words) => {
  const {stderr, status} = await commandLines.run(['ndp', ...args])
  expect(stderr).toContain(words)
  expect(status).toBe(2)
})

test('--icmp-type chooses in a capture too, and a mistyped one is refused with what was meant', async () => {
  const capture = join(captures, 'messages/kernel.pcap')
  const read = (type: string) =>
    commandLines.run(['ndp', '--input-file', capture, '-o', 'json', '--fail-on', 'never', '--icmp-type', type])
  const types = (await read('echo-request')).stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
    .flatMap(({kind, type}) => (kind === 'icmp' || kind === 'ndp' ? [type] : []))
  expect(new Set(types)).toEqual(new Set([128]))
  const {stderr, status} = await read('echo-requst')
  expect(stderr).toContain('Did you mean echo-request?')
  expect(status).toBe(2)
})
