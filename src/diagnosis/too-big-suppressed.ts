import {isLinkLocal, isMulticast} from '../address/scope.ts'
import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import type {NeighbourMessage} from './neighbour-message.ts'
import type {NodeView} from './node-view.ts'
import type {DropSample, Observation} from './observation.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'
import {suppressed as page} from './too-big-pages.ts'

interface Dropped {
  readonly source: string
  readonly destination: string
  readonly firstNs: bigint
  readonly bytes: number
  readonly interface: string | undefined
  count: number
}

const remembered = 512
const least = 3
/** The kernel answers at once; records of drops and of packets come by different ways. */
const patienceNs = 1_000_000_000n
/** So long a sender repeats what was lost. */
const holdNs = 30_000_000_000n

/** What this node, as a router, owes its senders. */
export const tooBigSuppressed: RuleKind = {
  pages: [page],
  hears: {types: [2, 133, 134, 135, 136, 143]},
  make: () => new TooBigSuppressed(),
}

class TooBigSuppressed implements Rule {
  readonly #dropped = new BoundedMap<string, Dropped>(remembered)
  readonly #answered = new BoundedMap<string, bigint>(remembered)
  readonly #heardOn = new Set<string>()

  hear(observation: Observation, _: Context, message?: NeighbourMessage): readonly Finding[] {
    if (observation.type === 'drop') this.#hearDrop(observation.drop, observation.timeNs)
    if (observation.type === 'packet' && this.#heardOn.size < 1024) this.#heardOn.add(observation.interface)
    // Incoming too: the kernel tells the drops of all its namespaces, and a router in one of them answers from there.
    if (message?.icmp.type === 2) this.#answered.set(message.destination, message.timeNs)
    return []
  }

  *tick(nowNs: bigint, {node}: Context): Generator<Finding> {
    for (const [key, dropped] of this.#dropped.entries()) {
      const age = nowNs - dropped.firstNs
      if (age < patienceNs || (dropped.count < least && age < holdNs)) continue
      this.#dropped.delete(key)
      const answeredNs = this.#answered.get(dropped.source)
      const isAnswered = answeredNs !== undefined && answeredNs >= dropped.firstNs - patienceNs
      if (dropped.count >= least && !isAnswered && this.#isHeard(dropped.source, node)) yield told(dropped, nowNs)
    }
  }

  #hearDrop({reason, symbol, packet, interface: name}: DropSample, timeNs: bigint): void {
    const ip = packet?.ip
    if (reason !== 'PKT_TOO_BIG' || packet === undefined || ip?.family !== 6) return
    if (symbol !== undefined && !symbol.startsWith('ip6_forward')) return
    const {source, destination} = ip
    if (source === '::' || isLinkLocal(source) || isMulticast(source)) return
    const key = `${source} ${destination}`
    const known = this.#dropped.get(key)
    if (known !== undefined) known.count++
    else this.#dropped.set(key, {source, destination, firstNs: timeNs, bytes: packet.bytes, interface: name, count: 1})
  }

  /** Something was heard where the answer would leave. */
  #isHeard(source: string, node: NodeView): boolean {
    const onLink = node.facts?.interfaces.filter(({name}) => node.isOnLink(name, source) === true) ?? []
    const ways = onLink.length > 0 ? onLink.map(({name}) => name) : defaultWays(node)
    return ways.length > 0 && ways.every((name) => this.#heardOn.has(name))
  }
}

const defaultWays = ({facts}: NodeView): readonly string[] =>
  facts?.routes.flatMap(({destination, interface: name}) => (destination === 'default' ? [name] : [])) ?? []

const told = ({source, destination, bytes, count, interface: name}: Dropped, timeNs: bigint): Finding =>
  finding(page, {
    timeNs,
    ...(name === undefined ? {} : {interface: name}),
    about: `${source} ${destination}`,
    detail: `this node dropped ${count} packets of ${source} to ${destination} as too big, and sent no Packet Too Big to it`,
    evidence: [
      `kernel: PKT_TOO_BIG in ip6_forward${name === undefined ? '' : ` on ${name}`}, the first of ${bytes} bytes`,
      `no ICMPv6 type 2 to ${source} left within a second`,
    ],
  })
