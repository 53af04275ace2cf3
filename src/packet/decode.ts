import {u8} from './bytes.ts'
import {type Chain, readChain} from './chain.ts'
import {cutByCapture, cutByQuotation, type Extent, isCut, shortage} from './extent.ts'
import {noNextHeader} from './header-names.ts'
import {readIcmpv6} from './icmpv6.ts'
import {ipv4Fragment, ipv4HeaderLength, ipv6End, ipv6HeaderLength, readIPv4, readIPv6, shortfall} from './ip.ts'
import {ipv4EtherType, ipv6EtherType, type LinkHeader, readLink} from './link.ts'
import type {Frame, IpHeader, Packet, Problem} from './packet.ts'
import {readTransport, type TransportOrProblem} from './transport.ts'

type Draft<Value> = {-readonly [Key in keyof Value]: Value[Key]}

/** What a packet is read from: a frame, or the quotation in an ICMPv6 error. */
interface Source {
  readonly bytes: Uint8Array
  readonly at: number
  /** Of what is here. */
  readonly end: number
  /** Of what was on the wire. */
  readonly wireEnd: number
  readonly segmentSize: number | undefined
  /** How many errors it is quoted in. */
  readonly depth: number
}

/** Never throws, reads nothing behind `frame.bytes`, takes time in proportion to its length. */
export function decodeFrame(frame: Frame): Packet {
  const link = readLink(frame)
  const wireEnd = Math.max(frame.length, frame.bytes.length)
  const packet = linkPacket(link, wireEnd - link.at)
  if (frame.segmentSize !== undefined) packet.segmentSize = frame.segmentSize
  const {bytes, segmentSize} = frame
  if (link.isShort) packet.problem = bytes.length < frame.length ? cutByCapture : shortLink
  else if (link.etherType === ipv6EtherType || link.etherType === ipv4EtherType)
    readPacket(packet, {bytes, at: link.at, end: bytes.length, wireEnd, segmentSize, depth: 0}, link.etherType)
  return packet
}

/** RFC 4443 §2.4(e): no error is sent about an error, so what is deeper than this is made up, and could go on for ever. */
const deepestQuotation = 2

/** The packet quoted from `at` to `end` of what is itself quoted `depth` times. */
function decodeQuoted({bytes, depth}: Source, at: number, end: number): Packet | undefined {
  if (depth >= deepestQuotation) return undefined
  const packet: Draft<Packet> = {vlans: [], chain: [], bytes: Math.max(0, end - at)}
  const etherType = u8(bytes, at) >> 4 === 4 ? ipv4EtherType : ipv6EtherType
  readPacket(packet, {bytes, at, end, wireEnd: end, segmentSize: undefined, depth: depth + 1}, etherType)
  return packet
}

function linkPacket(link: LinkHeader, bytes: number): Draft<Packet> {
  const packet: Draft<Packet> = {vlans: link.vlans, chain: [], bytes: Math.max(0, bytes)}
  if (link.sourceMac !== undefined) packet.sourceMac = link.sourceMac
  if (link.destinationMac !== undefined) packet.destinationMac = link.destinationMac
  if (link.etherType !== undefined) packet.etherType = link.etherType
  return packet
}

const shortLink: Problem = {
  reason: 'truncated-link-header',
  text: 'the frame ends before its link header does',
  reference: 'IEEE 802.3 §3.1.1',
}

function readPacket(packet: Draft<Packet>, source: Source, etherType: number): void {
  if (etherType === ipv6EtherType) readIPv6Packet(packet, source)
  else readIPv4Packet(packet, source)
}

function readIPv6Packet(packet: Draft<Packet>, source: Source): void {
  const {bytes, at} = source
  const problem = headerProblem(source, {version: 6, length: ipv6HeaderLength})
  if (problem !== undefined) {
    packet.problem = problem
    return
  }
  const ip = readIPv6(bytes, at)
  const extent = extentOf(
    source,
    ipv6End(bytes, at, {wireEnd: source.wireEnd, isSegmented: source.segmentSize !== undefined}),
  )
  packet.ip = ip
  packet.bytes = extent.wireEnd - at
  const chain = readChain(extent, ip.nextHeader, at + ipv6HeaderLength)
  packet.chain = chain.extensions
  if (chain.fragment !== undefined) packet.fragment = chain.fragment
  if (chain.protocol !== undefined) packet.protocol = chain.protocol
  if (chain.problem !== undefined) packet.problem = chain.problem
  else if (extent.missing !== undefined && !isCut(extent.missing)) packet.problem = extent.missing
  if (chain.hasTransport && chain.protocol !== undefined) readUpper(packet, {source, extent, ip, chain})
  if (chain.fragment?.position === 'first' && isIncomplete(packet)) packet.problem = incompleteFirstFragment
}

const incompleteFirstFragment: Problem = {
  reason: 'incomplete-first-fragment',
  text: 'the first fragment does not hold the whole header chain',
  reference: 'RFC 7112 §5',
}

const isIncomplete = ({problem}: Packet): boolean =>
  problem?.reason === 'truncated-chain' || problem?.reason === 'truncated-header'

interface Upper {
  readonly source: Source
  readonly extent: Extent
  readonly ip: IpHeader
  readonly chain: Chain
}

function readUpper(packet: Draft<Packet>, {source, extent, ip, chain}: Upper): void {
  if (chain.protocol !== 58) {
    settle(packet, readTransport(extent, chain.protocol ?? noNextHeader, chain.at))
    return
  }
  const quote = (at: number, end: number): Packet | undefined => decodeQuoted(source, at, end)
  const found = readIcmpv6({extent, ip, chain, quote, isSegmented: source.segmentSize !== undefined})
  settle(packet, found)
  if (
    'message' in found &&
    found.message.body.kind !== 'echo' &&
    found.message.body.kind !== 'error' &&
    extent.missing !== undefined
  )
    packet.problem ??= extent.missing
}

function settle(packet: Draft<Packet>, found: TransportOrProblem): void {
  if (found === undefined) return
  if ('reason' in found) packet.problem ??= found
  else packet.transport = found
}

function readIPv4Packet(packet: Draft<Packet>, source: Source): void {
  const {bytes, at} = source
  const length = Math.max(20, ipv4HeaderLength(bytes, at))
  const problem = headerProblem(source, {version: 4, length})
  if (problem !== undefined) {
    packet.problem = problem
    return
  }
  const ip = readIPv4(bytes, at)
  // Segments that are not cut yet say 0, or less than they are.
  const isUnsaid = ip.payloadLength === 0 && source.segmentSize !== undefined
  const extent = extentOf(source, isUnsaid ? source.wireEnd : at + length + ip.payloadLength)
  packet.ip = ip
  packet.bytes = extent.wireEnd - at
  packet.protocol = ip.nextHeader
  const fragment = ipv4Fragment(bytes, at)
  if (fragment !== undefined) packet.fragment = fragment
  if (extent.missing !== undefined && !isCut(extent.missing)) packet.problem = extent.missing
  if (fragment !== undefined && fragment.offset > 0) return
  settle(
    packet,
    ip.nextHeader === 1 ? readIcmp(extent, at + length) : readTransport(extent, ip.nextHeader, at + length),
  )
}

const readIcmp = (extent: Extent, at: number): TransportOrProblem =>
  at + 4 > extent.end
    ? shortage(extent, at + 4, () => ({
        reason: 'truncated-header',
        text: 'ICMP header goes on behind the end of the packet',
        reference: 'RFC 792',
      }))
    : {kind: 'icmp', type: u8(extent.bytes, at), code: u8(extent.bytes, at + 1)}

function extentOf({bytes, at, end, wireEnd, depth}: Source, packetEnd: number): Extent {
  const isQuoted = depth > 0
  const short = shortfall({captured: end, wire: wireEnd, packet: packetEnd})
  const missing = short !== undefined && isQuoted ? cutByQuotation : short
  return {bytes, start: at, end: Math.min(packetEnd, end), wireEnd: packetEnd, missing, isQuoted}
}

function headerProblem(source: Source, header: {version: 4 | 6; length: number}): Problem | undefined {
  const {bytes, at, end, wireEnd, depth} = source
  const reference = header.version === 6 ? 'RFC 8200 §3' : 'RFC 791 §3.1'
  if (at < end && u8(bytes, at) >> 4 !== header.version)
    return {reason: 'ip-version', text: `the IP header says version ${u8(bytes, at) >> 4}`, reference}
  if (at + header.length <= end) return undefined
  if (depth > 0) return cutByQuotation
  if (at + header.length <= wireEnd) return cutByCapture
  return {reason: 'truncated-header', text: `the frame ends within the IPv${header.version} header`, reference}
}
