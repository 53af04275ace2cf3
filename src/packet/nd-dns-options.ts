import {formatIPv6} from '../address/text.ts'
import {hexText, u16, u8} from './bytes.ts'
import type {NdOption} from './icmpv6-message.ts'
import {head, lifetimeAt, wrongLength} from './nd-base-options.ts'
import type {OptionBytes} from './nd-options.ts'
import type {Problem} from './packet.ts'

function addressesIn(bytes: Uint8Array, at: number, end: number): readonly string[] {
  const addresses: string[] = []
  for (let i = at; i + 16 <= end; i += 16) addresses.push(formatIPv6(bytes, i))
  return addresses
}

/** RFC 3122 §3. */
export function addressListOption(option: OptionBytes, name: 'source-address-list' | 'target-address-list'): NdOption {
  const {bytes, at, length} = option
  if (length % 16 !== 8)
    return {...head(option, name), problem: wrongLength(length, '8 and a multiple of 16', 'RFC 3122 §3')}
  return {...head(option, name), addresses: addressesIn(bytes, at + 8, at + length)}
}

/** RFC 8106 §5.1. */
export function rdnss(option: OptionBytes): NdOption {
  const {bytes, at, length} = option
  const named = head(option, 'rdnss')
  if (length < 24 || length % 16 !== 8)
    return {...named, problem: wrongLength(length, '8 and a multiple of 16', 'RFC 8106 §5.3.1')}
  return {...named, lifetime: lifetimeAt(bytes, at + 4), servers: addressesIn(bytes, at + 8, at + length)}
}

/** RFC 8106 §5.2. */
export function dnssl(option: OptionBytes): NdOption {
  const {bytes, at, length} = option
  const named = head(option, 'dnssl')
  if (length < 16) return {...named, problem: wrongLength(length, '16 or more', 'RFC 8106 §5.3.1')}
  const domains = domainsIn(bytes, at + 8, at + length)
  const lifetime = lifetimeAt(bytes, at + 4)
  return domains === undefined ? {...named, lifetime, problem: badName('RFC 8106 §5.2')} : {...named, lifetime, domains}
}

const badName = (reference: string): Problem => ({
  reason: 'domain-name',
  text: 'a domain name in it is compressed, or does not end',
  reference,
})

/** Names of RFC 1035 §3.1 one after another, then zeros; undefined where one is broken. */
function domainsIn(bytes: Uint8Array, at: number, end: number): readonly string[] | undefined {
  const domains: string[] = []
  for (let i = at; i < end && u8(bytes, i) !== 0;) {
    const labels: string[] = []
    for (let length = u8(bytes, i); length !== 0; length = u8(bytes, i)) {
      if (length > 63 || i + 1 + length >= end) return undefined
      labels.push(textOf(bytes, i + 1, i + 1 + length))
      i += 1 + length
    }
    domains.push(labels.join('.'))
    i += 1
  }
  return domains
}

/** One character a byte: whatever is on the wire, the text is valid. */
function textOf(bytes: Uint8Array, at: number, end: number): string {
  let text = ''
  for (let i = at; i < end; i++) text += String.fromCharCode(u8(bytes, i))
  return text
}

/** RFC 8910 §2.3: padded with zeros. */
export function captivePortal(option: OptionBytes): NdOption {
  const {bytes, at, length} = option
  let end = at + length
  while (end > at + 2 && u8(bytes, end - 1) === 0) end--
  return {...head(option, 'captive-portal'), uri: textOf(bytes, at + 2, end)}
}

const pref64Lengths: readonly number[] = [96, 64, 56, 48, 40, 32]

/** RFC 8781 §4. */
export function pref64(option: OptionBytes): NdOption {
  const {bytes, at, length} = option
  const named = head(option, 'pref64')
  if (length !== 16) return {...named, problem: wrongLength(length, '16', 'RFC 8781 §4')}
  const scaled = u16(bytes, at + 2)
  const prefixLength = pref64Lengths[scaled & 7]
  // The lifetime counts in 8 seconds, above the three bits of the length code.
  const lifetime = scaled & 0xff_f8
  if (prefixLength === undefined) {
    const problem = {reason: 'prefix-length', text: `prefix length code ${scaled & 7}`, reference: 'RFC 8781 §4'}
    return {...named, lifetime, problem}
  }
  const padded = new Uint8Array(16)
  padded.set(bytes.subarray(at + 4, at + 4 + prefixLength / 8))
  return {...named, prefix: formatIPv6(padded), prefixLength, lifetime}
}

/** RFC 9463 §6.1: priority, lifetime, name; then, each with its length, addresses and parameters, which may be left out. */
export function encryptedDns(option: OptionBytes): NdOption {
  const {bytes, at, length} = option
  const named = head(option, 'encrypted-dns')
  const end = at + length
  const broken = {...named, problem: wrongLength(length, 'as long as its fields', 'RFC 9463 §6.1')}
  const nameEnd = at + 10 + u16(bytes, at + 8)
  if (length < 16 || nameEnd > end) return broken
  const [domain] = domainsIn(bytes, at + 10, nameEnd) ?? []
  if (domain === undefined) return {...named, problem: badName('RFC 9463 §6.1')}
  const fields = {...named, priority: u16(bytes, at + 2), lifetime: lifetimeAt(bytes, at + 4), domain}
  if (nameEnd + 2 > end) return fields
  const addressesEnd = nameEnd + 2 + u16(bytes, nameEnd)
  if (addressesEnd > end) return broken
  const addresses = addressesIn(bytes, nameEnd + 2, addressesEnd)
  if (addressesEnd + 2 > end) return {...fields, addresses}
  const parametersEnd = addressesEnd + 2 + u16(bytes, addressesEnd)
  if (parametersEnd > end) return broken
  return {...fields, addresses, parameters: hexText(bytes, addressesEnd + 2, parametersEnd)}
}
