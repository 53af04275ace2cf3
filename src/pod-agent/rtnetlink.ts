/** One interface as the kernel describes it (RTM_NEWLINK). */
export interface Link {
  readonly index: number
  readonly name: string
  readonly kind: string
  readonly mtu: number
  readonly isUp: boolean
  readonly isLoopback: boolean
  readonly master?: number
  readonly hasXdp: boolean
}

export interface LinkAddress {
  readonly index: number
  /** 4 or 16 bytes. */
  readonly address: Uint8Array
}

export type RouteMessage =
  | {readonly type: 'link'; readonly link: Link}
  | {readonly type: 'link-gone'; readonly index: number}
  | {readonly type: 'address'; readonly address: LinkAddress}
  | {readonly type: 'address-gone'; readonly address: LinkAddress}
  | {readonly type: 'done'}
  | {readonly type: 'interrupted'}
  | {readonly type: 'error'; readonly errno: number}

/** include/uapi/linux/rtnetlink.h */
export const groups = {link: 1, ipv4Address: 0x10, ipv6Address: 0x100} as const

const messageTypes = {
  error: 2,
  done: 3,
  newLink: 16,
  delLink: 17,
  getLink: 18,
  newAddress: 20,
  delAddress: 21,
  getAddress: 22,
}
const attributes = {
  name: 3,
  mtu: 4,
  master: 10,
  linkInfo: 18,
  xdp: 43,
  infoKind: 1,
  xdpAttached: 2,
  address: 1,
  local: 2,
}
const interfaceFlags = {up: 1, loopback: 8}
const requestDump = 1 | 0x300
const dumpInterrupted = 0x10

const headerBytes = 16
const linkBytes = 16
const addressBytes = 8

export const linkDump = (sequence: number): Uint8Array => dump(messageTypes.getLink, linkBytes, sequence)
export const addressDump = (sequence: number): Uint8Array => dump(messageTypes.getAddress, addressBytes, sequence)

function dump(type: number, bodyBytes: number, sequence: number): Uint8Array {
  const message = Buffer.alloc(headerBytes + bodyBytes)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(requestDump, 6)
  message.writeUInt32LE(sequence, 8)
  return message
}

/** What one datagram of the kernel says; message types that were not asked for are skipped. */
export function* readRouteMessages(datagram: Uint8Array): Generator<RouteMessage> {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength)
  for (let at = 0; at + headerBytes <= bytes.length;) {
    const length = bytes.readUInt32LE(at)
    if (length < headerBytes || at + length > bytes.length) return
    if ((bytes.readUInt16LE(at + 6) & dumpInterrupted) !== 0) yield {type: 'interrupted'}
    const message = readMessage(bytes.readUInt16LE(at + 4), bytes.subarray(at + headerBytes, at + length))
    if (message !== undefined) yield message
    at += align(length)
  }
}

function readMessage(type: number, body: Buffer): RouteMessage | undefined {
  switch (type) {
    case messageTypes.done:
      return {type: 'done'}
    case messageTypes.error:
      return {type: 'error', errno: -body.readInt32LE(0)}
    case messageTypes.newLink:
    case messageTypes.delLink:
      return readLink(body, type === messageTypes.delLink)
    case messageTypes.newAddress:
    case messageTypes.delAddress:
      return readAddress(body, type === messageTypes.delAddress)
    default:
      return undefined
  }
}

function readLink(body: Buffer, isGone: boolean): RouteMessage | undefined {
  // Bridges announce their ports in the same group under AF_BRIDGE, and a port that leaves as a deleted link.
  if (body.length < linkBytes || body.readUInt8(0) !== 0) return undefined
  const index = body.readInt32LE(4)
  if (isGone) return {type: 'link-gone', index}
  const flags = body.readUInt32LE(8)
  const found = readAttributes(body.subarray(linkBytes))
  const info = readAttributes(found.get(attributes.linkInfo) ?? Buffer.alloc(0))
  const master = found.get(attributes.master)?.readUInt32LE(0)
  const xdp = readAttributes(found.get(attributes.xdp) ?? Buffer.alloc(0))
  const link: Link = {
    index,
    name: textOf(found.get(attributes.name)),
    kind: textOf(info.get(attributes.infoKind)) || kindOf(body.readUInt16LE(2)),
    mtu: found.get(attributes.mtu)?.readUInt32LE(0) ?? 0,
    isUp: (flags & interfaceFlags.up) !== 0,
    isLoopback: (flags & interfaceFlags.loopback) !== 0,
    hasXdp: (xdp.get(attributes.xdpAttached)?.readUInt8(0) ?? 0) !== 0,
  }
  return {type: 'link', link: master === undefined ? link : {...link, master}}
}

function readAddress(body: Buffer, isGone: boolean): RouteMessage | undefined {
  if (body.length < addressBytes) return undefined
  const found = readAttributes(body.subarray(addressBytes))
  // On a point-to-point link IFA_ADDRESS is the peer's.
  const address = found.get(attributes.local) ?? found.get(attributes.address)
  if (address === undefined) return undefined
  return {
    type: isGone ? 'address-gone' : 'address',
    address: {index: body.readUInt32LE(4), address: Uint8Array.from(address)},
  }
}

function readAttributes(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at)
    if (length < 4 || at + length > bytes.length) break
    found.set(bytes.readUInt16LE(at + 2) & 0x3fff, bytes.subarray(at + 4, at + length))
    at += align(length)
  }
  return found
}

const align = (length: number): number => (length + 3) & ~3

const textOf = (bytes: Buffer | undefined): string => bytes?.toString('utf8').replace(/\0.*$/s, '') ?? ''

/** include/uapi/linux/if_arp.h */
function kindOf(hardware: number): string {
  if (hardware === 1) return 'ethernet'
  if (hardware === 772) return 'loopback'
  return hardware === 65_534 ? 'none' : `arphrd-${hardware}`
}
