import {
  type ChainEnd,
  extensionHeaders,
  fragmentPositions,
  pathBit,
  protocolClasses,
  undecodableReasons,
  type UndecodableReason,
} from '../generated/words.ts'
import {upperNames} from '../packet/header-names.ts'
import {extensionLength, isAuthentication, protocolTable, trait} from './protocol-table.ts'

/** Beside the values of enum undecodable_reason, as in bpf/chain.h. */
export const decoded = 0x100
export const otherFamily = 0x101

const failure = (reason: UndecodableReason): number => undecodableReasons.indexOf(reason)
const truncatedIp = failure('truncated-ip-header')
const badVersion = failure('bad-version')
const badHeaderLength = failure('bad-header-length')
const truncatedChain = failure('truncated-chain')
const chainTooLong = failure('chain-too-long')
const truncatedTransport = failure('truncated-transport-header')
const notReadable = failure('not-readable')

/** Of a chain that was walked at all; one that is whole is cut where the header behind it is. */
export function chainEndOf(verdict: number, depth: number): ChainEnd | undefined {
  if (verdict === decoded) return 'decoded'
  if (verdict === truncatedTransport && depth > 0) return 'truncated'
  return verdict === truncatedChain ? 'truncated' : verdict === chainTooLong ? 'too-long' : undefined
}

const longestChain = 16
const ipv6Header = 40
const ipv4Header = 20
const [first, later, last, atomic] = (['first', 'later', 'last', 'atomic'] as const).map(
  (position) => 1 << fragmentPositions.indexOf(position),
) as [number, number, number, number] // four names
const notFirst = later | last
const noNextHeaderClass = protocolClasses.indexOf('no-next-header')
/** Larger packets have no length in their IP header: RFC 2675, and Linux's BIG TCP. */
const largestLength = 65_535
const keyWords = 10

/** Where the IP packet of a frame is. */
export interface NetworkPlace {
  /** Offset of the IP header, and of the first byte that was not captured. */
  at: number
  capturedEnd: number
  /** Bytes of the frame from the IP header on, on the wire. */
  available: number
  family: 4 | 6
}

/** One packet's headers as the kernel's programs read them (bpf/packet.h), into the same fields; the next packet takes their place. */
export class PacketWalk {
  /** struct flow_key. */
  readonly key = new Uint32Array(keyWords)
  /** L3 bytes on the wire. */
  bytes = 0
  protocol = 0
  protocolClass = 0
  traits = 0
  /** As in struct flow_key. */
  ports = 0
  /** TCP flags, headers and fragments, as in struct flow_count. */
  marks = 0
  /** Headers that were read, also of a chain that breaks off. */
  depth = 0
  readonly #table = protocolTable()
  #offset = 0
  #end = 0
  #capturedEnd = 0

  /** Returns `decoded`, or the number of an undecodable reason. What is on the wire but not in the capture is `not-readable`. */
  decode(view: DataView, place: NetworkPlace): number {
    this.bytes = place.available
    this.marks = this.depth = this.ports = 0
    this.#capturedEnd = place.capturedEnd
    const isIpv6 = place.family === 6
    let verdict = isIpv6 ? this.#readIpv6(view, place) : this.#readIpv4(view, place)
    if (verdict !== decoded) return verdict
    let entry = this.#table[this.protocol] ?? 0
    if (entry & trait.isExtension && (isIpv6 || isAuthentication(this.protocol))) {
      verdict = this.#walkChain(view)
      if (verdict !== decoded) return verdict
      entry = this.#table[this.protocol] ?? 0
    }
    this.protocolClass = entry & trait.isExtension ? 0 : entry >> 8
    if (this.protocolClass === noNextHeaderClass) this.protocolClass = classOfLast(this.marks >> 8)
    this.traits = (this.marks >> 16) & notFirst ? 0 : entry & 0xff
    return this.traits & (trait.hasPorts | trait.hasType) ? this.#readTransport(view) : decoded
  }

  /** Files the packet: the key is whole only then. */
  fileUnder(path: {readonly direction: number; readonly family: number; readonly interface: number}): void {
    this.key[8] = this.ports
    this.key[9] =
      (this.protocol << pathBit.protocolBit) |
      (path.direction << pathBit.directionBit) |
      (path.family << pathBit.familyBit) |
      (path.interface << pathBit.interfaceBit)
  }

  #readIpv6(view: DataView, {at, available}: NetworkPlace): number {
    if (available < ipv6Header) return truncatedIp
    if (at + ipv6Header > this.#capturedEnd) return notReadable
    if (view.getUint8(at) >> 4 !== 6) return badVersion
    const {key} = this
    for (let word = 0; word < 8; word++) key[word] = view.getUint32(at + 8 + 4 * word, true)
    const payload = view.getUint16(at + 4)
    this.protocol = view.getUint8(at + 6)
    this.#offset = at + ipv6Header
    this.#setLength(at, payload === 0 && available > largestLength ? available : ipv6Header + payload, available)
    return decoded
  }

  #readIpv4(view: DataView, {at, available}: NetworkPlace): number {
    if (available < ipv4Header) return truncatedIp
    if (at + ipv4Header > this.#capturedEnd) return notReadable
    const first = view.getUint8(at)
    if (first >> 4 !== 4) return badVersion
    const length = (first & 0xf) * 4
    const stated = view.getUint16(at + 2)
    const total = stated === 0 && available > largestLength ? available : stated
    if (length < ipv4Header || total < length) return badHeaderLength
    if (length > available) return truncatedIp
    const {key} = this
    key[0] = key[1] = key[4] = key[5] = 0
    key[2] = key[6] = 0xffff_0000
    key[3] = view.getUint32(at + 12, true)
    key[7] = view.getUint32(at + 16, true)
    this.protocol = view.getUint8(at + 9)
    this.#offset = at + length
    this.#setLength(at, total, available)
    const position = view.getUint16(at + 6)
    if (position & 0x3fff) this.marks = fragmentBit(position & 0x1fff, (position >> 13) & 1) << 16
    return decoded
  }

  /** Cuts the link's padding off. */
  #setLength(at: number, total: number, available: number): void {
    this.bytes = Math.min(total, available)
    this.#end = at + this.bytes
  }

  #walkChain(view: DataView): number {
    let offset = this.#offset
    let headers = 0
    let fragments = this.marks >> 16
    this.depth = 0
    for (; ; this.depth++) {
      const entry = this.#table[this.protocol] ?? 0
      if (!(entry & trait.isExtension)) break
      if (this.depth === longestChain) return chainTooLong
      if (offset + 8 > this.#end) return truncatedChain
      if (offset + 8 > this.#capturedEnd) return notReadable
      headers |= 1 << (entry >> 8)
      const length = extensionLength(this.protocol, view.getUint8(offset + 1))
      this.protocol = view.getUint8(offset)
      if (entry & trait.isFragment) {
        const position = view.getUint16(offset + 2)
        fragments |= fragmentBit(position & 0xfff8, position & 1)
        offset += length
        if ((position & 0xfff8) === 0) continue
        this.depth++
        break
      }
      offset += length
    }
    this.marks = (headers << 8) | (fragments << 16)
    this.#offset = offset
    return offset > this.#end ? truncatedChain : decoded
  }

  /** Ports, or ICMP's type and code; TCP's flags where they are in the packet. */
  #readTransport(view: DataView): number {
    const offset = this.#offset
    if (offset + 4 > this.#end) return truncatedTransport
    if (offset + 4 > this.#capturedEnd) return notReadable
    const ports = view.getUint32(offset, true)
    this.ports = this.traits & trait.hasPorts ? ports : ports & 0xffff
    if (this.traits & trait.isTcp && offset + 14 <= this.#end && offset + 14 <= this.#capturedEnd)
      this.marks |= view.getUint8(offset + 13)
    return decoded
  }
}

/** As bpf/wire.h has it. */
function classOfLast(headers: number): number {
  const name = upperNames.find((each) => (headers & (1 << extensionHeaders.indexOf(each))) !== 0)
  return name === undefined ? noNextHeaderClass : protocolClasses.indexOf(name)
}

function fragmentBit(offset: number, more: number): number {
  if (offset === 0) return more ? first : atomic
  return more ? later : last
}
