import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import type {Plugin} from '../support/plugin.ts'
import {ClientsLab, kindsAt} from './clients-lab.ts'

const isRoot = process.getuid?.() === 0
const port = 18_411
const full = 18_412
const late = 18_413

/** torrust's case: one socket on [::] for both families, which answers 16 bytes. And one that never reads, with a small queue. */
const server = `
import socket
def bound(port):
  made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
  made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0); made.bind(('::', port))
  return made
tracker, full = bound(${port}), bound(${full})
full.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
print('ready', flush=True)
while True:
  asked, client = tracker.recvfrom(70000)
  tracker.sendto(asked[:16], client)
`

const visits = `
import socket
for address, family, count in (('::1', socket.AF_INET6, 3), ('127.0.0.1', socket.AF_INET, 5), ('::ffff:127.0.0.1', socket.AF_INET6, 2)):
  client = socket.socket(family, socket.SOCK_DGRAM)
  for each in range(count):
    client.sendto(b'q' * 98, (address, ${port})); client.recv(100)
  client.close()
flood = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for each in range(200): flood.sendto(b'f' * 500, ('::1', ${full}))
`

/** Asks one address, and is answered from another. */
const elsewhere = `
import socket
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.bind(('127.0.0.9', 0))
client.sendto(b'q' * 20, ('127.0.0.2', ${port}))
print(client.recvfrom(100)[1][0], client.getsockname()[1])
`

/** Sockets at ports that the kernel chooses: some ask and end, and others, in whose memory they may come to be, are asked. */
const chosen = `
import socket, time
def bound():
  made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); made.bind(('127.7.7.7', 0))
  return made
askers = [bound() for each in range(32)]
asked = [each.getsockname()[1] for each in askers]
for each in askers: each.sendto(b'q' * 20, ('127.0.0.1', ${port})); each.recv(100); each.close()
# The kernel gives their memory back when every processor has been elsewhere.
time.sleep(0.3)
servers, client = [], bound()
while len(servers) < 32:
  made = bound()
  if made.getsockname()[1] not in asked: servers.append(made)
for each in servers: client.sendto(b'q', each.getsockname()); each.sendto(b'a' * 2, each.recvfrom(100)[1]); client.recv(100)
print(*asked); print(*[each.getsockname()[1] for each in servers])
`

/** A server that comes while we look, and connects a socket to its client to answer. */
const newcomer = `
import socket, sys
server, own, client = [socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) for each in range(3)]
for each in (server, own): each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(('::', ${late})); client.sendto(b'q', ('::1', ${late}))
peer = server.recvfrom(10)[1]
own.bind(('::1', ${late})); own.connect(peer); own.send(b'abc'); client.recv(10)
client.sendto(b'qq', ('::1', ${late})); own.recv(10)
print('ready', flush=True)
sys.stdin.read()
`

const queued = `
import re, subprocess
text = subprocess.run(['ss', '-Hunlm', 'sport', '=', ':${full}'], capture_output=True, text=True).stdout
print(re.search(r',d(\\d+)', text).group(1))
`

const isAt = (end: unknown, ip: string): boolean => (end as {readonly ip?: string}).ip === ip // the contract's fields

describe.skipIf(!isRoot)('clients of UDP', () => {
  let lab: ClientsLab

  beforeAll(async () => {
    lab = new ClientsLab('udp')
    await lab.start(server)
  })
  afterAll(async () => {
    await lab[Symbol.asyncDispose]()
  })

  test('of a [::] socket are IPv4 as v4_mapped_v6 or IPv6 as plain, with their datagrams and bytes both ways', async () => {
    await using plugin = lab.watch('--port', `${port}-${late}`, '--protocol', 'udp')
    await plugin.until(/"kind":"start"/)
    await lab.run(visits)
    const [answered, own] = (await lab.run(elsewhere)).trim().split(' ')
    expect(answered).toBe('127.0.0.1')
    await lab.start(newcomer)
    const dropped = Number(await lab.run(queued))
    const {stderr} = await plugin.end()
    const {lines} = plugin
    expect(kindsAt(lines, port), stderr).toMatchObject([
      {family: 'inet', type: 'v4_mapped_v6', clients: 2, datagramsReceived: 8, datagramsSent: 8, bytesReceived: 706, bytesSent: 128}, // prettier-ignore
      {family: 'inet6', type: 'plain', clients: 1, datagramsReceived: 3, datagramsSent: 3, bytesReceived: 294, bytesSent: 48}, // prettier-ignore
    ])
    for (const own of [port, late]) {
      const listener = lines.findLast(({kind, port: each}) => kind === 'listener' && each === own)
      expect(listener).toMatchObject({protocol: 'udp', address: '::', v6only: false, accepts: [4, 6], process: 'python3', netns: lab.inode}) // prettier-ignore
    }
    expect(kindsAt(lines, late)).toMatchObject([{clients: 1, datagramsReceived: 2, datagramsSent: 1, bytesReceived: 3, bytesSent: 3}]) // prettier-ignore
    // An answer from another address than was asked makes no listener of who asked.
    expect(lines.filter(({kind}) => kind === 'listener').map((each) => each['port'])).not.toContain(Number(own))
    const asked = (ip: string) =>
      lines.findLast(({kind, reporter, source, destination}) => kind === 'workload' && reporter === 'source' && isAt(source, '127.0.0.9') && isAt(destination, ip)) // prettier-ignore
    expect(asked('127.0.0.2')).toMatchObject({datagramsReceived: 1, datagramsSent: 0})
    expect(asked('127.0.0.1')).toMatchObject({datagramsReceived: 0, datagramsSent: 1})
    // What found the queue full did not come to the socket.
    expect(dropped).toBeGreaterThan(0)
    expect(kindsAt(lines, full)).toMatchObject([
      {datagramsReceived: 200 - dropped, bytesReceived: 500 * (200 - dropped)},
    ])
    expect(lines.at(-1)).toMatchObject({lost: {kernelRing: 0, untracked: 0, untallied: 0}, clean: true})
  })

  test('are who spoke first, whichever direction is asked for, and whose memory a socket is in', async () => {
    const watch = (...flags: string[]) => lab.watch('--protocol', 'udp', '--ip', '127.7.7.7', ...flags)
    await using both = watch()
    await using ingress = watch('--direction', 'ingress')
    await using egress = watch('--direction', 'egress')
    const all = [both, ingress, egress]
    await Promise.all(all.map((plugin) => plugin.until(/"kind":"start"/)))
    const [asked = [], servers = []] = (await lab.run(chosen)).trim().split('\n').map((line) => line.split(' ').map(Number)) // prettier-ignore
    await Promise.all(all.map((plugin) => plugin.end()))
    const listening = ({lines}: Plugin) => new Set(lines.filter(({kind, clients}) => kind === 'listener' && clients !== undefined).map((each) => each['port'])) // prettier-ignore
    const connected = ({lines}: Plugin) => lines.filter(({kind, reporter}) => kind === 'workload' && reporter === 'source').map(({destination}) => (destination as {readonly port: number}).port) // prettier-ignore
    expect(listening(both)).toEqual(new Set([port, ...servers]))
    // They have ended: their addresses say what they took.
    expect(both.lines.findLast(({kind, port: each}) => kind === 'listener' && each === servers[0])).toMatchObject({accepts: [4]}) // prettier-ignore
    expect(listening(ingress)).toEqual(new Set([port, ...servers]))
    expect(listening(egress)).toEqual(new Set())
    expect(asked).toHaveLength(32)
    for (const plugin of [both, egress]) expect(new Set(connected(plugin))).toEqual(new Set([port, ...servers]))
    expect(connected(ingress)).toEqual([])
  })
})
