import {BoundedMap} from './bounded-map.ts'
import type {NeighbourMessage} from './neighbour-message.ts'
import type {Observation, Retransmission} from './observation.ts'

/** A connection of this node whose oldest segment the kernel sends again and again. */
export interface Repeated {
  readonly first: Retransmission
  readonly firstNs: bigint
  last: Retransmission
  lastNs: bigint
  /** How often it was sent again. */
  count: number
  isTold: boolean
}

const remembered = 4096
/** With the usual timeout of 0.2 s, doubled each time, the fourth is 3 s after the first. */
const least = {repeats: 3, bytes: 1280, ns: 4_000_000_000n} as const
/** Beyond, large segments have most likely arrived before. */
const mostAcknowledged = 16_384
/** The other end was there when the large segment was sent, or came after. */
const recentNs = 5_000_000_000n
const opening = new Set(['SYN-SENT', 'SYN-RECV', 'NEW-SYN-RECV'])

/** Bytes of one segment on the wire, without extension headers. */
export const segmentBytes = ({length, segmentSize, headerLength}: Retransmission): number =>
  40 + headerLength + Math.min(length, segmentSize)

/** Connections that are stuck at their first large segments, by what their sockets send again: a live run hears no other TCP. */
export class RepeatBook {
  readonly #flows = new BoundedMap<string, Repeated>(remembered)

  hear(observation: Observation, message?: NeighbourMessage): void {
    if (observation.type === 'retransmission') this.#repeat(observation.retransmission, observation.timeNs)
    const unreachable = unreachableBy(observation, message)
    if (unreachable === undefined) return
    for (const [key, {first}] of this.#flows.entries()) if (first.destination === unreachable) this.#flows.delete(key)
  }

  #repeat(sent: Retransmission, timeNs: bigint): void {
    const key = keyOf(sent)
    if (sent.sequence !== sent.unacknowledged || opening.has(sent.state)) return
    // A small one that is not acknowledged either: its size is not why.
    if (sent.acknowledgedBytes > mostAcknowledged || segmentBytes(sent) <= least.bytes) {
      this.#flows.delete(key)
      return
    }
    const known = this.#flows.get(key)
    if (known?.first.sequence !== sent.sequence) {
      this.#flows.set(key, {first: sent, firstNs: timeNs, last: sent, lastNs: timeNs, count: 1, isTold: false})
      return
    }
    known.last = sent
    known.lastNs = timeNs
    known.count++
  }

  /** Those that have been stuck long enough; each once. */
  *due(nowNs: bigint): Generator<Repeated> {
    for (const repeated of this.#flows.values()) {
      const {first, firstNs, last, count, isTold} = repeated
      if (isTold || count < least.repeats || nowNs - firstNs < least.ns) continue
      repeated.isTold = true
      if (firstNs - last.heardNs < recentNs && first.destination.includes(':')) yield repeated
    }
  }
}

const keyOf = ({source, destination, sourcePort, destinationPort}: Retransmission): string =>
  `${source} ${destination} ${sourcePort} ${destinationPort}`

/** What the network says that it does not reach: nothing can be said of sizes then. */
function unreachableBy(observation: Observation, message?: NeighbourMessage): string | undefined {
  if (observation.type === 'neighbour')
    return observation.change.state.toUpperCase() === 'FAILED' ? observation.change.ip : undefined
  return message?.icmp.type === 1 && message.body.kind === 'error' ? message.body.quoted?.ip?.destination : undefined
}
