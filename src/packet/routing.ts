import {formatIPv6} from '../address/text.ts'
import {u16, u8} from './bytes.ts'
import type {Problem, Routing} from './packet.ts'

interface RoutingHeader {
  readonly routing: Routing
  readonly problem?: Problem
}

/** RFC 8200 §4.4, of a header of `length` bytes at `at`, of which nothing is read from `end` on. Its problem is for a header that is all there. */
export function readRouting(
  bytes: Uint8Array,
  at: number,
  {length, end}: {readonly length: number; readonly end: number},
): RoutingHeader {
  const [type, segmentsLeft] = [u8(bytes, at + 2), u8(bytes, at + 3)]
  if (type === 4) return readSegments(bytes, at, end)
  const hasAddresses = type === 0 || type === 2
  const routing = {type, segmentsLeft, addresses: hasAddresses ? addressesIn(bytes, at + 8, end) : []}
  const problem = hasAddresses
    ? addressProblem(routing, length)
    : type === 3
      ? compressedProblem(bytes, at, length)
      : undefined
  return problem === undefined ? {routing} : {routing, problem}
}

/** RFC 6275 §6.4.1: type 2 holds one address, which is still to be visited. Of type 0 each has 16 bytes. */
function addressProblem({type, segmentsLeft: left}: Routing, length: number): Problem | undefined {
  const count = Math.floor((length - 8) / 16)
  if (type === 2 && length !== 24) return wrongLength(type, length, 'RFC 6275 §6.4.1')
  if (type === 2 && left !== 1)
    return {reason: 'segments-left', text: `${left} segments left, where type 2 has 1`, reference: 'RFC 6275 §6.4.1'}
  if (length % 16 !== 8) return wrongLength(type, length, 'RFC 2460 §4.4')
  return left > count ? leftover(left, count, 'RFC 8200 §4.4') : undefined
}

/** RFC 6554 §3: how many addresses there are follows from the bytes that each leaves out. */
function compressedProblem(bytes: Uint8Array, at: number, length: number): Problem | undefined {
  const [left, elided, padding] = [u8(bytes, at + 3), u8(bytes, at + 4), u8(bytes, at + 5) >> 4]
  const others = length - 8 - padding - (16 - (elided & 0xf))
  const each = 16 - (elided >> 4)
  if (others < 0 || others % each !== 0) return wrongLength(3, length, 'RFC 6554 §3')
  const count = others / each + 1
  return left > count ? leftover(left, count, 'RFC 6554 §4.2') : undefined
}

const wrongLength = (type: number, length: number, reference: string): Problem => ({
  reason: 'routing-length',
  text: `a routing header of type ${type} cannot be ${length} bytes long`,
  reference,
})

function addressesIn(bytes: Uint8Array, at: number, end: number): readonly string[] {
  const addresses: string[] = []
  for (let i = at; i + 16 <= end; i += 16) addresses.push(formatIPv6(bytes, i))
  return addresses
}

/** RFC 8754 §2. */
function readSegments(bytes: Uint8Array, at: number, end: number): RoutingHeader {
  const [segmentsLeft, lastEntry] = [u8(bytes, at + 3), u8(bytes, at + 4)]
  const segmentsEnd = at + 8 + 16 * (lastEntry + 1)
  const addresses = addressesIn(bytes, at + 8, Math.min(end, segmentsEnd))
  const routing: Routing = {
    type: 4,
    segmentsLeft,
    addresses,
    lastEntry,
    flags: u8(bytes, at + 5),
    tag: u16(bytes, at + 6),
    tlvs: tlvsIn(bytes, segmentsEnd, end),
  }
  // A reduced header leaves the first segment out.
  if (segmentsEnd <= end && segmentsLeft <= lastEntry + 1) return {routing}
  return {routing, problem: leftover(segmentsLeft, addresses.length, 'RFC 8754 §4.3.1.1')}
}

function tlvsIn(
  bytes: Uint8Array,
  at: number,
  end: number,
): readonly {readonly type: number; readonly length: number}[] {
  const tlvs: {readonly type: number; readonly length: number}[] = []
  // Pad1 has no length.
  while (at < end) {
    const type = u8(bytes, at)
    if (type !== 0 && at + 2 > end) break
    const length = type === 0 ? 0 : u8(bytes, at + 1)
    tlvs.push({type, length})
    at += type === 0 ? 1 : 2 + length
  }
  return tlvs
}

const leftover = (left: number, count: number, reference: string): Problem => ({
  reason: 'segments-left',
  text: `${left} segments left, but the header holds ${count} addresses`,
  reference,
})
