import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import {type NeighbourMessage, who} from './neighbour-message.ts'
import type {Observation} from './observation.ts'
import {pathMtuPages} from './path-mtu-pages.ts'
import {type Repeated, RepeatBook, segmentBytes} from './path-mtu-repeat.ts'
import {type Stall, StallBook, wireBytes} from './path-mtu-stall.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'

type Heard = Extract<Observation, {type: 'packet'}>

/** A Packet Too Big by what it quotes. */
interface TooBig {
  readonly mtu: number
  readonly router: string
  readonly firstNs: bigint
  lastNs: bigint
  /** Length of the quoted packet. */
  readonly bytes: number
  /** Where it is counted: one packet crosses several interfaces. */
  place: string | undefined
  count: number
}

const remembered = 4096
const graceNs = 1_000_000_000n
const holdNs = 300_000_000_000n

export const pathMtu: RuleKind = {
  pages: Object.values(pathMtuPages),
  make: () => new PathMtuWatch(),
}

class PathMtuWatch implements Rule {
  readonly #tooBig = new BoundedMap<string, TooBig>(remembered)
  readonly #stalls = new StallBook()
  readonly #repeats = new RepeatBook()

  /** Asking again renews what was asked, and does not give the sender another second. */
  #remember(key: string, {timeNs, ...asked}: Pick<TooBig, 'mtu' | 'router' | 'bytes'> & {timeNs: bigint}): void {
    const known = this.#tooBig.get(key)
    if (known !== undefined && known.mtu <= asked.mtu && timeNs - known.lastNs <= holdNs) known.lastNs = timeNs
    else this.#tooBig.set(key, {...asked, firstNs: timeNs, lastNs: timeNs, place: undefined, count: 0})
  }

  *hear(observation: Observation, {options}: Context, message?: NeighbourMessage): Generator<Finding> {
    this.#repeats.hear(observation, message)
    if (observation.type !== 'packet') return
    if (message?.icmp.type === 2) yield* this.#tell(message)
    else yield* this.#oversize(observation)
    const stall = options.hearsAll === true ? this.#stalls.hear(observation) : undefined
    if (stall !== undefined && !this.#isAnswered(stall)) yield blackhole(stall, observation)
  }

  *tick(nowNs: bigint): Generator<Finding> {
    for (const repeated of this.#repeats.due(nowNs))
      if (!this.#isAnswered({...repeated.first, firstNs: repeated.firstNs})) yield repeatedInVain(repeated, nowNs)
  }

  *#tell(message: NeighbourMessage): Generator<Finding> {
    const {body, icmp, source: router, timeNs} = message
    if (icmp.checksum === 'wrong' || body.kind !== 'error' || body.mtu === undefined) return
    const {mtu} = body
    const quoted = body.quoted?.ip
    if (quoted?.family !== 6) return
    const {source, destination} = quoted
    // A jumbogram and a BIG TCP packet say 0.
    const bytes = quoted.payloadLength === 0 ? Infinity : 40 + quoted.payloadLength
    const isBogus = mtu < 1280 || mtu >= bytes
    yield finding(isBogus ? pathMtuPages.bogus : pathMtuPages.event, {
      timeNs,
      interface: message.interface,
      about: `${router} ${destination} ${mtu}`,
      detail: `${router} says that ${source} → ${destination} takes ${mtu} bytes; the packet had ${bytes === Infinity ? 'more than 65575' : bytes}`,
      evidence: [`${message.where}: from ${router} (${who(message.mac, undefined)})`],
    })
    if (!isBogus) this.#remember(`${source} ${destination}`, {mtu, router, timeNs, bytes})
  }

  *#oversize(heard: Heard): Generator<Finding> {
    const {packet, timeNs, interface: name} = heard
    const {ip, transport} = packet
    if (ip?.family !== 6) return
    const key = `${ip.source} ${ip.destination}`
    const told = this.#tooBig.get(key)
    if (told === undefined || timeNs - told.firstNs < graceNs || timeNs - told.lastNs > holdNs) return
    if (!isOversize(heard, told)) return
    told.count++
    if (told.count !== (transport?.kind === 'tcp' ? 3 : 5)) return
    yield finding(pathMtuPages.ignored, {
      timeNs,
      interface: name,
      about: key,
      detail: `${ip.source} still sends ${wireBytes(packet)} bytes to ${ip.destination}, ${seconds(timeNs - told.firstNs)} s after ${told.router} asked for ${told.mtu}`,
      evidence: [`${told.count} packets of more than ${told.mtu} bytes at ${told.place?.trim() ?? name}`],
    })
  }

  #isAnswered({source, destination, firstNs}: Pick<Stall, 'source' | 'destination' | 'firstNs'>): boolean {
    const told = this.#tooBig.get(`${source} ${destination}`)
    return told !== undefined && told.lastNs >= firstNs
  }
}

/** A packet that offload has not split is long by itself: without its segments' size, only the quoted length counts. */
function isOversize({packet, interface: name, direction}: Heard, told: TooBig): boolean {
  const bytes = wireBytes(packet)
  if (bytes <= told.mtu || (packet.segmentSize === undefined && bytes !== told.bytes)) return false
  const place = `${name} ${direction ?? ''}`
  told.place ??= place
  return told.place === place
}

const seconds = (ns: bigint): string => (Number(ns) / 1e9).toFixed(1)

const blackhole = (stall: Stall, {timeNs, interface: name}: Heard): Finding =>
  finding(pathMtuPages.blackhole, {
    timeNs,
    interface: name,
    about: `${stall.source} ${stall.destination}`,
    detail: `${stall.source} → ${stall.destination}: a segment of ${stall.bytes} bytes was sent ${stall.transmissions} times in ${seconds(timeNs - stall.firstNs)} s without an acknowledgement, and nobody sent Packet Too Big`,
    evidence: [
      `TCP ports ${stall.ports}, sequence ${stall.unacknowledged}, at ${(stall.place ?? name).trim()}`,
      `${stall.destination} was heard meanwhile`,
    ],
  })

function repeatedInVain({first, firstNs, last, count}: Repeated, timeNs: bigint): Finding {
  const {source, destination, sourcePort, destinationPort, acknowledgedBytes} = first
  const silence =
    last.heardNs > firstNs
      ? 'was heard meanwhile'
      : `was heard last ${seconds(firstNs - last.heardNs)} s before the first of them`
  return finding(pathMtuPages.blackhole, {
    timeNs,
    about: `${source} ${destination}`,
    detail: `${source} → ${destination}: a segment of ${segmentBytes(first)} bytes was sent again ${count} times in ${seconds(timeNs - firstNs)} s without an acknowledgement, and nobody sent Packet Too Big`,
    evidence: [
      `kernel: TCP ports ${sourcePort} → ${destinationPort}, ${last.state}, sequence ${last.sequence}; ${acknowledgedBytes} bytes of the connection were acknowledged before`,
      `${destination} ${silence}`,
    ],
  })
}
