import {execFileSync} from 'node:child_process'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'

const isRoot = process.getuid?.() === 0
/** The machine may be busy with other tests. */
const patienceMs = 50_000
const home = `trace-${process.pid}-a`
const far = `trace-${process.pid}-b`
const run = (name: string, ...command: readonly string[]): Buffer =>
  execFileSync('ip', ['netns', 'exec', name, ...command], {timeout: 20_000})
const ip = (command: string): Buffer => execFileSync('ip', command.split(' '))

const datagrams = `
import socket, sys
out = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
out.bind((sys.argv[3], 0))
for each in range(int(sys.argv[2])):
  out.sendto(b'1234', ('fd00::b', int(sys.argv[1])))
`
const joining = `
import socket, struct
group = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
group.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, 'ff02::4242') + struct.pack('I', socket.if_nametoindex('v0')))
`
const rules =
  'add table ip6 t; add chain ip6 t c { type filter hook input priority 0; }; add rule ip6 t c udp dport 99 drop'

describe.skipIf(!isRoot)('drops', () => {
  beforeAll(() => {
    ip(`netns add ${home}`)
    ip(`netns add ${far}`)
    ip(`-n ${home} link add v0 type veth peer name v1 netns ${far}`)
    for (const [name, device, address] of [[home, 'v0', 'fd00::a'], [far, 'v1', 'fd00::b']] as const) {
      ip(`-n ${name} link set lo up`)
      ip(`-n ${name} link set ${device} up`)
      ip(`-n ${name} address add ${address}/64 dev ${device} nodad`)
    } // prettier-ignore
    ip(`-n ${home} address add fd00::a2/64 dev v0 nodad`)
    run(far, 'nft', rules)
    run(home, 'ping', '-6', '-c', '1', '-W', '5', 'fd00::b')
  })
  afterAll(() => {
    ip(`netns delete ${home}`)
    ip(`netns delete ${far}`)
  })

  const start = (...args: readonly string[]): Plugin =>
    new Plugin(['drops', 'local', ...args, '-o', 'json'], {prefix: ['ip', 'netns', 'exec', far]})
  const send = (port: number, count: number, source = 'fd00::a'): Buffer =>
    run(home, '/usr/bin/python3', '-c', datagrams, String(port), String(count), source)
  /** Of what the test sends, in its own namespace: others on this machine drop packets too. */
  const ours = (plugin: Plugin): readonly JsonLine[] =>
    plugin.lines.filter(({kind, networkName, protocol}) => kind === 'drop' && networkName === far && protocol === 'UDP')
  const sum = (lines: readonly JsonLine[]): number => lines.reduce((all, line) => all + Number(line['count']), 0)

  test('are counted to the packet, by what dropped them, and the node is clean afterwards', async () => {
    await using plugin = start()
    await plugin.until(/"kind":"start"/, patienceMs)
    send(99, 100)
    send(98, 50)
    await plugin.until(/"reason":"NO_SOCKET"/, patienceMs)
    const {status} = await plugin.end()
    const of = (reason: string): readonly JsonLine[] => ours(plugin).filter((line) => line['reason'] === reason)
    expect(sum(of('NETFILTER_DROP'))).toBe(100)
    expect(sum(of('NO_SOCKET'))).toBe(50)
    expect(of('NETFILTER_DROP')[0]).toMatchObject({
      interface: 'v1', direction: 'ingress', layer: 'netfilter', source: 'fd00::a', destination: 'fd00::b', benign: false,
      sample: {destinationPort: 99},
    }) // prettier-ignore
    const summary = plugin.lines.at(-1)
    expect(summary).toMatchObject({kind: 'summary', clean: true, counters: {Udp6NoPorts: 50}, lost: {kernelRing: 0}})
    const all = plugin.lines.filter(({kind}) => kind === 'drop')
    expect(summary?.['drops']).toMatchObject({total: sum(all), uncounted: 0, filtered: 0})
    expect(status).toBe(0)
  })

  test('are told apart by who sent them to whom, without mixing their counts', async () => {
    await using plugin = start('-i', 'v1', '--port', '97')
    await plugin.until(/"kind":"start"/, patienceMs)
    send(97, 30)
    send(97, 20, 'fd00::a2')
    await plugin.until(/"source":"fd00::a2"/, patienceMs)
    await plugin.end()
    const of = (source: string): number => sum(ours(plugin).filter((line) => line['source'] === source))
    expect([of('fd00::a'), of('fd00::a2')]).toEqual([30, 20])
  })

  test.each([
    ['--not', '--port', '99', '--port', '97'],
    ['--protocol', 'udp', '--from-ip', 'fd00::a2', '--direction', 'ingress', '-i', 'v[0-9]', '-i', '!v0'],
  ])('are filtered in the kernel, exactly, and what is left out is counted: %j %j', async (...filter) => {
    await using plugin = start(...filter)
    await plugin.until(/"kind":"start"/, patienceMs)
    send(99, 70)
    send(97, 40, 'fd00::a2')
    await plugin.until(/"source":"fd00::a2"/, patienceMs)
    await plugin.end()
    expect(ours(plugin).every(({source, reason}) => source === 'fd00::a2' && reason === 'NO_SOCKET')).toBe(true)
    expect(sum(ours(plugin))).toBe(40)
    expect((plugin.lines.at(-1)?.['drops'] as {filtered: number}).filtered).toBeGreaterThanOrEqual(70)
  })

  test.each([
    [['--family', '4', '--icmp-type', 'neighbor-solicitation'], 'is no ICMP type'],
    [['--protocol', 'tcp', '--icmp-type', '135'], 'No packet can match'],
    [['--pod', 'web'], 'knows addresses only'],
    [['-i', '!*'], 'leaves out every interface'],
    [['--port', '0'], 'matches nothing'],
    [['-o', 'live'], '-o live needs a terminal'],
  ])('are refused where the filter can match nothing, or makes no sense: %j', async (args, message) => {
    await using plugin = new Plugin(['drops', 'local', ...args])
    const {status, stderr} = await plugin.ended
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  test('show multicast listener reports as what they are, behind their hop-by-hop header', async () => {
    await using plugin = start('--icmp-type', 'mldv2-report')
    await plugin.until(/"kind":"start"/, patienceMs)
    run(home, '/usr/bin/python3', '-c', joining)
    await plugin.until(/"kind":"drop"/, patienceMs)
    await plugin.end()
    const [line] = plugin.lines.filter(({kind, networkName}) => kind === 'drop' && networkName === far)
    expect(line).toMatchObject({
      protocol: 'ICMPv6', icmp: {type: 143, name: 'multicast-listener-report-v2'}, destination: 'ff02::16',
      reason: 'NOT_SPECIFIED', symbol: 'ip6_mc_input', benign: true,
    }) // prettier-ignore
  })
})
