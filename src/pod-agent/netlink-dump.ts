import {constants} from 'node:os'
import {NativeError} from './native/failure.ts'
import type {NetlinkSocket} from './native/netlink.ts'
import {type DumpRequest, readRawMessages, readRouteMessages, type RouteMessage} from './rtnetlink.ts'

const mostDumps = 5

type Socket = Pick<NetlinkSocket, 'send' | 'receive'>

/** All that the kernel answers. It marks a dump during which its tables changed, and is then asked again. */
export function readDump(socket: Socket, request: DumpRequest): readonly RouteMessage[] {
  for (let attempt = 1; ; attempt++) {
    socket.send(request(attempt))
    const messages = readAnswer(socket)
    if (attempt === mostDumps || !messages.some(({type}) => type === 'interrupted')) return messages
  }
}

/** Throws where what came is not all: its tables changed during every attempt, or the kernel gave up on the way. */
export function readWholeDump(socket: Socket, request: DumpRequest): readonly RouteMessage[] {
  const messages = readDump(socket, request)
  for (const message of messages) {
    if (message.type === 'interrupted') throw new NativeError('a netlink dump', constants.errno.EINTR)
    if (message.type === 'done' && message.errno !== 0) throw new NativeError('a netlink dump', message.errno)
  }
  return messages
}

function readAnswer(socket: Socket): readonly RouteMessage[] {
  const messages: RouteMessage[] = []
  for (;;) {
    // The kernel writes the next part of a dump while the last is read, so that one is always there.
    const datagram = socket.receive()
    if (datagram === undefined) throw new Error('a netlink dump ended before its end')
    for (const message of readRouteMessages(datagram)) {
      if (message.type === 'error') throw new NativeError('a netlink dump', message.errno)
      messages.push(message)
      if (message.type === 'done') return messages
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
  socket: Socket,
  request: DumpRequest,
  read: (body: Buffer) => Part | undefined,
): Generator<Part> {
  socket.send(request(1))
  for (;;) {
    const datagram = socket.receive()
    if (datagram === undefined) throw new Error('a netlink dump ended before its end')
    for (const {type, body} of readRawMessages(datagram)) {
      if (type === error) throw new NativeError('a netlink dump', -body.readInt32LE(0))
      if (type === done) return
      const part = read(body)
      if (part !== undefined) yield part
    }
  }
}
