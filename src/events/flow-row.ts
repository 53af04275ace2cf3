import {type AddressClass, classOf} from '../address/class.ts'
import {formatBytes} from '../address/text.ts'
import {extensionHeaders, fragmentPositions} from '../generated/words.ts'
import type {FlowBook} from './flow-book.ts'
import {FlowKey} from './flow-key.ts'
import {icmpName} from './icmp-names.ts'
import type {EndName, Names} from './names.ts'
import type {NodeState} from './node-state.ts'
import {hasPorts, protocolName, protocols} from './protocol-names.ts'

export interface Endpoint {
  readonly ip: string
  readonly port?: number
  readonly class: AddressClass
  readonly name: EndName | undefined
}

export interface Icmp {
  readonly type: number
  readonly code: number
  readonly name: string
}

/** One flow at one hook of one interface, as it is shown: its words, and what it counted since it was last told. */
export interface FlowRow {
  readonly node: string
  readonly interface: string
  readonly direction: 'ingress' | 'egress'
  readonly family: 4 | 6
  readonly protocol: string
  readonly source: Endpoint
  readonly destination: Endpoint
  readonly icmp?: Icmp
  readonly packets: number
  readonly bytes: number
  readonly total: {readonly packets: number; readonly bytes: number}
  readonly firstNs: bigint
  readonly lastNs: bigint
  readonly tcpFlags: readonly string[]
  readonly headers: readonly string[]
  readonly fragments: readonly string[]
}

/** RFC 9293 §3.1, from the lowest bit. */
export const tcpFlagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR'] as const

export const setBits = (mask: number, words: readonly string[]): readonly string[] =>
  words.filter((_, bit) => (mask >> bit) & 1)

/** Ports where the protocol has them and a header with them was met; a fragment that is not the first has none. */
export function portsOf(key: FlowKey): {readonly source?: number; readonly destination?: number} {
  const {sourcePort, destinationPort} = key
  if (!hasPorts(key.protocol) || (sourcePort === 0 && destinationPort === 0)) return {}
  return {source: sourcePort, destination: destinationPort}
}

/** A fragment that is not the first has no header of its own: `later` and `last`, without `first` or `atomic`. */
const onlyLater = (marks: number): boolean => {
  const met = setBits((marks >>> 16) & 0xff, fragmentPositions)
  return met.length > 0 && !met.includes('first') && !met.includes('atomic')
}

/** The kernel files ICMP type and code where a source port would be; type 0 is reserved in ICMPv6 (RFC 4443 §6), and an echo reply in ICMP. */
export function icmpOf(key: FlowKey, marks: number): Icmp | undefined {
  const {protocol, family, sourcePort} = key
  if (protocol !== (family === 6 ? protocols.icmpv6 : protocols.icmp)) return undefined
  if (sourcePort === 0 && (family === 6 || onlyLater(marks))) return undefined
  const type = sourcePort >> 8
  const code = sourcePort & 0xff
  return {type, code, name: icmpName({family, type}, code)}
}

/** Reads flows of one node's book as rows. */
export class RowReader {
  readonly #state: NodeState
  readonly #book: FlowBook
  readonly #names: Names
  readonly #key: FlowKey

  constructor(state: NodeState, names: Names) {
    this.#state = state
    this.#book = state.book
    this.#names = names
    this.#key = new FlowKey(state.book.columns.keys)
  }

  endsOf(slot: number): {readonly source: EndName | undefined; readonly destination: EndName | undefined} {
    const {source, destination, family} = this.#key.at(slot)
    return {
      source: this.#names.lookup(formatBytes(source, family)),
      destination: this.#names.lookup(formatBytes(destination, family)),
    }
  }

  row(slot: number): FlowRow {
    const key = this.#key.at(slot)
    const {columns} = this.#book
    const marks = columns.marks[slot] ?? 0
    const ports = portsOf(key)
    const icmp = icmpOf(key, marks)
    const packets = columns.packets[slot] ?? 0
    const bytes = columns.bytes[slot] ?? 0
    return {
      node: this.#state.node,
      interface: this.#state.interfaces.nameOf(key.interfaceIndex),
      direction: key.direction,
      family: key.family,
      protocol: protocolName(key.protocol),
      source: this.#endpoint(key.source, ports.source),
      destination: this.#endpoint(key.destination, ports.destination),
      ...(icmp === undefined ? {} : {icmp}),
      packets: packets - (columns.toldPackets[slot] ?? 0),
      bytes: bytes - (columns.toldBytes[slot] ?? 0),
      total: {packets, bytes},
      firstNs: this.#state.timeOf(columns.first[slot] ?? 0),
      lastNs: this.#state.timeOf(columns.last[slot] ?? 0),
      tcpFlags: setBits(marks & 0xff, tcpFlagNames),
      headers: setBits((marks >>> 8) & 0xff, extensionHeaders),
      fragments: setBits((marks >>> 16) & 0xff, fragmentPositions),
    }
  }

  /** From now on the flow's next row tells what came after. */
  told(slot: number): void {
    const {columns} = this.#book
    columns.toldBytes[slot] = columns.bytes[slot] ?? 0
    columns.toldPackets[slot] = columns.packets[slot] ?? 0
  }

  #endpoint(bytes: Uint8Array, port: number | undefined): Endpoint {
    const {family} = this.#key
    const ip = formatBytes(bytes, family)
    return {ip, ...(port === undefined ? {} : {port}), class: classOf(bytes, family), name: this.#names.lookup(ip)}
  }
}
