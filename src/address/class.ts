/** What an address is for, in one word: the longest matching row of IANA's special-purpose registries. */
export type AddressClass =
  (typeof ipv6Classes)[number][2] | (typeof ipv4Classes)[number][2] | MulticastClass | 'global' | 'reserved'

export type MulticastClass = 'solicited-node' | `multicast-${(typeof scopes)[number]}`

/** RFC 7346 §2: scope 0 to 15. Routers must drop 0; 6, 7, 9 to 13 are for administrators to define. */
const scopes = [
  'reserved', 'interface', 'link', 'realm', 'admin', 'site', 'unassigned', 'unassigned',
  'organization', 'unassigned', 'unassigned', 'unassigned', 'unassigned', 'unassigned', 'global', 'reserved',
] as const // prettier-ignore

/** First 16-bit groups, length, class. The first matching row wins, so longer prefixes stand before those they are within. */
const ipv6Classes = [
  [[0, 0, 0, 0, 0, 0, 0, 0], 128, 'unspecified'], // RFC 4291 §2.5.2
  [[0, 0, 0, 0, 0, 0, 0, 1], 128, 'loopback'], // RFC 4291 §2.5.3
  [[0, 0, 0, 0, 0, 0xff_ff], 96, 'v4-mapped'], // RFC 4291 §2.5.5.2
  [[0, 0, 0, 0, 0xff_ff, 0], 96, 'v4-translated'], // RFC 2765 §2.1
  [[0, 0, 0, 0, 0, 0], 96, 'v4-compatible'], // RFC 4291 §2.5.5.1, deprecated
  [[0x64, 0xff_9b, 0, 0, 0, 0], 96, 'nat64'], // RFC 6052 §2.1
  [[0x64, 0xff_9b, 1], 48, 'nat64-local'], // RFC 8215
  [[0x1_00, 0, 0, 0], 64, 'discard-only'], // RFC 6666
  [[0x1_00, 0, 0, 1], 64, 'dummy'], // RFC 9780
  [[0x20_01, 0], 32, 'teredo'], // RFC 4380
  [[0x20_01, 1, 0, 0, 0, 0, 0, 1], 128, 'pcp-anycast'], // RFC 7723
  [[0x20_01, 1, 0, 0, 0, 0, 0, 2], 128, 'turn-anycast'], // RFC 8155
  [[0x20_01, 1, 0, 0, 0, 0, 0, 3], 128, 'dns-sd-anycast'], // RFC 9665
  [[0x20_01, 2, 0], 48, 'benchmarking'], // RFC 5180
  [[0x20_01, 3], 32, 'amt'], // RFC 7450
  [[0x20_01, 4, 0x1_12], 48, 'as112'], // RFC 7535
  [[0x20_01, 0x10], 28, 'orchid'], // RFC 4843, deprecated
  [[0x20_01, 0x20], 28, 'orchid-v2'], // RFC 7343
  [[0x20_01, 0x30], 28, 'drone-remote-id'], // RFC 9374
  [[0x20_01, 0], 23, 'ietf-protocol'], // RFC 2928
  [[0x20_01, 0xd_b8], 32, 'documentation'], // RFC 3849
  [[0x3f_ff, 0], 20, 'documentation'], // RFC 9637
  [[0x20_02], 16, '6to4'], // RFC 3056
  [[0x26_20, 0x4f, 0x80_00], 48, 'as112'], // RFC 7534
  [[0x5f_00], 16, 'srv6-sid'], // RFC 9602
  [[0xfc_00], 7, 'ula'], // RFC 4193
  [[0xfe_80], 10, 'link-local'], // RFC 4291 §2.5.6
  [[0xfe_c0], 10, 'site-local'], // RFC 3879, deprecated
] as const // prettier-ignore

/** RFC 6890 and the registry of RFC 6761 kin; first matching row wins. */
const ipv4Classes = [
  [0x00_00_00_00, 32, 'unspecified'], // RFC 1122 §3.2.1.3
  [0x00_00_00_00, 8, 'this-network'], // RFC 791 §3.2
  [0x0a_00_00_00, 8, 'private'], // RFC 1918
  [0x64_40_00_00, 10, 'shared'], // RFC 6598, carrier-grade NAT
  [0x7f_00_00_00, 8, 'loopback'], // RFC 1122 §3.2.1.3
  [0xa9_fe_00_00, 16, 'link-local'], // RFC 3927
  [0xac_10_00_00, 12, 'private'], // RFC 1918
  [0xc0_00_02_00, 24, 'documentation'], // RFC 5737
  [0xc0_00_00_00, 24, 'ietf-protocol'], // RFC 6890 §2.1
  [0xc0_1f_c4_00, 24, 'as112'], // RFC 7535
  [0xc0_34_c1_00, 24, 'amt'], // RFC 7450
  [0xc0_58_63_00, 24, '6to4'], // RFC 7526, deprecated relay anycast
  [0xc0_a8_00_00, 16, 'private'], // RFC 1918
  [0xc0_af_30_00, 24, 'as112'], // RFC 7534
  [0xc6_12_00_00, 15, 'benchmarking'], // RFC 2544
  [0xc6_33_64_00, 24, 'documentation'], // RFC 5737
  [0xcb_00_71_00, 24, 'documentation'], // RFC 5737
  [0xff_ff_ff_ff, 32, 'broadcast'], // RFC 919 §7
  [0xe0_00_00_00, 24, 'multicast-link'], // RFC 5771 §4
  [0xef_00_00_00, 8, 'multicast-admin'], // RFC 2365
  [0xe0_00_00_00, 4, 'multicast-global'], // RFC 5771
  [0xf0_00_00_00, 4, 'reserved'], // RFC 1112 §4
] as const // prettier-ignore

/** Of the 16 bytes at `at`; `family` is that of the packet, as ::ffff:10.0.0.1 in an IPv6 header is no private IPv4 address. */
export function classOf(bytes: Uint8Array, family: 4 | 6, at = 0): AddressClass {
  return family === 4 ? classOfIPv4(bytes, at + 12) : classOfIPv6(bytes, at)
}

function classOfIPv6(bytes: Uint8Array, at: number): AddressClass {
  if (bytes[at] === 0xff) return classOfMulticast(bytes, at)
  const row = ipv6Classes.find(([groups, length]) =>
    groups.every((group, i) => matches(bytes, at + 2 * i, {group, bits: length - 16 * i})),
  )
  if (row !== undefined) return row[2]
  // RFC 4291 §2.4: only 2000::/3 is given out; the rest of the space is reserved.
  return ((bytes[at] ?? 0) & 0xe0) === 0x20 ? 'global' : 'reserved'
}

function matches(bytes: Uint8Array, at: number, {group, bits}: {group: number; bits: number}): boolean {
  const mask = bits >= 16 ? 0xff_ff : (0xff_ff << (16 - bits)) & 0xff_ff
  const value = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  return (value & mask) === (group & mask)
}

function classOfMulticast(bytes: Uint8Array, at: number): MulticastClass {
  if (isSolicitedNode(bytes, at)) return 'solicited-node'
  return `multicast-${scopes[(bytes[at + 1] ?? 0) & 0x0f] ?? 'reserved'}`
}

/** RFC 4291 §2.7.1: ff02::1:ff00:0/104. */
function isSolicitedNode(bytes: Uint8Array, at = 0): boolean {
  if (bytes[at] !== 0xff || bytes[at + 1] !== 0x02) return false
  for (let i = 2; i < 11; i++) if (bytes[at + i] !== 0) return false
  return bytes[at + 11] === 1 && bytes[at + 12] === 0xff
}

function classOfIPv4(bytes: Uint8Array, at: number): AddressClass {
  const value = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at)
  return ipv4Classes.find(([base, length]) => value >>> (32 - length) === base >>> (32 - length))?.[2] ?? 'global'
}
