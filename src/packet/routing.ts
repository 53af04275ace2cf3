import {formatIPv6} from '../address/text.ts'
import {u16, u8} from './bytes.ts'
import type {Problem, Routing} from './packet.ts'

interface RoutingHeader {
  readonly routing: Routing
  readonly problem?: Problem
}

/** RFC 8200 §4.4, from `at` to `end`, which may be before the end that the header claims. */
export function readRouting(bytes: Uint8Array, at: number, end: number): RoutingHeader {
  const [type, segmentsLeft] = [u8(bytes, at + 2), u8(bytes, at + 3)]
  switch (type) {
    case 0:
    case 2: {
      const addresses = addressesIn(bytes, at + 8, end)
      const routing = {type, segmentsLeft, addresses}
      const problem = segmentsLeft > addresses.length ? leftover(segmentsLeft, addresses.length, type) : undefined
      return problem === undefined ? {routing} : {routing, problem}
    }
    case 4:
      return readSegments(bytes, at, end)
    default:
      return {routing: {type, segmentsLeft, addresses: []}}
  }
}

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
  return {routing, problem: leftover(segmentsLeft, addresses.length, 4)}
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

const leftover = (left: number, count: number, type: number): Problem => ({
  reason: 'segments-left',
  text: `${left} segments left, but the header holds ${count} addresses`,
  reference: type === 4 ? 'RFC 8754 §4.3.1.1' : 'RFC 8200 §4.4',
})
