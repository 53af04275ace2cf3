import {formatIPv6} from '../address/text.ts'
import {u16, u8} from './bytes.ts'
import type {GroupRecord, Icmpv6Body} from './icmpv6-message.ts'

/** RFC 3810 §5.1.3: from 0x8000 on, a mantissa of 12 bits and an exponent of 3. Milliseconds. */
const floating16 = (code: number): number =>
  code < 0x80_00 ? code : ((code & 0x0f_ff) | 0x10_00) * 2 ** (((code >> 12) & 7) + 3)

/** RFC 3810 §5.1.9: from 128 on, a mantissa of 4 bits and an exponent of 3. Seconds. */
const floating8 = (code: number): number => (code < 0x80 ? code : ((code & 0x0f) | 0x10) * 2 ** (((code >> 4) & 7) + 3))

/** RFC 2710 §3 and RFC 3810 §5.1: `length` by the IP header tells the versions apart, `end` is the end of what is here. */
export function readQuery(bytes: Uint8Array, at: number, {end, length}: {end: number; length: number}): Icmpv6Body {
  const group = formatIPv6(bytes, at + 8)
  const code = u16(bytes, at + 4)
  if (length < 28 || at + 28 > end)
    return {kind: 'listener-query', version: 1, group, maximumResponseDelay: code, sources: []}
  const flags = u8(bytes, at + 24)
  return {
    kind: 'listener-query',
    version: 2,
    group,
    maximumResponseDelay: floating16(code),
    sources: addresses(bytes, at + 28, {end, count: u16(bytes, at + 26)}),
    suppress: (flags & 8) !== 0,
    robustness: flags & 7,
    queryInterval: floating8(u8(bytes, at + 25)),
  }
}

function addresses(bytes: Uint8Array, at: number, limit: {end: number; count: number}): readonly string[] {
  const list: string[] = []
  for (let i = at; list.length < limit.count && i + 16 <= limit.end; i += 16) list.push(formatIPv6(bytes, i))
  return list
}

const recordTypes = ['IS_IN', 'IS_EX', 'TO_IN', 'TO_EX', 'ALLOW', 'BLOCK'] as const

/** RFC 3810 §5.2; records that do not end within the message are left out. */
export function readRecords(bytes: Uint8Array, at: number, end: number): readonly GroupRecord[] {
  const records: GroupRecord[] = []
  const count = u16(bytes, at + 6)
  for (let i = at + 8; records.length < count && i + 20 <= end;) {
    const type = u8(bytes, i)
    const sources = u16(bytes, i + 2)
    const next = i + 20 + 16 * sources + 4 * u8(bytes, i + 1)
    if (next > end) break
    records.push({
      record: recordTypes[type - 1] ?? `type ${type}`,
      group: formatIPv6(bytes, i + 4),
      sources: addresses(bytes, i + 20, {end, count: sources}),
    })
    i = next
  }
  return records
}

/** Records, or sources of a query, that the message announces and does not hold. */
export function missingCount(bytes: Uint8Array, at: number, {type, end}: {type: number; end: number}): number {
  if (type === 143) return u16(bytes, at + 6) - readRecords(bytes, at, end).length
  const room = Math.floor((end - at - 28) / 16)
  return type === 130 && end - at >= 28 ? Math.max(0, u16(bytes, at + 26) - room) : 0
}
