import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {ClientsLab, kindsAt} from './clients-lab.ts'

const isRoot = process.getuid?.() === 0
const port = 18_421
/** Given by the kernel to a server that asked for none. */
const givenPort = 18_500
/** More than the kernel's table of clients holds. */
const crowd = 33_000
const room = 32_768

const late = 50

/** Two sockets that answer 16 bytes to each, from the address that the kernel chooses; says when each has answered so many. */
const server = `
import socket
def serve(port):
  made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
  made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0); made.setsockopt(socket.SOL_SOCKET, 33, 1 << 26); made.bind(('::', port))
  return made
def give(ports):
  with open('/proc/sys/net/ipv4/ip_local_port_range', 'w') as file: file.write(ports)
def answer(made, count):
  for each in range(count): asked, client = made.recvfrom(100); made.sendto(asked[:16], client)
  print('done', flush=True)
chosen = serve(${port})
give('${givenPort} ${givenPort}'); given = serve(0); give('32768 60999')
print('ready', flush=True)
answer(chosen, ${crowd}); answer(given, ${late}); given.recv(100)
`

/** One socket in the name of many addresses: IPV6_FREEBIND, IPV6_PKTINFO. */
const ask = (to: number, count: number): string => `
import socket, struct
sender = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sender.setsockopt(socket.IPPROTO_IPV6, 78, 1)
prefix = socket.inet_pton(socket.AF_INET6, 'fd77::')[:12]
for each in range(${count}):
  sender.sendmsg([b'q' * 20], [(socket.IPPROTO_IPV6, 50, prefix + struct.pack('>I', each + 1) + bytes(4))], 0, ('::1', ${to}))
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
    const flags = ['--from-ip', 'fd77::/64', '--protocol', 'udp', '--interval', '5m', '-o', 'json']
    await using plugin = lab.plugin(['clients', 'local', ...flags])
    await plugin.until(/"kind":"start"/)
    await lab.run(ask(port, crowd))
    await steps.heard()
    await lab.run(ask(givenPort, late))
    await steps.heard()
    const {stderr} = await plugin.end()
    const {lines} = plugin
    const [ipv6] = kindsAt(lines, port) as Readonly<Record<string, unknown>>[]
    expect(ipv6, stderr).toMatchObject({clientsAtLeast: true, datagramsReceived: crowd, datagramsSent: crowd, bytesReceived: crowd * 20, bytesSent: crowd * 16}) // prettier-ignore
    expect(ipv6?.['clients']).toBeLessThan(room)
    expect(kindsAt(lines, givenPort)).toMatchObject([{clients: 0, clientsAtLeast: true, datagramsReceived: late, datagramsSent: late, bytesReceived: late * 20, bytesSent: late * 16}]) // prettier-ignore
    expect(lines.at(-1)).toMatchObject({lost: {kernelRing: 0, untracked: 0, untallied: 0}})
    // Without a name, each address is a workload of its own, and is counted by both ends.
    const told = lines.filter(({kind}) => kind === 'workload').length
    const untold = Number(lines.at(-1)?.['workloadsUntold'])
    expect([told, Math.round((told + untold) / 1000)]).toEqual([200, Math.round(room / 1000)])
  })
})
