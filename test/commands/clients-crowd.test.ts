import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {ClientsLab, kindsAt} from './clients-lab.ts'

const isRoot = process.getuid?.() === 0
const port = 18_421
/** More than the kernel's table of clients holds. */
const crowd = 33_000
const room = 32_768

/** Answers 16 bytes to each, from the address that the kernel chooses; says when it has answered so many. */
const server = `
import socket
made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0); made.setsockopt(socket.SOL_SOCKET, 33, 1 << 26); made.bind(('::', ${port}))
print('ready', flush=True)
for each in range(${crowd}): asked, client = made.recvfrom(100); made.sendto(asked[:16], client)
print('done', flush=True)
made.recv(100)
`

/** One socket in the name of many addresses: IPV6_FREEBIND, IPV6_PKTINFO. */
const many = `
import socket, struct
sender = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sender.setsockopt(socket.IPPROTO_IPV6, 78, 1)
prefix = socket.inet_pton(socket.AF_INET6, 'fd77::')[:12]
for each in range(${crowd}):
  sender.sendmsg([b'q' * 20], [(socket.IPPROTO_IPV6, 50, prefix + struct.pack('>I', each + 1) + bytes(4))], 0, ('::1', ${port}))
`

describe.skipIf(!isRoot)('clients of UDP', () => {
  let lab: ClientsLab

  beforeAll(() => {
    lab = new ClientsLab('crowd')
    lab.ip('route add local fd77::/64 dev lo')
  })
  afterAll(async () => {
    await lab[Symbol.asyncDispose]()
  })

  test('are counted exactly, both ways, where there are more than find room', async () => {
    const steps = await lab.start(server)
    const flags = ['--port', String(port), '--protocol', 'udp', '--interval', '5m', '-o', 'json']
    await using plugin = lab.plugin(['clients', 'local', ...flags])
    await plugin.until(/"kind":"start"/)
    await lab.run(many)
    await steps.heard()
    const {stderr} = await plugin.end()
    const {lines} = plugin
    const [ipv6] = kindsAt(lines, port) as Readonly<Record<string, unknown>>[]
    expect(ipv6, stderr).toMatchObject({clientsAtLeast: true, datagramsReceived: crowd, datagramsSent: crowd, bytesReceived: crowd * 20, bytesSent: crowd * 16}) // prettier-ignore
    expect(ipv6?.['clients']).toBeLessThan(room)
    expect(lines.at(-1)).toMatchObject({lost: {kernelRing: 0, untracked: 0, untallied: 0}})
  })
})
