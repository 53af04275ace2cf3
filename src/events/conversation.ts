import {classOf} from '../address/class.ts'
import type {FlowKey} from './flow-key.ts'
import {icmpOf, portsOf} from './flow-row.ts'
import type {NodeState} from './node-state.ts'

/** Both directions of an exchange, at every hook that saw it, on every node. */
export interface Conversation {
  readonly family: 4 | 6
  readonly protocol: number
  readonly source: End
  readonly destination: End
  readonly points: Map<string, Point>
  /** Type and code of the request, or of the answer while only that was seen. */
  icmp: ReturnType<typeof icmpOf>
  marks: number
  firstNs: bigint
  lastNs: bigint
}

export interface End {
  readonly bytes: Uint8Array
  readonly port?: number
}

/** One interface of one node. Each counter pair is packets and bytes, forward in, forward out, backward in, backward out. */
export interface Point {
  readonly state: NodeState
  readonly index: number
  readonly counts: Float64Array
  /** The same for the node's last drain only, if `drain` is that one. */
  readonly recent: Float64Array
  drain: number
}

export const counterOf = (isForward: boolean, isIngress: boolean): number => (isForward ? 0 : 4) + (isIngress ? 0 : 2)

export interface Counts {
  readonly packets: number
  readonly bytes: number
}

/** A packet that is forwarded back through the interface it came by is seen there twice; the larger of the two counts it once. */
export const through = (counts: Float64Array, isForward: boolean): Counts => ({
  packets: Math.max(counts[counterOf(isForward, true)] ?? 0, counts[counterOf(isForward, false)] ?? 0),
  bytes: Math.max(counts[counterOf(isForward, true) + 1] ?? 0, counts[counterOf(isForward, false) + 1] ?? 0),
})

/** Replies are the other direction of their request: RFC 4443 §4, RFC 4861 §4, RFC 2710, RFC 8335. */
const answers: Readonly<Record<number, number>> = {129: 128, 134: 133, 136: 135, 140: 139, 142: 141, 161: 160}
const answers4: Readonly<Record<number, number>> = {0: 8, 14: 13, 43: 42}

/** Names a conversation by bytes: the same for both directions. */
export class ConversationKey {
  readonly #buffer = Buffer.alloc(39)

  of(key: FlowKey, marks: number): string {
    const buffer = this.#buffer
    const {source, destination, sourcePort, destinationPort, family, protocol} = key
    const icmp = icmpOf(key, marks)
    const [left, right] = icmp === undefined ? [sourcePort, destinationPort] : [0, 0]
    const order = Buffer.compare(source, destination) || left - right
    const isSwapped = order > 0
    buffer.set(isSwapped ? destination : source, 0)
    buffer.set(isSwapped ? source : destination, 16)
    buffer.writeUInt16BE(isSwapped ? right : left, 32)
    buffer.writeUInt16BE(isSwapped ? left : right, 34)
    buffer[36] = protocol
    buffer[37] = family
    buffer[38] = icmp === undefined ? 0 : ((family === 6 ? answers : answers4)[icmp.type] ?? icmp.type)
    return buffer.toString('latin1')
  }
}

/** How many conversations an end was seen in: clients come and go, a server stays. */
export class BusyEnds {
  readonly #counts = new Map<string, number>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  add({source, sourcePort, destination, destinationPort}: FlowKey): void {
    if (this.#counts.size > this.#limit) this.#counts.clear()
    for (const end of [endText(source, sourcePort), endText(destination, destinationPort)])
      this.#counts.set(end, (this.#counts.get(end) ?? 0) + 1)
  }

  of(address: Uint8Array, port: number): number {
    return this.#counts.get(endText(address, port)) ?? 0
  }
}

const endText = (address: Uint8Array, port: number): string => `${Buffer.from(address).toString('latin1')} ${port}`

/** Where clients of DHCP listen: RFC 2131 §4.1, RFC 8415 §7.2. */
const clientPorts: readonly number[] = [68, 546]

/** RFC 6335 §6: system ports, then those that servers take; from 32768 on Linux gives them to clients. */
const portRank = (port: number): number => (clientPorts.includes(port) || port >= 32_768 ? 2 : port < 1024 ? 0 : 1)

/** No packet comes from a group (RFC 4291 §2.7). */
const isGroup = (address: Uint8Array, family: 4 | 6): boolean =>
  /^(multicast|solicited)-/.test(classOf(address, family))

export const isAnswer = ({type}: {readonly type: number}, family: 4 | 6): boolean =>
  type in (family === 6 ? answers : answers4)

/**
 * Who asked: whoever sends to a group; the sender of a request; else the end whose port no server would have; else, as a NAT gives its clients any
 * port from 1024 on, the end that was seen with fewer others; else the one with the higher port, or whoever was seen first.
 */
function opensForward(key: FlowKey, icmp: Conversation['icmp'], busy: BusyEnds): boolean {
  const {source, sourcePort, destination, destinationPort, family} = key
  if (isGroup(destination, family)) return true
  if (icmp !== undefined) return !isAnswer(icmp, family)
  if (portsOf(key).source === undefined) return true
  const rank = portRank(sourcePort)
  if (rank !== portRank(destinationPort)) return rank > portRank(destinationPort)
  const busier = rank === 0 ? 0 : busy.of(destination, destinationPort) - busy.of(source, sourcePort)
  if (busier !== 0) return busier > 0
  return rank === 2 || sourcePort >= destinationPort
}

export function openConversation(key: FlowKey, marks: number, busy: BusyEnds): Conversation {
  const {source, destination, family, protocol} = key
  const ports = portsOf(key)
  const icmp = icmpOf(key, marks)
  const ends: readonly [End, End] = [
    {bytes: source.slice(), ...(ports.source === undefined ? {} : {port: ports.source})},
    {bytes: destination.slice(), ...(ports.destination === undefined ? {} : {port: ports.destination})},
  ]
  const [from, to] = opensForward(key, icmp, busy) ? ends : [ends[1], ends[0]]
  return {
    family,
    protocol,
    source: from,
    destination: to,
    icmp,
    points: new Map(),
    marks: 0,
    firstNs: 0n,
    lastNs: 0n,
  }
}
