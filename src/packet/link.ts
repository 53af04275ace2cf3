import {macText, u16, u32, u8} from './bytes.ts'
import type {Frame} from './packet.ts'

/** What the link header says, and where it ends. */
export interface LinkHeader {
  /** First byte behind it. */
  readonly at: number
  readonly etherType: number | undefined
  readonly sourceMac: string | undefined
  readonly destinationMac: string | undefined
  readonly vlans: readonly number[]
  /** The bytes end before the header does. */
  readonly isShort: boolean
}

export const ipv6EtherType = 0x86_dd
export const ipv4EtherType = 0x08_00

const vlanEtherTypes: ReadonlySet<number> = new Set([0x81_00, 0x88_a8, 0x91_00, 0x92_00]) // 802.1Q, 802.1ad, and QinQ before it

export function readLink({link, bytes, tag}: Frame): LinkHeader {
  const vlans = tag === undefined ? noTags : [tag & 0x0f_ff]
  switch (link) {
    case 'ethernet':
      return readEthernet(bytes, vlans)
    case 'none':
      return bare(bytes, 0, etherTypeOfVersion(bytes, 0))
    case 'null':
      return bare(bytes, 4, etherTypeOfFamily(bytes))
    case 'sll':
      return readCooked(bytes, vlans, sll)
    case 'sll2':
      return readCooked(bytes, vlans, sll2)
  }
}

const noTags: readonly number[] = []

const bare = (bytes: Uint8Array, at: number, etherType: number | undefined): LinkHeader => ({
  at,
  etherType,
  sourceMac: undefined,
  destinationMac: undefined,
  vlans: noTags,
  isShort: bytes.length < at,
})

function etherTypeOfVersion(bytes: Uint8Array, at: number): number | undefined {
  const version = u8(bytes, at) >> 4
  return version === 6 ? ipv6EtherType : version === 4 ? ipv4EtherType : undefined
}

/** The BSD loopback word is in the order of the machine that captured; LOOP is in network order. */
function etherTypeOfFamily(bytes: Uint8Array): number | undefined {
  const word = u32(bytes, 0)
  const family = word <= 0xff_ff ? word : u8(bytes, 0) | (u8(bytes, 1) << 8)
  switch (family) {
    case 2:
      return ipv4EtherType
    case 10: // Linux
    case 24: // NetBSD, OpenBSD
    case 28: // FreeBSD
    case 30: // macOS
      return ipv6EtherType
    default:
      return undefined
  }
}

function readEthernet(bytes: Uint8Array, outer: readonly number[]): LinkHeader {
  const sourceMac = bytes.length < 12 ? undefined : macText(bytes, 6)
  const destinationMac = bytes.length < 6 ? undefined : macText(bytes, 0)
  const {at, etherType, vlans, isShort} = readTags(bytes, 12, outer)
  return {at, etherType, sourceMac, destinationMac, vlans, isShort}
}

/** The type at `at`, behind any number of tags. */
function readTags(
  bytes: Uint8Array,
  at: number,
  outer: readonly number[],
): Omit<LinkHeader, 'sourceMac' | 'destinationMac'> {
  const vlans: number[] = []
  while (at + 4 <= bytes.length && vlanEtherTypes.has(u16(bytes, at))) {
    vlans.push(u16(bytes, at + 2) & 0x0f_ff)
    at += 4
  }
  const isShort = at + 2 > bytes.length
  const etherType = isShort ? undefined : u16(bytes, at)
  return {at: at + 2, etherType, vlans: vlans.length === 0 ? outer : [...outer, ...vlans], isShort}
}

interface CookedLayout {
  readonly protocol: number
  readonly address: number
  readonly addressLength: number
  readonly size: number
}

/** LINKTYPE_LINUX_SLL and SLL2: the sender's address only. */
const sll: CookedLayout = {protocol: 14, address: 6, addressLength: 5, size: 16}
const sll2: CookedLayout = {protocol: 0, address: 12, addressLength: 11, size: 20}

function readCooked(bytes: Uint8Array, outer: readonly number[], layout: CookedLayout): LinkHeader {
  if (bytes.length < layout.size) return bare(bytes, layout.size, undefined)
  const sourceMac = u8(bytes, layout.addressLength) === 6 ? macText(bytes, layout.address) : undefined
  const etherType = u16(bytes, layout.protocol)
  const link = {at: layout.size, etherType, sourceMac, destinationMac: undefined, vlans: outer, isShort: false}
  if (!vlanEtherTypes.has(etherType)) return link
  // The header's type is the first tag's; that tag and what it holds are the payload.
  const vlan = u16(bytes, layout.size) & 0x0f_ff
  return {...link, ...readTags(bytes, layout.size + 2, [...outer, vlan])}
}
