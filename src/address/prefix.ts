import {addressBytes, parseAddress} from './text.ts'

/** Length counts bits of the 16-byte form: 10.0.0.0/8 is 104 long. Bits beyond the length are zero. */
export interface AddressPrefix {
  readonly bytes: Uint8Array
  readonly length: number
  readonly family: 4 | 6
  readonly zone?: string
}

/** An address is a prefix of full length. Host bits may be set, as in `fd00::1/64`: they are cleared. */
export function parsePrefix(text: string): AddressPrefix | undefined {
  const slash = text.lastIndexOf('/')
  const address = parseAddress(slash === -1 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const length = slash === -1 ? 128 : prefixLength(text.slice(slash + 1), address.family)
  if (length === undefined) return undefined
  return {...address, bytes: masked(address.bytes, length), length}
}

function prefixLength(text: string, family: 4 | 6): number | undefined {
  if (!/^(0|[1-9]\d{0,2})$/.test(text)) return undefined
  const offset = family === 4 ? 96 : 0
  const length = Number(text) + offset
  return length <= 128 ? length : undefined
}

function masked(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, i) => byte & byteMask(length - 8 * i))
}

/** The mask of one byte of which `bits` bits belong to the prefix. */
const byteMask = (bits: number): number => (bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff)

export function isWithin(prefix: AddressPrefix, bytes: Uint8Array, at = 0): boolean {
  for (let i = 0; i < addressBytes && 8 * i < prefix.length; i++) {
    if (((bytes[at + i] ?? 0) & byteMask(prefix.length - 8 * i)) !== prefix.bytes[i]) return false
  }
  return true
}

export const isPrefixWithin = (inner: AddressPrefix, outer: AddressPrefix): boolean =>
  inner.length >= outer.length && isWithin(outer, inner.bytes)

/** ::ffff:0:0/96 and below is how IPv4 is held: such a prefix, written as IPv6, means IPv4 on the wire too. */
export const coversIPv4 = (prefix: AddressPrefix): boolean =>
  isPrefixWithin(prefix, mapped) || isPrefixWithin(mapped, prefix)

const mapped: AddressPrefix = {
  bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0),
  length: 96,
  family: 6,
}

export const prefixHex = (prefix: AddressPrefix): string => Buffer.from(prefix.bytes).toString('hex')
