// Listens in every way that Node names, on 9401 last, until its stdin ends.
import {createSocket, type SocketOptions} from 'node:dgram'
import {createServer, type ListenOptions} from 'node:net'

const tcp = (options: ListenOptions): Promise<void> =>
  new Promise((resolve) => createServer().listen(options, () => resolve()))
const udp = (options: SocketOptions, port: number): Promise<void> =>
  new Promise((resolve) => createSocket(options).bind(port, () => resolve()))

await tcp({port: 9402, host: '0.0.0.0'})
await tcp({port: 9402, host: '::', ipv6Only: true})
await udp({type: 'udp6'}, 9403)
await udp({type: 'udp6', ipv6Only: true}, 9404)
await tcp({port: 9401})
process.stdin.resume().on('end', () => process.exit())
