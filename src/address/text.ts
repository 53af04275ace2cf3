/** An address as 16 bytes in network order; IPv4 is held as ::ffff:a.b.c.d and told apart by its family. */
export interface Address {
  readonly bytes: Uint8Array
  readonly family: 4 | 6
  readonly zone?: string
}

export const addressBytes = 16

/** Any spelling: short or long, upper case, in brackets, with a zone, with an IPv4 tail. Not a host name, not a prefix. */
export function parseAddress(text: string): Address | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text
  if (!bare.includes(':')) return bare === text ? parseIPv4(bare) : undefined
  const [front = '', zone, ...rest] = bare.split('%')
  if (rest.length > 0 || zone === '') return undefined
  const bytes = parseIPv6(front)
  if (bytes === undefined) return undefined
  return zone === undefined ? {bytes, family: 6} : {bytes, family: 6, zone}
}

function parseIPv4(text: string): Address | undefined {
  const octets = parseOctets(text)
  if (octets === undefined) return undefined
  const bytes = new Uint8Array(addressBytes)
  bytes[10] = bytes[11] = 0xff
  bytes.set(octets, 12)
  return {bytes, family: 4}
}

/** RFC 6943 §3.1.1: only the strict form; a leading zero would be octal to some readers. */
function parseOctets(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return undefined
  const octets = parts.map(Number)
  return octets.every((octet) => octet <= 255) ? octets : undefined
}

function parseIPv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [front, back] = halves
  const head = parseGroups(front ?? '', back === undefined)
  const tail = back === undefined ? [] : parseGroups(back, true)
  if (head === undefined || tail === undefined) return undefined
  const missing = addressBytes - head.length - tail.length
  // RFC 4291 §2.2: "::" stands for one or more groups.
  if (back === undefined ? missing !== 0 : missing < 2) return undefined
  const bytes = new Uint8Array(addressBytes)
  bytes.set(head)
  bytes.set(tail, addressBytes - tail.length)
  return bytes
}

function parseGroups(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [place, group] of groups.entries()) {
    if (isEnd && place === groups.length - 1 && group.includes('.')) {
      const octets = parseOctets(group)
      if (octets === undefined) return undefined
      bytes.push(...octets)
    } else if (/^[\da-f]{1,4}$/i.test(group)) {
      const value = parseInt(group, 16)
      bytes.push(value >> 8, value & 0xff)
    } else return undefined
  }
  return bytes
}

const isMapped = (bytes: Uint8Array, at = 0): boolean => {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff
}

export const formatIPv4 = (bytes: Uint8Array, at = 12): string =>
  `${octet(bytes, at)}.${octet(bytes, at + 1)}.${octet(bytes, at + 2)}.${octet(bytes, at + 3)}`

const octet = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups as "::" (the first of equals). */
export function formatIPv6(bytes: Uint8Array, at = 0): string {
  // RFC 5952 §5: mixed notation where a well-known prefix says that an IPv4 address is inside.
  if (isMapped(bytes, at)) return `::ffff:${formatIPv4(bytes, at + 12)}`
  const zeros = longestZeros(bytes, at)
  if (zeros.length < 2) return groupsText(bytes, at, at + addressBytes)
  const [start, end] = [at + 2 * zeros.start, at + 2 * (zeros.start + zeros.length)]
  return `${groupsText(bytes, at, start)}::${groupsText(bytes, end, at + addressBytes)}`
}

/** Every packet has two addresses: this is the busiest code of a capture that is read back. */
function groupsText(bytes: Uint8Array, at: number, end: number): string {
  let text = ''
  for (let i = at; i < end; i += 2) {
    const group = ((octet(bytes, i) << 8) | octet(bytes, i + 1)).toString(16)
    text = i === at ? group : `${text}:${group}`
  }
  return text
}

function longestZeros(bytes: Uint8Array, at: number): {readonly start: number; readonly length: number} {
  let best = {start: 0, length: 0}
  let start = 0
  for (let i = 0; i < 8; i++) {
    if (bytes[at + 2 * i] !== 0 || bytes[at + 2 * i + 1] !== 0) start = i + 1
    else if (i + 1 - start > best.length) best = {start, length: i + 1 - start}
  }
  return best
}

export const formatBytes = (bytes: Uint8Array, family: 4 | 6, at = 0): string =>
  family === 4 ? formatIPv4(bytes, at + 12) : formatIPv6(bytes, at)

/** RFC 4007 §11: what is before the `%`. */
export const withoutZone = (text: string): string => text.replace(/%.*$/, '')
