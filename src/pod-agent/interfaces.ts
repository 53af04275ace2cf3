import {type KnownLink, type LinkChange, LinkTable} from './link-table.ts'
import {NetlinkOverrun, NetlinkSocket} from './native/netlink.ts'
import {addressDump, groups, linkDump, readRouteMessages, type RouteMessage} from './rtnetlink.ts'

const mostDumps = 5

export interface InterfaceListener {
  changed(link: KnownLink): void
  gone(link: KnownLink): void
  failed(cause: unknown): void
}

/** The interfaces of this thread's network namespace: all that are there, then every change as the kernel announces it. */
export class Interfaces implements Disposable {
  readonly #table = new LinkTable()
  readonly #listener: InterfaceListener
  readonly #events: NetlinkSocket

  constructor(listener: InterfaceListener) {
    this.#listener = listener
    // Subscribed before the dump: what changes meanwhile is told again rather than never.
    this.#events = new NetlinkSocket(groups.link | groups.ipv4Address | groups.ipv6Address)
    this.#refresh()
    this.#events.onReadable(
      () => this.#follow(),
      (cause) => listener.failed(cause),
    )
  }

  get all(): readonly KnownLink[] {
    return this.#table.links
  }

  [Symbol.dispose](): void {
    this.#events[Symbol.dispose]()
  }

  #follow(): void {
    try {
      for (let datagram = this.#events.receive(); datagram !== undefined; datagram = this.#events.receive()) {
        for (const message of readRouteMessages(datagram)) this.#tell(this.#table.apply(message))
      }
    } catch (cause) {
      if (!(cause instanceof NetlinkOverrun)) throw cause
      this.#events.discard()
      this.#refresh()
    }
  }

  #refresh(): void {
    for (const change of this.#table.replace(dumpAll())) this.#tell(change)
  }

  #tell(change: LinkChange | undefined): void {
    if (change?.type === 'changed') this.#listener.changed(change.link)
    if (change?.type === 'gone') this.#listener.gone(change.link)
  }
}

function dumpAll(): readonly RouteMessage[] {
  using socket = new NetlinkSocket(0)
  return [...dump(socket, linkDump), ...dump(socket, addressDump)]
}

/** The kernel marks a dump during which its tables changed; it is then asked again. */
function dump(socket: NetlinkSocket, request: (sequence: number) => Uint8Array): readonly RouteMessage[] {
  for (let attempt = 1; ; attempt++) {
    socket.send(request(attempt))
    const messages = readDump(socket)
    if (attempt === mostDumps || !messages.some(({type}) => type === 'interrupted')) return messages
  }
}

function readDump(socket: NetlinkSocket): readonly RouteMessage[] {
  const messages: RouteMessage[] = []
  for (;;) {
    // The kernel writes the next part of a dump while the last is read, so that one is always there.
    const datagram = socket.receive()
    if (datagram === undefined) throw new Error('a netlink dump ended before its end')
    for (const message of readRouteMessages(datagram)) {
      if (message.type === 'error') throw new Error(`a netlink dump was refused with errno ${message.errno}`)
      if (message.type === 'done') return messages
      messages.push(message)
    }
  }
}
