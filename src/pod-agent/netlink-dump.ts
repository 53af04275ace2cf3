import type {NetlinkSocket} from './native/netlink.ts'
import {type DumpRequest, readRawMessages, readRouteMessages, type RouteMessage} from './rtnetlink.ts'

const mostDumps = 5

/** The kernel does not answer this. */
export class DumpRefusal extends Error {}

/** All that the kernel answers. It marks a dump during which its tables changed, and is then asked again. */
export function readDump(socket: NetlinkSocket, request: DumpRequest): readonly RouteMessage[] {
  for (let attempt = 1; ; attempt++) {
    socket.send(request(attempt))
    const messages = readAnswer(socket)
    if (attempt === mostDumps || !messages.some(({type}) => type === 'interrupted')) return messages
  }
}

function readAnswer(socket: NetlinkSocket): readonly RouteMessage[] {
  const messages: RouteMessage[] = []
  for (;;) {
    // The kernel writes the next part of a dump while the last is read, so that one is always there.
    const datagram = socket.receive()
    if (datagram === undefined) throw new Error('a netlink dump ended before its end')
    for (const message of readRouteMessages(datagram)) {
      if (message.type === 'error') throw new DumpRefusal(`a netlink dump was refused with errno ${message.errno}`)
      if (message.type === 'done') return messages
      messages.push(message)
    }
  }
}

const done = 3
const error = 2

/**
 * Each message of a dump as `read` understands it; a table that changes meanwhile may be told in part. Who stops before the end leaves the
 * rest in the socket, which is then of no further use.
 */
export function* readParts<Part>(
  socket: NetlinkSocket,
  request: DumpRequest,
  read: (body: Buffer) => Part | undefined,
): Generator<Part> {
  socket.send(request(1))
  for (;;) {
    const datagram = socket.receive()
    if (datagram === undefined) throw new Error('a netlink dump ended before its end')
    for (const {type, body} of readRawMessages(datagram)) {
      if (type === error) throw new DumpRefusal(`a netlink dump was refused with errno ${-body.readInt32LE(0)}`)
      if (type === done) return
      const part = read(body)
      if (part !== undefined) yield part
    }
  }
}
