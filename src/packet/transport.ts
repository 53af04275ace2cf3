import {u16, u32, u8} from './bytes.ts'
import {type Extent, shortage} from './extent.ts'
import type {Problem, Transport} from './packet.ts'

/** A transport header, or why there is none; undefined for a protocol that has no reader here. */
export type TransportOrProblem = Transport | Problem | undefined

export function readTransport(extent: Extent, protocol: number, at: number): TransportOrProblem {
  switch (protocol) {
    case 6:
      return readTcp(extent, at)
    case 17:
      return readUdp(extent, at)
    case 132:
      return readPorts(extent, at, 'sctp')
    case 33:
      return readPorts(extent, at, 'dccp')
    default:
      return undefined
  }
}

const headerLengths = {tcp: 20, udp: 8, sctp: 12, dccp: 12} as const
const references = {tcp: 'RFC 9293 §3.1', udp: 'RFC 768', sctp: 'RFC 9260 §3', dccp: 'RFC 4340 §5.1'} as const

/** All of the fixed header, or what is missing. */
function short(extent: Extent, at: number, kind: keyof typeof headerLengths): Problem | undefined {
  const end = at + headerLengths[kind]
  if (end <= extent.end) return undefined
  return shortage(extent, end, () => ({
    reason: 'truncated-header',
    text: `${kind.toUpperCase()} header goes on behind the end of the packet`,
    reference: references[kind],
  }))
}

function readPorts(extent: Extent, at: number, kind: 'sctp' | 'dccp'): TransportOrProblem {
  const problem = short(extent, at, kind)
  if (problem !== undefined) return problem
  return {kind, sourcePort: u16(extent.bytes, at), destinationPort: u16(extent.bytes, at + 2)}
}

function readUdp(extent: Extent, at: number): TransportOrProblem {
  const problem = short(extent, at, 'udp')
  if (problem !== undefined) return problem
  const {bytes, wireEnd} = extent
  return {kind: 'udp', sourcePort: u16(bytes, at), destinationPort: u16(bytes, at + 2), payload: wireEnd - at - 8}
}

function readTcp(extent: Extent, at: number): TransportOrProblem {
  const problem = short(extent, at, 'tcp')
  if (problem !== undefined) return problem
  const {bytes, wireEnd} = extent
  const length = (u8(bytes, at + 12) >> 4) * 4
  if (length < 20) return shortTcp(length)
  const tcp: Transport = {
    kind: 'tcp',
    sourcePort: u16(bytes, at),
    destinationPort: u16(bytes, at + 2),
    sequence: u32(bytes, at + 4),
    acknowledgement: u32(bytes, at + 8),
    flags: u16(bytes, at + 12) & 0x0f_ff,
    window: u16(bytes, at + 14),
    payload: Math.max(0, wireEnd - at - length),
  }
  const segment =
    (tcp.flags & 2) === 0 ? undefined : segmentSizeOption(bytes, at + 20, Math.min(at + length, extent.end))
  return segment === undefined ? tcp : {...tcp, maximumSegmentSize: segment}
}

const shortTcp = (length: number): Problem => ({
  reason: 'tcp-header-length',
  text: `TCP data offset of ${length} bytes is less than a TCP header`,
  reference: references.tcp,
})

/** RFC 9293 §3.2: kind 2, in a SYN. */
function segmentSizeOption(bytes: Uint8Array, at: number, end: number): number | undefined {
  while (at + 4 <= end) {
    const kind = u8(bytes, at)
    if (kind === 0) return undefined
    if (kind === 2) return u16(bytes, at + 2)
    const length = kind === 1 ? 1 : u8(bytes, at + 1)
    if (length === 0) return undefined
    at += length
  }
  return undefined
}
