import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'
import {caseText, compileMatrix} from './bind-matrix.ts'

const isRoot = process.getuid?.() === 0
const home = `bind-${process.pid}`
const ip = (command: string): Buffer => execFileSync('ip', command.split(' '))
const inside = (...command: readonly string[]): string =>
  execFileSync('ip', ['netns', 'exec', home, ...command], {
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  })

interface Answer {
  readonly class: string
  readonly coexist: boolean
  readonly answer: string
}

interface Asked {
  readonly status: number | null
  readonly stderr: string
  readonly lines: readonly JsonLine[]
  readonly answers: readonly Answer[]
}

async function ask(...words: readonly string[]): Promise<Asked> {
  const args = ['bindcheck', 'local', '-o', 'json', ...words]
  await using plugin = new Plugin(args, {prefix: ['ip', 'netns', 'exec', home]})
  const {status, stderr} = await plugin.ended
  if (status !== 0 && status !== 1 && !stderr.startsWith('error: --')) throw new Error(stderr)
  const answers = (plugin.lines.at(-1)?.['answers'] ?? []) as readonly Answer[] // as the view writes it
  return {status, stderr, lines: plugin.lines, answers}
}

/** Everything that a look could have changed there. */
const situation = (): string =>
  [
    // The plugin and its own agent have just hung up on each other.
    inside('ss', '-aneH', '--tcp', '--udp', 'exclude', 'time-wait').replaceAll(/timer:\S+/g, ''),
    inside('ip', 'address'),
    inside('sysctl', '-a', '--pattern', '^net\\.ipv[46]\\.(bindv6only|ip_|conf\\.(all|default|lo)\\.disable_ipv6)'),
  ].join('\n')

/** The kernel keeps what the first to close leaves for 60 s. */
const endedConnection = `
import socket
server = socket.create_server(('127.0.0.1', 7007))
client = socket.create_connection(('127.0.0.1', 7007))
server.accept()[0].close()
client.recv(1)
`

describe.skipIf(!isRoot)('bindcheck', () => {
  let holder: ChildProcess

  beforeAll(async () => {
    ip(`netns add ${home}`)
    ip(`-n ${home} link set lo up`)
    ip(`-n ${home} link add v0 type veth peer name v1`)
    ip(`-n ${home} link set v0 up`)
    ip(`-n ${home} link set v1 up`)
    // Detection goes on for a day: the address stays tentative.
    inside('sysctl', '-qw', 'net.ipv6.conf.v0.dad_transmits=100000')
    ip(`-n ${home} address add fd00::7/64 dev v0`)
    ip(`-n ${home} address add fd00::8/64 dev v0 nodad`)
    for (const each of ['v0', 'v1']) ip(`-n ${home} address add fe80::7/64 dev ${each} nodad`)
    ip(`-n ${home} address add 10.7.0.1/24 broadcast 10.7.0.255 dev v0`)
    ip(`-n ${home} route add local 10.8.0.0/24 dev lo`)
    const program = join(import.meta.dirname, 'port-holders.py')
    holder = spawn('ip', ['netns', 'exec', home, '/usr/bin/python3', program], {stdio: ['pipe', 'pipe', 'inherit']})
    await once(holder.stdout ?? holder, 'data')
  })
  afterAll(async () => {
    const ended = once(holder, 'close')
    holder.stdin?.end()
    await ended
    ip(`netns delete ${home}`)
  })

  test('says of one [::] socket that it takes IPv4 too, who it is, and that a flag of the application settles it', async () => {
    const {status, lines, answers} = await ask('--port', '6969', '--protocol', 'udp')
    expect(answers).toMatchObject([{class: 'application flag', coexist: false}])
    expect(answers[0]?.answer).toMatch(
      /^Both can be bound on 6969\/udp if the application sets IPV6_V6ONLY=1 before bind\. As python3 \(pid \d+\) runs today \(\[::\], V6ONLY=0\) .* a second bind on 0\.0\.0\.0 fails with EADDRINUSE\. No sysctl needs to change\.$/,
    )
    const listeners = lines.filter(({kind}) => kind === 'listener')
    expect(listeners).toMatchObject([{protocol: 'udp', address: '::', port: 6969, v6only: false, accepts: [4, 6], process: 'python3'}]) // prettier-ignore
    expect(listeners[0]?.['pid']).toBe(Number(/pid (\d+)/.exec(answers[0]?.answer ?? '')?.[1]))
    expect(lines.find(({kind}) => kind === 'finding')).toMatchObject({rule: 'bind/v6only', severity: 'error'})
    expect(status).toBe(1)
  })

  test.each([
    ['held by a socket for each family', ['--port', '7001', '--protocol', 'udp'], 'application flag', 0],
    ['free', ['--port', '7099'], 'application flag', 0],
    ['held by an IPv4 socket of another process', ['--port', '7002', '--protocol', 'tcp'], 'other process', 1],
    ['bound and not listening', ['--port', '7003', '--protocol', 'tcp'], 'other process', 1],
    ['a connected UDP socket’s', ['--port', '7004', '--protocol', 'udp'], 'other process', 1],
    ['shared by another uid with SO_REUSEPORT', ['--port', '7005', '--protocol', 'tcp'], 'reuse flags or uid', 1],
    ['the source port of a connection', ['--port', '7006', '--protocol', 'tcp'], 'other process', 1],
    ['held by a listener on a link-local address', ['--port', '7008', '--protocol', 'tcp'], 'other process', 1],
    ['shared by whoever has SO_REUSEADDR', ['--port', '7009', '--protocol', 'udp'], 'reuse flags or uid', 1],
    ['held on another link', ['--port', '7010', '--protocol', 'udp', '--address', 'fe80::7%v0'], 'application flag', 0],
    ['held by just that socket', ['--port', '7008', '--protocol', 'tcp', '--address', 'fe80::7%v0'], 'application flag', 0],
    ['asked about on a group of one link', ['--protocol', 'udp', '--address', 'ff02::fb%v0', '--address', '224.0.0.251'], 'application flag', 0],
    ['asked about on a group without its link', ['--protocol', 'udp', '--address', 'ff02::fb'], 'address state', 1],
    ['low, and an ordinary user asks', ['--port', '80', '--uid', '1000'], 'permission', 1],
    ['asked about on a tentative address', ['--address', 'fd00::7'], 'address state', 1],
    ['held on one of two links that have the address', ['--port', '7008', '--protocol', 'tcp', '--address', 'fe80::7%v0', '--address', 'fe80::7%v1'], 'other process', 1],
    ['asked about on addresses that are there, one on two links', ['fd00::8', '127.0.0.1', 'fe80::7%v0', 'fe80::7%v1'].flatMap((each) => ['--address', each]), 'application flag', 0],
    ['asked about on broadcast, and within a local route', ['--address', '10.7.0.255', '--address', '::ffff:10.8.0.9'], 'application flag', 0],
    ['asked about on an address that is not there', ['--address', '10.9.9.9'], 'address state', 1],
  ])('a port that is %s', async (...[, words, kind, wanted]) => {
    const {status, answers} = await ask(...words)
    expect(answers.map((answer) => answer.class)).toEqual(answers.map(() => kind))
    expect(status).toBe(wanted)
  }) // prettier-ignore

  test('a port that is in TIME_WAIT', async () => {
    inside('/usr/bin/python3', '-c', endedConnection)
    const {status, answers} = await ask('--port', '7007', '--protocol', 'tcp')
    expect(answers).toMatchObject([{class: 'reuse flags or uid'}])
    expect(status).toBe(1)
  })

  test('says that both fit only because of the sysctl where that is so', async () => {
    inside('sysctl', '-qw', 'net.ipv6.bindv6only=1')
    try {
      const {status, answers} = await ask('--port', '7099', '--protocol', 'udp')
      expect(answers).toMatchObject([{class: 'sysctl', coexist: true}])
      expect(status).toBe(0)
    } finally {
      inside('sysctl', '-qw', 'net.ipv6.bindv6only=0')
    }
  })

  test('tells every case of the matrix as a C program sees it there, and as the rule has it', async () => {
    using program = compileMatrix()
    const wanted = inside(program.path, '7098').trimEnd().split('\n')
    const {lines} = await ask('--port', '7099')
    const cases = lines.filter(({kind}) => kind === 'bind')
    expect(cases).toHaveLength(1407)
    expect(cases.map(caseText).toSorted()).toEqual(wanted.toSorted())
    expect(cases.filter(({expected, coexist}) => expected !== coexist)).toEqual([])
  })

  test('sends real packets to the sockets of each set-up, and tells which socket saw whom', async () => {
    const {lines} = await ask('--port', '7099')
    const rows = lines.filter(({kind}) => kind === 'delivery')
    expect(rows.filter(({receivedBy}) => receivedBy === null)).toEqual([])
    const of = (protocol: string, setup: string, client: string): JsonLine | undefined =>
      rows.find((row) => row['protocol'] === protocol && row['setup'] === setup && row['client'] === client)
    const ipv4 = {client_address_ip_family: 'inet', client_address_ip_type: 'plain'}
    const mapped = {client_address_ip_family: 'inet', client_address_ip_type: 'v4_mapped_v6'}
    const ipv6 = {client_address_ip_family: 'inet6', client_address_ip_type: 'plain'}
    for (const protocol of ['tcp', 'udp']) {
      expect(of(protocol, 'separate', 'IPv4')).toMatchObject({receivedBy: '0.0.0.0', peer: '127.0.0.1', ...ipv4})
      expect(of(protocol, 'separate', 'v4-mapped')).toMatchObject({receivedBy: '0.0.0.0', peer: '127.0.0.1', ...ipv4})
      expect(of(protocol, 'separate', 'IPv6')).toMatchObject({receivedBy: '::', peer: '::1', ...ipv6})
      expect(of(protocol, 'separate', 'link-local')).toMatchObject({receivedBy: '::', peer: 'fe80::6969', ...ipv6})
      expect(of(protocol, 'shared', 'IPv4')).toMatchObject({receivedBy: '::', peer: '::ffff:127.0.0.1', ...mapped})
    }
    expect(of('udp', 'separate', 'IPv4, another address')).toMatchObject({asked: '127.0.0.2', replyFrom: '127.0.0.1', replyFromAsked: false}) // prettier-ignore
    expect(of('tcp', 'separate', 'IPv4, another address')).toMatchObject({replyFromAsked: true})
    const ids = lines.filter(({kind}) => kind === 'isolation')
    expect(ids).toHaveLength(9)
    for (const {connect, announce, outcome} of ids) expect(outcome).toBe(connect === announce ? 'accepted' : 'refused')
  })

  const dialogue = async (port: number): Promise<readonly JsonLine[]> => {
    const servers = ['--server', `127.0.0.1:${port}`, '--server', `[::1]:${port}`]
    const {lines} = await ask('--port', '7099', '--protocol', 'udp', ...servers)
    return lines.filter(({kind, server}) => kind === 'isolation' && server !== undefined)
  }

  test('holds the dialogue of BEP 15 with a live tracker, straight and crossed over', async () => {
    const ids = await dialogue(7200)
    expect(ids.map(({connect, announce, outcome, said}) => [connect, announce, outcome, said])).toEqual([
      ['127.0.0.1', '127.0.0.1', 'accepted', undefined],
      ['127.0.0.1', '::1', 'refused', 'not your id'],
      ['::1', '127.0.0.1', 'refused', 'not your id'],
      ['::1', '::1', 'accepted', undefined],
    ])
  })

  test('takes a tracker’s word for a connect that it refuses, and no answer from another port', async () => {
    const ids = await dialogue(7201)
    expect(ids.map(({connect, announce, outcome, said}) => [connect, announce, outcome, said])).toEqual([
      ['127.0.0.1', '127.0.0.1', 'unanswered', undefined],
      ['127.0.0.1', '::1', 'unanswered', undefined],
      ['::1', '127.0.0.1', 'refused', 'go away'],
      ['::1', '::1', 'refused', 'go away'],
    ])
  })

  test('binds in the live namespace only when asked to, and says before what', async () => {
    const {lines, stderr} = await ask('--port', '7002', '--protocol', 'tcp', '--in-place')
    expect(stderr).toMatch(/^In the live network namespace this binds 0\.0\.0\.0:7002 and \[::\]:7002 \(tcp\)/)
    const live = lines.filter(({kind, place}) => kind === 'trial' && place === 'in-place')
    expect(live).toMatchObject([{sockets: [{address: '0.0.0.0', bind: 'EADDRINUSE'}]}, {sockets: [{address: '::', bind: 'ok', listen: null}]}]) // prettier-ignore
    const linkLocal = await ask('--port', '7098', '--protocol', 'udp', '--in-place', '--address', 'fe80::7%v0')
    const [bound] = linkLocal.lines.filter(({kind, place}) => kind === 'trial' && place === 'in-place')
    expect(bound).toMatchObject({sockets: [{address: 'fe80::7%v0', bind: 'ok'}]})
  })

  test('answers in a network namespace whose IPv6 is switched off', async () => {
    const off = 'ip link set lo up && sysctl -qw net.ipv6.conf.all.disable_ipv6=1 && exec "$@"'
    const prefix = ['unshare', '-n', 'sh', '-c', off, 'sh']
    await using plugin = new Plugin(['bindcheck', 'local', '-o', 'json'], {prefix})
    const {status, stderr} = await plugin.ended
    expect([status, stderr]).toEqual([0, ''])
    const ids = plugin.lines.filter(({kind}) => kind === 'isolation')
    expect(ids.map(({outcome}) => outcome)).toContain('unanswered')
  })

  test('needs no BPF: a kernel without type information answers as well', async () => {
    const hidden = 'mount -t tmpfs none /sys/kernel/btf && exec "$@"'
    const prefix = ['ip', 'netns', 'exec', home, 'unshare', '-m', 'sh', '-c', hidden, 'sh']
    await using plugin = new Plugin(['bindcheck', 'local', '--port', '6969', '--protocol', 'udp'], {prefix})
    const {status, stdout, stderr} = await plugin.ended
    expect(stderr).toBe('')
    expect(stdout).toContain('6969/udp: not as things are (application flag)')
    expect(stdout).toContain('net.ListenPacket("udp6", "[::]:6969")')
    expect(status).toBe(1)
  })

  test('changes nothing where it looks', async () => {
    const before = situation()
    await ask('--port', '6969')
    expect(situation()).toBe(before)
  })

  test.each([
    [['--port', '0'], '--port 0 is no port'],
    [['--port', '65536'], '--port 65536 is no port'],
    [['--address', 'localhost'], '--address localhost is no address'],
    [['--protocol', 'sctp'], '--protocol sctp is not tcp, udp or both'],
    [['--server', '::1:6969'], '--server ::1:6969 is not HOST:PORT'],
  ])('refuses %j in a sentence', async (words, sentence) => {
    const {status, stderr, lines} = await ask(...words)
    expect(stderr).toContain(`error: ${sentence}.`)
    expect(lines).toEqual([])
    expect(status).toBe(2)
  })
})
