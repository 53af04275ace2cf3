import type {NetlinkSocket} from './native/netlink.ts'
import {type DumpRequest, readRouteMessages, type RouteMessage} from './rtnetlink.ts'

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
