import {formatIPv4, formatIPv6} from '../address/text.ts'
import {u16, u32, u8} from './bytes.ts'
import {cutByCapture} from './extent.ts'
import type {Fragment, IpHeader, Problem} from './packet.ts'

export const ipv6HeaderLength = 40

/** RFC 8200 §3; the caller has seen that all 40 bytes are there. */
export const readIPv6 = (bytes: Uint8Array, at: number): IpHeader => ({
  family: 6,
  source: formatIPv6(bytes, at + 8),
  destination: formatIPv6(bytes, at + 24),
  trafficClass: (u16(bytes, at) >> 4) & 0xff,
  flowLabel: u32(bytes, at) & 0x0f_ff_ff,
  payloadLength: u16(bytes, at + 4),
  nextHeader: u8(bytes, at + 6),
  hopLimit: u8(bytes, at + 7),
})

/** RFC 791 §3.1; the caller has seen that all of it, options too, is there. */
export const readIPv4 = (bytes: Uint8Array, at: number): IpHeader => ({
  family: 4,
  source: formatIPv4(bytes, at + 12),
  destination: formatIPv4(bytes, at + 16),
  trafficClass: u8(bytes, at + 1),
  flowLabel: 0,
  payloadLength: Math.max(0, u16(bytes, at + 2) - ipv4HeaderLength(bytes, at)),
  nextHeader: u8(bytes, at + 9),
  hopLimit: u8(bytes, at + 8),
})

export const ipv4HeaderLength = (bytes: Uint8Array, at: number): number => (u8(bytes, at) & 0x0f) * 4

/** Of an IPv4 header; undefined for what was not fragmented. */
export function ipv4Fragment(bytes: Uint8Array, at: number): Fragment | undefined {
  const word = u16(bytes, at + 6)
  const [offset, more] = [(word & 0x1f_ff) * 8, (word & 0x20_00) !== 0]
  if (offset === 0 && !more) return undefined
  return {id: u16(bytes, at + 4), offset, more, position: offset === 0 ? 'first' : more ? 'later' : 'last'}
}

/** Where a jumbo payload option stands among the hop-by-hop options, RFC 2675 §2. */
function jumboLength(bytes: Uint8Array, at: number, end: number): number | undefined {
  const stop = Math.min(end, at + 8 + 8 * u8(bytes, at + 1))
  for (let i = at + 2; i + 6 <= stop;) {
    if (u8(bytes, i) === 0xc2 && u8(bytes, i + 1) === 4) return u32(bytes, i + 2)
    i += u8(bytes, i) === 0 ? 1 : 2 + u8(bytes, i + 1)
  }
  return undefined
}

/** The largest packet whose length its header can say. */
const largestPlain = ipv6HeaderLength + 0xff_ff

/** Where the packet ends: by its length field, its jumbo payload option, or, of BIG TCP and segments not yet cut, by the frame. */
export function ipv6End(bytes: Uint8Array, at: number, frame: {wireEnd: number; isSegmented: boolean}): number {
  const behind = at + ipv6HeaderLength
  const payload = u16(bytes, at + 4)
  if (payload !== 0) return behind + payload
  const nextHeader = u8(bytes, at + 6)
  const jumbo = nextHeader === 0 ? jumboLength(bytes, behind, bytes.length) : undefined
  if (jumbo !== undefined) return behind + jumbo
  // BIG TCP without a hop-by-hop header has no length of its own.
  return frame.isSegmented || frame.wireEnd - at > largestPlain ? frame.wireEnd : behind
}

/** Why not all of the packet is here, where it is not. */
export function shortfall(ends: {captured: number; wire: number; packet: number}): Problem | undefined {
  if (ends.packet <= ends.captured) return undefined
  if (ends.packet <= ends.wire) return cutByCapture
  return {
    reason: 'length-past-frame',
    text: `the IP header says ${ends.packet - ends.wire} bytes more than the frame holds`,
    reference: 'RFC 8200 §3',
  }
}
