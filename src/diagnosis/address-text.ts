import {isPrefixWithin, isWithin, parsePrefix} from '../address/prefix.ts'
import {formatIPv6, parseAddress} from '../address/text.ts'

/** Addresses are RFC 5952 text everywhere in this room. */
const bytesOf = (ip: string): Uint8Array => parseAddress(ip)?.bytes ?? new Uint8Array(16)

/** RFC 4291 §2.7.1. */
export function solicitedNodeOf(ip: string): string {
  const group = bytesOf('ff02::1:ff00:0')
  group.set(bytesOf(ip).subarray(13), 13)
  return formatIPv6(group)
}

/** The first 64 bits, the rest zero. */
export function networkOf(ip: string): string {
  const bytes = bytesOf(ip)
  bytes.fill(0, 8)
  return formatIPv6(bytes)
}

/** RFC 2464 §7. The last two groups of RFC 5952 text are its last four bytes; between two colons is zero. */
export function multicastMacOf(ip: string): string {
  const last = ip.lastIndexOf(':')
  const high = ip.slice(ip.lastIndexOf(':', last - 1) + 1, last).padStart(4, '0')
  const low = ip.slice(last + 1).padStart(4, '0')
  return `33:33:${high.slice(0, 2)}:${high.slice(2)}:${low.slice(0, 2)}:${low.slice(2)}`
}

export const isGroupMac = (mac: string): boolean => (parseInt(mac.slice(0, 2), 16) & 1) === 1

/** RFC 9568 §7.3, and the IPv4 form that keepalived also takes. */
export const isVirtualRouterMac = (mac: string): boolean => /^00:00:5e:00:0[12]:/.test(mac)

export function isInPrefix(ip: string, prefixText: string): boolean {
  const prefix = parsePrefix(prefixText)
  return prefix !== undefined && prefix.family === 6 && isWithin(prefix, bytesOf(ip))
}

export const isInAny = (ip: string, prefixes: readonly string[]): boolean => prefixes.some((p) => isInPrefix(ip, p))

/** One is within the other. */
export function overlaps(one: string, other: string): boolean {
  const [a, b] = [parsePrefix(one), parsePrefix(other)]
  if (a === undefined || b === undefined || a.family !== b.family) return false
  return isPrefixWithin(a, b) || isPrefixWithin(b, a)
}
