import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {ClientsLab, kindsAt, type Steps} from './clients-lab.ts'

const isRoot = process.getuid?.() === 0
const port = 18_401
const nobody = 18_402
const quick = 18_403

/** Reads what comes over each connection, and answers ten bytes to each part of it. */
const server = `
import socket, threading
listener = socket.create_server(('::', ${port}), family=socket.AF_INET6, dualstack_ipv6=True, backlog=128)
def serve(connection):
  try:
    while connection.recv(65536): connection.sendall(b'0123456789')
  except ConnectionResetError: pass
  connection.close()
print('ready', flush=True)
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
`

/** Opened before we look, and used and closed while we do. */
const early = `
import socket, sys
connection = socket.create_connection(('::1', ${port}))
connection.sendall(b'x' * 100); connection.recv(10)
print('ready', flush=True)
sys.stdin.readline(); connection.sendall(b'y' * 55); connection.recv(10); print('sent', flush=True)
sys.stdin.readline(); connection.shutdown(socket.SHUT_WR); connection.recv(10); connection.close(); print('closed', flush=True)
sys.stdin.read()
`

const visits = `
import socket, struct
for address in ('::1', '127.0.0.1', '::ffff:127.0.0.1', '127.0.0.1'):
  connection = socket.create_connection((address, ${port}))
  connection.sendall(b'z' * 1000); connection.recv(10); connection.shutdown(socket.SHUT_WR)
  connection.recv(10); connection.close()
connection = socket.create_connection(('127.0.0.1', ${port}))
connection.sendall(b'z'); connection.recv(10)
connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); connection.close()
for address in ('::1', '127.0.0.1'):
  try: socket.create_connection((address, ${nobody}))
  except ConnectionRefusedError: pass
silent = socket.socket(socket.AF_INET6); silent.settimeout(0.2)
try: silent.connect(('fd00:dead::1', ${nobody}))
except TimeoutError: pass
silent.close()
`

/** Data comes with the SYN (RFC 7413), and the server has answered and closed before the client says more: it never does. */
const fastOpen = `
import socket, struct
open('/proc/sys/net/ipv4/tcp_fastopen', 'w').write(str(0x203))
listener = socket.create_server(('::', ${quick}), family=socket.AF_INET6)
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5); listener.settimeout(10)
ends = b''.join(socket.inet_pton(socket.AF_INET6, 'fd00:dead::' + each) for each in ('1', 'ff'))
def segment(checksum): return struct.pack('>HHIIBBHHH', 4000, ${quick}, 1, 0, 80, 2, 65535, checksum, 0) + b'hello!'
words = ends + struct.pack('>II', 26, 6) + segment(0)
total = sum(struct.unpack('>33H', words))
frame = struct.pack('>IHBB', 6 << 28, 26, 6, 64) + ends + segment(~(total % 65535) & 65535)
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); wire.bind(('v1', 0))
wire.send(bytes.fromhex(open('/sys/class/net/v0/address').read().replace(':', '')) + b'\\2' + bytes(5) + b'\\x86\\xdd' + frame)
connection = listener.accept()[0]; connection.recv(9); connection.close()
`

describe.skipIf(!isRoot)('clients of TCP', () => {
  let lab: ClientsLab
  let old: Steps

  beforeAll(async () => {
    lab = new ClientsLab('tcp')
    lab.addSilentNeighbour('fd00:dead::1')
    await lab.start(server)
    old = await lab.start(early)
  })
  afterAll(async () => {
    await lab[Symbol.asyncDispose]()
  })

  test('are counted by family and type, what was open before too, and their bytes while they are open', async () => {
    await using plugin = lab.watch('--port', `${port}-${quick}`, '--connections')
    await plugin.until(/"existing":1/)
    await old.next()
    await plugin.until(/"bytesReceived":55/)
    expect(kindsAt(plugin.lines, port)).toMatchObject([{family: 'inet6', open: 1, closed: 0, bytesReceived: 55, bytesSent: 10}]) // prettier-ignore
    await old.next()
    await lab.run(visits)
    await lab.run(fastOpen)
    const {stderr} = await plugin.end()
    const {lines} = plugin
    expect(kindsAt(lines, port), stderr).toMatchObject([
      {family: 'inet', type: 'v4_mapped_v6', clients: 1, connections: 4, opened: 4, closed: 4, reset: 1, bytesReceived: 3001, bytesSent: 40}, // prettier-ignore
      {family: 'inet6', type: 'plain', clients: 1, connections: 2, existing: 1, opened: 2, closed: 2, reset: 0, bytesReceived: 1055, bytesSent: 20}, // prettier-ignore
    ])
    expect(kindsAt(lines, quick)).toMatchObject([{family: 'inet6', opened: 1, open: 1, bytesReceived: 6}])
    const listener = lines.findLast(({kind, port: each}) => kind === 'listener' && each === port)
    expect(listener).toMatchObject({protocol: 'tcp', address: '::', v6only: false, accepts: [4, 6], process: 'python3', netns: lab.inode}) // prettier-ignore
    const client = lines.findLast(({kind, ip}) => kind === 'client' && ip === '127.0.0.1')
    expect(client).toMatchObject({listener: {address: '::', port, protocol: 'tcp'}, family: 'inet', type: 'v4_mapped_v6', connections: 4, bytesReceived: 3001}) // prettier-ignore
    const changes = lines.filter(({kind}) => kind === 'connection')
    const told = (event: string, reporter: string) =>
      changes.filter((each) => each['event'] === event && each['reporter'] === reporter).length
    expect([told('opened', 'destination'), told('closed', 'destination')]).toEqual([7, 6])
    expect([told('opened', 'source'), told('closed', 'source')]).toEqual([6, 6])
    expect([told('refused', 'source'), told('unanswered', 'source')]).toEqual([2, 1])
    const refused = changes.filter(({event}) => event === 'refused')
    expect(refused.map(({source}) => Number((source as {port?: number}).port) > 0)).toEqual([true, true])
    const summary = lines.at(-1)
    expect(summary?.['connections']).toMatchObject([
      {reporter: 'destination', family: 'inet', opened: 4, closed: 4, reset: 1, refused: 0},
      {reporter: 'destination', family: 'inet6', opened: 3, existing: 1, closed: 2, open: 1},
      {reporter: 'source', family: 'inet', opened: 4, closed: 4, refused: 1, unanswered: 0, bytesReceived: 3001},
      {reporter: 'source', family: 'inet6', opened: 2, closed: 2, refused: 1, unanswered: 1, bytesSent: 20},
    ])
    expect(summary).toMatchObject({lost: {kernelRing: 0, untracked: 0, untallied: 0}, complete: true, clean: true})
  })
})
