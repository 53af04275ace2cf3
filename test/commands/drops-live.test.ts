import {execFileSync, spawn, spawnSync} from 'node:child_process'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Screen} from '../support/screen.ts'

const plugin = join(import.meta.dirname, '../../bin/kubectl-ipv6')
const isRoot = process.getuid?.() === 0
const [near, far] = [`kd-${process.pid}-a`, `kd-${process.pid}-b`]
const ip = (command: string): Buffer => execFileSync('ip', command.split(' '))

/** Three in four to a port that a rule drops, the others to one that nobody has. */
const datagrams = `
import socket, time
out = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
while True:
  for port in (99, 99, 99, 98):
    try: out.sendto(b'1234', ('fd00:d::b', port))
    except ConnectionRefusedError: pass
  time.sleep(0.05)`
const rules =
  'add table ip6 t; add chain ip6 t c { type filter hook input priority 0; }; add rule ip6 t c udp dport 99 drop'

describe.skipIf(!isRoot || spawnSync('tmux', ['-V']).status !== 0)('drops on a terminal (needs root and tmux)', () => {
  beforeAll(() => {
    ip(`netns add ${near}`)
    ip(`netns add ${far}`)
    ip(`-n ${near} link add v0 type veth peer name v1 netns ${far}`)
    for (const [name, device, address] of [[near, 'v0', 'fd00:d::a'], [far, 'v1', 'fd00:d::b']] as const) {
      ip(`-n ${name} link set lo up`)
      ip(`-n ${name} link set ${device} up`)
      ip(`-n ${name} address add ${address}/64 dev ${device} nodad`)
    } // prettier-ignore
    execFileSync('ip', ['netns', 'exec', far, 'nft', rules])
    spawn('ip', ['netns', 'exec', near, '/usr/bin/python3', '-c', datagrams], {stdio: 'ignore'})
  })
  afterAll(() => {
    const pids = execFileSync('ip', ['netns', 'pids', near], {encoding: 'utf8'}).split('\n').filter(Boolean)
    for (const pid of pids) process.kill(Number(pid), 'SIGKILL')
    for (const each of [near, far]) ip(`netns delete ${each}`)
  })

  test('are a table of kinds by rate that is sorted, filtered and opened by keys, and leaves the heaviest behind', async () => {
    await using screen = new Screen(
      `echo before; ip netns exec ${far} ${plugin} drops local --ip fd00:d::/32; echo status=$?`,
    )
    await screen.shows('nobody listens there')
    const rows = (): readonly string[] => screen.text.split('\n').filter((line) => /^ +[\d.]+ +[\d.]+ .* v1 /.test(line))
    await screen.until(() => rows().length === 2)
    expect(screen.mode).toBe('1 0')
    expect(screen.text).toMatch(/^kubectl ipv6 drops local --ip fd00:d::\/32 +[\d.]+m?s\n[\d.]+ pkt\/s dropped/)
    await screen.until(() => /netfilter +a rule of nftables.* UDP +v1 +kd-/.test(rows()[0] ?? ''))
    screen.press('r')
    await screen.shows('DROPS/S▲')
    await screen.until(() => rows()[0]?.includes('nobody listens there') === true)
    screen.press('s', 'r', 'Enter')
    await screen.shows('reason     NETFILTER_DROP in nft_do_chain')
    await screen.until(() => /between +[\d,]+ fd00:d::a → fd00:d::b, e\.g\. port 99/.test(screen.text))
    screen.press('/')
    screen.type('no_socket')
    await screen.until(() => rows().length === 1 && screen.text.includes('1 of 2 kinds'))
    screen.press('Escape', 'Space')
    await screen.shows('PAUSED')
    screen.press('q')
    await screen.shows('status=0')
    expect(screen.mode).toBe('0 1')
    expect(screen.scrolled).toMatch(/before[\s\S]*dropped by netfilter on v1: [\s\S]*dropped by socket on v1: [\s\S]*local: [\d,]+ packets dropped in [\s\S]*nothing is left/)
  }) // prettier-ignore

  test('are lines with -o text, as when piped', async () => {
    await using screen = new Screen(`ip netns exec ${far} ${plugin} drops local --ip fd00:d::/32 -o text --duration 2s`)
    await screen.shows('dropped by netfilter on v1: a rule of nftables')
    expect(screen.mode).toBe('0 1')
    await screen.shows('nothing is left')
  })
})
