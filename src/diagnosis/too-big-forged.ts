import type {Packet} from '../packet/packet.ts'
import type {Finding} from './finding.ts'
import {type NeighbourMessage, who} from './neighbour-message.ts'
import type {Observation} from './observation.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'
import {forged as page} from './too-big-pages.ts'

const remembered = 16_384
/** A packet is answered within its round-trip time. */
const roundTripNs = 3_000_000_000n

/** What a Packet Too Big quotes, against what was sent. */
export const tooBigForged: RuleKind = {
  pages: [page],
  hears: {types: [2], packets: 'all'},
  make: () => new TooBigForged(),
}

class TooBigForged implements Rule {
  /** Connections of which a packet was heard. Once there are too many to remember, none is said to be missing. */
  readonly #heard = new Set<string>()
  #isFull = false
  #sinceNs: bigint | undefined;

  *hear(observation: Observation, context: Context, message?: NeighbourMessage): Generator<Finding> {
    if (observation.type !== 'packet') return
    this.#sinceNs ??= observation.timeNs
    if (message?.icmp.type === 2) yield* this.#judge(message, context)
    else if (context.options.hearsAll === true) this.#learn(observation.packet)
  }

  *#judge(message: NeighbourMessage, {node, options}: Context): Generator<Finding> {
    const {body, destination, direction} = message
    const quoted = body.kind === 'error' ? body.quoted : undefined
    if (quoted?.ip?.family !== 6 || !message.isValid || message.isRepeat || direction === 'egress') return
    if (node.isOwnAddress(destination) && quoted.ip.source !== destination)
      yield told(message, quoted, `${destination} did not send it: its source is ${quoted.ip.source}`)
    else if (options.hearsAll === true && this.#isMissing(message, quoted))
      yield told(message, quoted, 'no packet of that connection was heard before')
  }

  #learn(packet: Packet): void {
    if (packet.ip?.family !== 6 || this.#isFull) return
    const {connection, sender} = keysOf(packet)
    this.#heard.add(sender)
    if (connection !== undefined) this.#heard.add(connection)
    this.#isFull = this.#heard.size > remembered
    if (this.#isFull) this.#heard.clear()
  }

  #isMissing({timeNs}: NeighbourMessage, quoted: Packet): boolean {
    if (this.#isFull || timeNs - (this.#sinceNs ?? timeNs) < roundTripNs) return false
    const {connection, sender} = keysOf(quoted)
    return connection !== undefined && this.#heard.has(sender) && !this.#heard.has(connection)
  }
}

/** Of who sent something of this protocol, and of the connection, where the packet shows it. */
function keysOf({ip, protocol, transport, fragment}: Packet): {
  readonly sender: string
  readonly connection: string | undefined
} {
  const {source = '', destination = ''} = ip ?? {}
  const sender = `${source} ${protocol ?? ''}`
  if (fragment !== undefined && fragment.offset > 0) return {sender, connection: undefined}
  if (transport === undefined || !('sourcePort' in transport)) return {sender, connection: undefined}
  return {sender, connection: `${sender} ${destination} ${transport.sourcePort} ${transport.destinationPort}`}
}

function told(message: NeighbourMessage, {ip, transport}: Packet, because: string): Finding {
  const ports =
    transport !== undefined && 'sourcePort' in transport
      ? `, ports ${transport.sourcePort} → ${transport.destinationPort}`
      : ''
  const mtu = message.body.kind === 'error' ? (message.body.mtu ?? 0) : 0
  return finding(page, {
    timeNs: message.timeNs,
    interface: message.interface,
    about: `${message.source} ${message.destination}`,
    detail: `${message.source} asks ${message.destination} for packets of ${mtu} bytes to ${ip?.destination ?? ''}, and quotes one that was never sent`,
    evidence: [
      `${message.where}: from ${message.source} (${who(message.mac, undefined)})`,
      `quoted: ${ip?.source ?? ''} → ${ip?.destination ?? ''}${ports}; ${because}`,
    ],
  })
}
