// The traffic of the demo: `serve` answers over TCP and UDP, `talk` asks. Both end with their network namespace's processes.
import {createSocket} from 'node:dgram'
import {connect, createServer} from 'node:net'

const page = Buffer.alloc(64 << 10, 'kubectl-ipv6 ')

function serve(): void {
  createServer((socket) => {
    socket.on('data', () => socket.end(page))
    socket.on('error', () => socket.destroy())
  }).listen(8080, '::')
  const udp = createSocket('udp6')
  udp.on('message', (question, from) =>
    udp.send(Buffer.concat([question, page.subarray(0, 400)]), from.port, from.address),
  )
  udp.bind(5353)
}

function talk(): void {
  const udp = createSocket('udp6')
  setInterval(() => udp.send('where are you?', 5353, 'fd6d::20'), 200)
  setInterval(() => {
    const socket = connect(8080, 'fd6d::20', () => socket.write('GET / HTTP/1.0\r\n\r\n'))
    socket.resume()
    socket.on('error', () => socket.destroy())
  }, 400)
}

if (process.argv[2] === 'serve') serve()
else talk()
