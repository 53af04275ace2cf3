import {type KnownLink, type LinkChange, LinkTable} from './link-table.ts'
import {NetlinkOverrun, NetlinkSocket} from './native/netlink.ts'
import {readDump} from './netlink-dump.ts'
import {addressDump, groups, linkDump, readRouteMessages, type RouteMessage} from './rtnetlink.ts'

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
    this.#table.replace(dumpAll())
    this.#events.onReadable(
      () => this.#follow(),
      (cause) => listener.failed(cause),
    )
  }

  get all(): readonly KnownLink[] {
    return this.#table.links
  }

  find(index: number | undefined): KnownLink | undefined {
    return index === undefined ? undefined : this.#table.find(index)
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

/** The interfaces that are there now. */
export function presentLinks(): readonly KnownLink[] {
  const table = new LinkTable()
  table.replace(dumpAll())
  return table.links
}

function dumpAll(): readonly RouteMessage[] {
  using socket = new NetlinkSocket(0)
  return [...readDump(socket, linkDump), ...readDump(socket, addressDump)]
}
