import {execFileSync} from 'node:child_process'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'

const isRoot = process.getuid?.() === 0
const home = `trace-${process.pid}-a`
const far = `trace-${process.pid}-b`
const run = (name: string, ...command: readonly string[]): Buffer =>
  execFileSync('ip', ['netns', 'exec', name, ...command], {timeout: 20_000})
const ip = (command: string): Buffer => execFileSync('ip', command.split(' '))

const datagrams = `
import socket, sys
out = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for each in range(int(sys.argv[2])):
  out.sendto(b'1234', ('fd00::b', int(sys.argv[1])))
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
    run(far, 'nft', rules)
    run(home, 'ping', '-6', '-c', '1', '-W', '5', 'fd00::b')
  })
  afterAll(() => {
    ip(`netns delete ${home}`)
    ip(`netns delete ${far}`)
  })

  test('are counted to the packet, by what dropped them, and the node is clean afterwards', async () => {
    await using plugin = new Plugin(['drops', 'local', '-o', 'json'], {prefix: ['ip', 'netns', 'exec', far]})
    await plugin.until(/"kind":"start"/)
    run(home, 'python3', '-c', datagrams, '99', '100')
    run(home, 'python3', '-c', datagrams, '98', '50')
    await plugin.until(/"reason":"NO_SOCKET"/)
    const {status} = await plugin.end()
    const drops = plugin.lines.filter(({kind}) => kind === 'drop')
    const of = (reason: string): readonly JsonLine[] =>
      drops.filter((line) => line['reason'] === reason && line['interface'] === 'v1' && line['protocol'] === 'UDP')
    const sum = (lines: readonly JsonLine[]): number => lines.reduce((all, line) => all + Number(line['count']), 0)
    expect(sum(of('NETFILTER_DROP'))).toBe(100)
    expect(sum(of('NO_SOCKET'))).toBe(50)
    expect(of('NETFILTER_DROP')[0]).toMatchObject({layer: 'netfilter', source: 'fd00::a', destination: 'fd00::b', benign: false}) // prettier-ignore
    const summary = plugin.lines.at(-1)
    expect(summary).toMatchObject({kind: 'summary', clean: true, counters: {Udp6NoPorts: 50}})
    expect(summary?.['drops']).toMatchObject({total: sum(drops), uncounted: 0})
    expect(status).toBe(0)
  })
})
