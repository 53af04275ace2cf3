import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {ClientsLab, kindsAt} from './clients-lab.ts'

const isRoot = process.getuid?.() === 0
const port = 18_411
const full = 18_412

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

const queued = `
import re, subprocess
text = subprocess.run(['ss', '-Hunlm', 'sport', '=', ':${full}'], capture_output=True, text=True).stdout
print(re.search(r',d(\\d+)', text).group(1))
`

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
    await using plugin = lab.watch('--port', `${port}-${full}`, '--protocol', 'udp')
    await plugin.until(/"kind":"start"/)
    await lab.run(visits)
    const dropped = Number(await lab.run(queued))
    const {stderr} = await plugin.end()
    const {lines} = plugin
    expect(kindsAt(lines, port), stderr).toMatchObject([
      {family: 'inet', type: 'v4_mapped_v6', clients: 1, datagramsReceived: 7, datagramsSent: 7, bytesReceived: 686, bytesSent: 112}, // prettier-ignore
      {family: 'inet6', type: 'plain', clients: 1, datagramsReceived: 3, datagramsSent: 3, bytesReceived: 294, bytesSent: 48}, // prettier-ignore
    ])
    const listener = lines.findLast(({kind, port: each}) => kind === 'listener' && each === port)
    expect(listener).toMatchObject({protocol: 'udp', address: '::', v6only: false, process: 'python3', netns: lab.inode}) // prettier-ignore
    // What found the queue full did not come to the socket.
    expect(dropped).toBeGreaterThan(0)
    expect(kindsAt(lines, full)).toMatchObject([
      {datagramsReceived: 200 - dropped, bytesReceived: 500 * (200 - dropped)},
    ])
    expect(lines.at(-1)).toMatchObject({lost: {kernelRing: 0, untracked: 0, untallied: 0}, clean: true})
  })
})
