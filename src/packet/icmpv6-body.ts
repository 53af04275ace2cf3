import {formatIPv6} from '../address/text.ts'
import {u16, u32, u8} from './bytes.ts'
import type {Icmpv6Body} from './icmpv6-message.ts'
import {readQuery, readRecords} from './mld.ts'
import {preferenceOf} from './nd-base-options.ts'
import type {Quote} from './nd-options.ts'

/** A message of which at least the fixed part is here. */
export interface MessageBytes {
  readonly bytes: Uint8Array
  readonly at: number
  /** Of what is here; `length` is what the IP header says. */
  readonly end: number
  readonly length: number
  readonly quote: Quote
}

export function readBody(message: MessageBytes, type: number): Icmpv6Body {
  const {bytes, at} = message
  if (type < 128) return readError(message, type)
  switch (type) {
    case 128:
    case 129:
      return {kind: 'echo', id: u16(bytes, at + 4), sequence: u16(bytes, at + 6)}
    case 130:
      return readQuery(bytes, at, message)
    case 131:
      return {kind: 'listener-report', group: formatIPv6(bytes, at + 8)}
    case 132:
      return {kind: 'listener-done', group: formatIPv6(bytes, at + 8)}
    case 141:
      return {kind: 'inverse-solicitation'}
    case 142:
      return {kind: 'inverse-advertisement'}
    case 143:
      return {kind: 'listener-report-v2', records: readRecords(bytes, at, message.end)}
    case 151:
    case 152:
    case 153:
      return readMulticastRouter(message, type)
    default:
      return readDiscovery(message, type)
  }
}

/** RFC 4861 §4.1 to §4.5. */
function readDiscovery({bytes, at}: MessageBytes, type: number): Icmpv6Body {
  switch (type) {
    case 133:
      return {kind: 'router-solicitation'}
    case 134:
      return readRouterAdvertisement(bytes, at)
    case 135:
      return {kind: 'neighbor-solicitation', target: formatIPv6(bytes, at + 8)}
    case 136: {
      const flags = u8(bytes, at + 4)
      return {
        kind: 'neighbor-advertisement',
        target: formatIPv6(bytes, at + 8),
        router: (flags & 0x80) !== 0,
        solicited: (flags & 0x40) !== 0,
        override: (flags & 0x20) !== 0,
      }
    }
    case 137:
      return {kind: 'redirect', target: formatIPv6(bytes, at + 8), destination: formatIPv6(bytes, at + 24)}
    default:
      return {kind: 'other'}
  }
}

/** RFC 4861 §4.2, with the flags of RFC 6275 §7.1, RFC 4191 §2.2 and RFC 4389 §4.1.3.3. */
function readRouterAdvertisement(bytes: Uint8Array, at: number): Icmpv6Body {
  const flags = u8(bytes, at + 5)
  return {
    kind: 'router-advertisement',
    hopLimit: u8(bytes, at + 4),
    managed: (flags & 0x80) !== 0,
    other: (flags & 0x40) !== 0,
    homeAgent: (flags & 0x20) !== 0,
    proxy: (flags & 0x04) !== 0,
    preference: preferenceOf(flags),
    routerLifetime: u16(bytes, at + 6),
    reachableTime: u32(bytes, at + 8),
    retransTimer: u32(bytes, at + 12),
  }
}

/** RFC 4443 §3: four bytes, and the packet that caused it. */
function readError({bytes, at, end, quote}: MessageBytes, type: number): Icmpv6Body {
  const quoted = end > at + 8 ? quote(at + 8, end) : undefined
  const about = quoted === undefined ? {} : {quoted}
  if (type === 2) return {kind: 'error', mtu: u32(bytes, at + 4), ...about}
  if (type === 4) return {kind: 'error', pointer: u32(bytes, at + 4), ...about}
  return {kind: 'error', ...about}
}

/** RFC 4286 §3.2: the interval is where other messages have their code. */
function readMulticastRouter({bytes, at}: MessageBytes, type: number): Icmpv6Body {
  if (type !== 151) return {kind: 'multicast-router'}
  return {
    kind: 'multicast-router',
    advertisementInterval: u8(bytes, at + 1),
    queryInterval: u16(bytes, at + 4),
    robustness: u16(bytes, at + 6),
  }
}
