import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {once} from 'node:events'
import {statSync} from 'node:fs'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'

const isRoot = process.getuid?.() === 0
const home = `listen-${process.pid}-a`
const other = `listen-${process.pid}-b`
/** No process is in it. */
const mounted = `listen-${process.pid}-c`
const ip = (command: string): Buffer => execFileSync('ip', command.split(' '))

/** In `home` all that a wildcard can be; beside it a namespace with both families and a server for IPv4 alone. */
const servers = {
  [home]: `
import ctypes, os, socket, sys
def hold(family, kind, address, port, v6only=None):
  made = socket.socket(family, kind)
  if v6only is not None: made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
  made.bind((address, port))
  if kind == socket.SOCK_STREAM: made.listen()
  return made
I4, I6, TCP, UDP = socket.AF_INET, socket.AF_INET6, socket.SOCK_STREAM, socket.SOCK_DGRAM
kept = [hold(I4, TCP, '0.0.0.0', 8001), hold(I6, TCP, '::', 8002, 0), hold(I6, TCP, '::', 8003, 1),
  hold(I6, TCP, '::1', 8004), hold(I6, TCP, '::ffff:127.0.0.1', 8005, 0), hold(I6, UDP, '::', 8006, 1), hold(I4, UDP, '0.0.0.0', 8006)]
networks = [os.open(path, os.O_RDONLY) for path in ('/run/netns/${mounted}', '/proc/self/ns/net')]
enter = ctypes.CDLL(None).setns
enter(networks[0], 0)
kept += [hold(I6, TCP, '::', 8201, 0)]
enter(networks[1], 0)
print('ready', flush=True)
sys.stdin.read()
`,
  [other]: `
import socket, sys
kept = socket.create_server(('0.0.0.0', 8101))
print('ready', flush=True)
sys.stdin.read()
`,
}

async function list(): Promise<{readonly lines: readonly JsonLine[]; readonly status: number | null}> {
  await using plugin = new Plugin(['listeners', 'local', '-o', 'json'], {prefix: ['ip', 'netns', 'exec', home]})
  const {status, stderr} = await plugin.ended
  if (status !== 0 && status !== 1) throw new Error(stderr)
  return {lines: plugin.lines, status}
}

const inodeOf = (name: string): number => statSync(`/run/netns/${name}`).ino

describe.skipIf(!isRoot)('listeners', () => {
  const processes: ChildProcess[] = []

  beforeAll(async () => {
    for (const name of [home, other, mounted]) {
      ip(`netns add ${name}`)
      ip(`-n ${name} link set lo up`)
    }
    ip(`-n ${other} link add v0 type veth peer name v1`)
    ip(`-n ${other} link set v0 up`)
    ip(`-n ${other} link set v1 up`)
    ip(`-n ${other} address add fd00::1/64 dev v0 nodad`)
    for (const [name, program] of Object.entries(servers)) {
      const child = spawn('ip', ['netns', 'exec', name, '/usr/bin/python3', '-c', program], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      processes.push(child)
      await once(child.stdout, 'data')
    }
  })
  afterAll(async () => {
    const ended = processes.map((child) => once(child, 'close'))
    for (const child of processes) child.stdin?.end()
    await Promise.all(ended)
    for (const name of [home, other, mounted]) ip(`netns delete ${name}`)
  })

  test('of a namespace are told with V6ONLY as the kernel has it, and the families that reach them', async () => {
    const {lines} = await list()
    const own = lines.filter(({kind, netns}) => kind === 'listener' && netns === inodeOf(home))
    const told = own.map(({protocol, address, port, v6only, accepts, process: name}) => [protocol, address, port, v6only, accepts, name]) // prettier-ignore
    expect(told.toSorted((a, b) => Number(a[2]) - Number(b[2]) || String(a[1]).localeCompare(String(b[1])))).toEqual([
      ['tcp', '0.0.0.0', 8001, null, [4], 'python3'],
      ['tcp', '::', 8002, false, [4, 6], 'python3'],
      ['tcp', '::', 8003, true, [6], 'python3'],
      ['tcp', '::1', 8004, true, [6], 'python3'],
      ['tcp', '::ffff:127.0.0.1', 8005, false, [4], 'python3'],
      ['udp', '::', 8006, true, [6], 'python3'],
      ['udp', '0.0.0.0', 8006, null, [4], 'python3'],
    ].toSorted((a, b) => Number(a[2]) - Number(b[2]) || String(a[1]).localeCompare(String(b[1])))) // prettier-ignore
  })

  test('of other namespaces are told as well, and what only IPv4 reaches where IPv6 is at home', async () => {
    const {lines} = await list()
    const there = lines.filter(({kind, netns}) => kind === 'listener' && netns === inodeOf(other))
    expect(there).toMatchObject([{protocol: 'tcp', address: '0.0.0.0', port: 8101, accepts: [4]}])
    const held = lines.filter(({kind, netns}) => kind === 'listener' && netns === inodeOf(mounted))
    expect(held).toMatchObject([{address: '::', port: 8201, accepts: [4, 6], process: 'python3'}])
    const found = lines.filter(({kind, detail}) => kind === 'finding' && String(detail).includes('8101/tcp'))
    expect(found).toMatchObject([{rule: 'bind/v4-only', severity: 'warning'}])
    expect(lines.at(-1)).toMatchObject({kind: 'summary', clean: true, complete: true})
    await using plugin = new Plugin(['listeners', 'local'], {prefix: ['ip', 'netns', 'exec', home]})
    const {stdout} = await plugin.ended
    expect(stdout).toMatch(new RegExp(`^network namespace ${inodeOf(other)} {2}bindv6only=0$`, 'm'))
  })
})
