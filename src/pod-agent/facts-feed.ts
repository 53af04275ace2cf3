import type {Facts} from '../protocol/message.ts'
import {LinkReader, readFacts} from './facts.ts'
import type {LinkFacts} from './facts-netlink.ts'
import {NeighbourCounters} from './facts-neighbours.ts'
import {Peers} from './facts-peers.ts'
import {NetlinkOverrun, NetlinkSocket} from './native/netlink.ts'
import {groups, readRawMessages} from './rtnetlink.ts'
import {Turns} from './turns.ts'

/** A change seldom comes alone. Neighbours change all the time on a busy node, and are told one by one elsewhere. */
const pauseMs = {change: 250, neighbour: 2000}
/** Most settings and the kernel's counters announce no change. */
const lookMs = 3000
/** RTM_NEWNEIGH and RTM_DELNEIGH. */
const neighbourTypes = new Set([28, 29])

export interface FactsListener {
  changed(message: Facts): void
  failed(cause: unknown): void
}

/** Tells the node's facts when they change. Made before the agent enters another network namespace, started in it. */
export class FactsFeed implements Disposable {
  readonly #listener: FactsListener
  readonly #counters = new NeighbourCounters()
  readonly #peers = new Peers()
  readonly #links = new LinkReader()
  #turns = new Turns()
  #socket: NetlinkSocket | undefined
  #looking: NodeJS.Timeout | undefined
  #timer: NodeJS.Timeout | undefined
  #due = Infinity
  #latest: Facts | undefined
  #said = ''

  constructor(listener: FactsListener) {
    this.#listener = listener
  }

  /** As last told; whoever connects again is told this. */
  get latest(): Facts | undefined {
    return this.#latest
  }

  /** Resolves when they are told for the first time. Each reading takes one of these turns. */
  async start(turns: Turns): Promise<void> {
    this.#turns = turns
    const {link, neighbour, ipv6Address, ipv6Route, ipv6Settings} = groups
    this.#socket = new NetlinkSocket(link | neighbour | ipv6Address | ipv6Route | ipv6Settings)
    this.#socket.onReadable(
      () => this.#hear(),
      (cause) => this.#listener.failed(cause),
    )
    await turns.take(() => this.#refresh(this.#links.read()))
    // Looking for the pods behind the interfaces takes its time, and hello does not wait for it.
    this.#plan(pauseMs.change)
    this.#looking = setInterval(() => this.#plan(0), lookMs)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#looking)
    clearTimeout(this.#timer)
    this.#due = -Infinity
    this.#socket?.[Symbol.dispose]()
    // A reading that is under way ends first.
    void this.#turns.take(() => this.#counters[Symbol.dispose]())
  }

  #hear(): void {
    const socket = this.#socket
    if (socket === undefined) return
    try {
      for (let datagram = socket.receive(); datagram !== undefined; datagram = socket.receive()) {
        const isMore = [...readRawMessages(datagram)].some(({type}) => !neighbourTypes.has(type))
        this.#plan(isMore ? pauseMs.change : pauseMs.neighbour)
      }
    } catch (cause) {
      if (!(cause instanceof NetlinkOverrun)) throw cause
      socket.discard()
      this.#plan(pauseMs.change)
    }
  }

  /** The earliest of what was planned counts. */
  #plan(inMs: number): void {
    const due = performance.now() + inMs
    if (due >= this.#due) return
    clearTimeout(this.#timer)
    this.#due = due
    this.#timer = setTimeout(() => void this.#look(), inMs)
  }

  async #look(): Promise<void> {
    this.#due = Infinity
    try {
      await this.#turns.take(async () => {
        const links = this.#links.read()
        await this.#peers.look(links)
        await this.#refresh(links)
      })
    } catch (cause) {
      this.#listener.failed(cause)
    }
  }

  async #refresh(links: readonly LinkFacts[]): Promise<void> {
    const facts = await readFacts({links, counters: this.#counters, peers: this.#peers})
    const said = JSON.stringify(facts, (key, value: unknown) => (passing.has(key) ? undefined : value))
    if (said === this.#said) return
    this.#said = said
    this.#latest = {type: 'facts', facts}
    this.#listener.changed(this.#latest)
  }
}

/** They change with every second. */
const passing = new Set(['validLifetime', 'preferredLifetime', 'expires'])
