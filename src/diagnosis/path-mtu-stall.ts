import type {Packet} from '../packet/packet.ts'
import {BoundedMap} from './bounded-map.ts'
import type {Observation} from './observation.ts'

type Heard = Extract<Observation, {type: 'packet'}>
type Tcp = Extract<Packet['transport'], {kind: 'tcp'}>

/** One direction of a TCP connection, as far as its oldest unacknowledged byte is stuck. */
export interface Stall {
  readonly source: string
  readonly destination: string
  readonly ports: string
  unacknowledged: number
  transmissions: number
  firstNs: bigint
  /** Bytes on the wire, of the shortest transmission. */
  bytes: number
  /** Where it is counted: one packet crosses several interfaces. */
  place: string | undefined
  largeEnd: number | undefined
  isExcluded: boolean
}

const limits = {flows: 4096, addresses: 4096} as const
const least = {transmissions: 4, aliveNs: 1_000_000_000n, bytes: 1280} as const

/** Bytes of the longest packet that it is on the wire; of a packet that offload has not split, of one segment. */
export const wireBytes = ({bytes, segmentSize, transport}: Packet): number =>
  segmentSize === undefined || transport === undefined || !('payload' in transport)
    ? bytes
    : Math.min(bytes, bytes - transport.payload + segmentSize)

/** Distance in sequence space, which wraps. */
const distance = (from: number, to: number): number => (to - from) | 0

/** Connections whose large segments do not arrive although their receiver is there. */
export class StallBook {
  readonly #flows = new BoundedMap<string, Stall>(limits.flows)
  readonly #heardNs = new BoundedMap<string, bigint>(limits.addresses)

  /** The connection that this packet shows to be stuck; each is told once. */
  hear({packet, timeNs, interface: name, direction}: Heard): Stall | undefined {
    const {ip, transport} = packet
    if (ip?.family !== 6) return undefined
    // Only what is heard after a connection counts for it.
    if (this.#flows.size > 0) this.#heardNs.set(ip.source, timeNs)
    if (transport?.kind !== 'tcp') return undefined
    const back = `${ip.destination} ${ip.source} ${transport.destinationPort} ${transport.sourcePort}`
    this.#acknowledge(back, packet, transport)
    const flow = this.#flows.get(`${ip.source} ${ip.destination} ${transport.sourcePort} ${transport.destinationPort}`)
    if (flow !== undefined && transport.payload > 0)
      transmit(flow, {transport, bytes: wireBytes(packet), timeNs, place: `${name} ${direction ?? ''}`})
    return [flow, this.#flows.get(back)].find((each) => each !== undefined && this.#isStuck(each))
  }

  #acknowledge(key: string, {ip}: Packet, transport: Tcp): void {
    if ((transport.flags & 16) === 0 || ip === undefined) return
    const {acknowledgement} = transport
    const known = this.#flows.get(key)
    if (known === undefined || (transport.flags & 2) !== 0) {
      this.#flows.set(key, {
        source: ip.destination,
        destination: ip.source,
        ports: `${transport.destinationPort} → ${transport.sourcePort}`,
        unacknowledged: acknowledgement,
        transmissions: 0,
        firstNs: 0n,
        bytes: 0,
        place: undefined,
        largeEnd: undefined,
        isExcluded: false,
      })
      return
    }
    if (distance(known.unacknowledged, acknowledgement) <= 0) return
    known.isExcluded ||= known.largeEnd !== undefined && distance(known.largeEnd, acknowledgement) >= 0
    known.unacknowledged = acknowledgement
    known.transmissions = 0
    known.place = undefined
  }

  #isStuck(flow: Stall): boolean {
    if (flow.isExcluded || flow.transmissions < least.transmissions) return false
    const heardNs = this.#heardNs.get(flow.destination)
    if (heardNs === undefined || heardNs - flow.firstNs < least.aliveNs) return false
    flow.isExcluded = true
    return true
  }
}

interface Transmission {
  readonly transport: Tcp
  readonly bytes: number
  readonly timeNs: bigint
  readonly place: string
}

function transmit(flow: Stall, {transport, bytes, timeNs, place}: Transmission): void {
  const {sequence, payload} = transport
  const isOldest = sequence === flow.unacknowledged
  if (bytes <= least.bytes) {
    // A small one that is not acknowledged either: its size is not why.
    if (isOldest && payload > 1) flow.transmissions = 0
    return
  }
  flow.largeEnd ??= (sequence + payload) | 0
  if (!isOldest) return
  if (flow.transmissions === 0) {
    flow.firstNs = timeNs
    flow.bytes = bytes
    flow.place = place
  }
  if (place !== flow.place) return
  flow.transmissions++
  flow.bytes = Math.min(flow.bytes, bytes)
}
