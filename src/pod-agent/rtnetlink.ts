/** One interface as the kernel describes it (RTM_NEWLINK). */
export interface Link {
  readonly index: number
  readonly name: string
  readonly kind: string
  readonly mtu: number
  readonly isUp: boolean
  readonly isLoopback: boolean
  readonly master?: number
  /** What it stands on (VLAN, macvlan…), or the other end of a veth, if that is in the same network namespace. */
  readonly link?: number
  /** Without a link header: neither Ethernet nor loopback. */
  readonly isBare: boolean
}

export interface LinkAddress {
  readonly index: number
  /** 4 or 16 bytes. */
  readonly address: Uint8Array
}

/** A traffic control filter of any kind (RTM_NEWTFILTER). */
export interface TrafficFilter {
  readonly priority: number
  readonly handle: number
  /** That of an eBPF filter. */
  readonly name?: string
}

export type RouteMessage =
  | {readonly type: 'link'; readonly link: Link}
  | {readonly type: 'link-gone'; readonly index: number}
  | {readonly type: 'address'; readonly address: LinkAddress}
  | {readonly type: 'address-gone'; readonly address: LinkAddress}
  | {readonly type: 'filter'; readonly filter: TrafficFilter}
  /** `errno`: the kernel gave up on the way; otherwise 0. */
  | {readonly type: 'done'; readonly errno: number}
  | {readonly type: 'interrupted'}
  | {readonly type: 'error'; readonly errno: number}

/** include/uapi/linux/rtnetlink.h */
export const groups = {
  link: 1,
  neighbour: 4,
  ipv4Address: 0x10,
  ipv6Address: 0x100,
  ipv6Route: 0x400,
  /** RTNLGRP_IPV6_NETCONF is 25. */
  ipv6Settings: 1 << 24,
} as const

const messageTypes = {
  error: 2,
  done: 3,
  newLink: 16,
  delLink: 17,
  getLink: 18,
  newAddress: 20,
  delAddress: 21,
  getAddress: 22,
  newFilter: 44,
  getFilter: 46,
}
const attributes = {
  name: 3,
  mtu: 4,
  link: 5,
  master: 10,
  linkInfo: 18,
  linkNamespace: 37,
  infoKind: 1,
  address: 1,
  local: 2,
  filterKind: 1,
  filterOptions: 2,
  bpfName: 7,
}
/** include/uapi/linux/if_arp.h */
const hardwareTypes = {ethernet: 1, loopback: 772, none: 65_534}
const interfaceFlags = {up: 1, loopback: 8}
const requestDump = 1 | 0x300
const dumpInterrupted = 0x10

const headerBytes = 16
const linkBytes = 16
const addressBytes = 8
const filterBytes = 20
/** TC_H_MIN_INGRESS and TC_H_MIN_EGRESS of the clsact qdisc. */
const clsactParents = {ingress: 0xffff_fff2, egress: 0xffff_fff3}

export type DumpRequest = (sequence: number) => Uint8Array

export const linkDump: DumpRequest = (sequence) => dump(messageTypes.getLink, Buffer.alloc(linkBytes), sequence)
export const addressDump: DumpRequest = (sequence) =>
  dump(messageTypes.getAddress, Buffer.alloc(addressBytes), sequence)

export function filterDump(index: number, direction: keyof typeof clsactParents): DumpRequest {
  const body = Buffer.alloc(filterBytes)
  body.writeInt32LE(index, 4)
  body.writeUInt32LE(clsactParents[direction], 12)
  return (sequence) => dump(messageTypes.getFilter, body, sequence)
}

/** NLM_F_DUMP of any type. */
export function dump(type: number, body: Uint8Array, sequence: number): Uint8Array {
  const message = Buffer.alloc(headerBytes + body.length)
  message.set(body, headerBytes)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(requestDump, 6)
  message.writeUInt32LE(sequence, 8)
  return message
}

/** What one datagram of the kernel says; message types that were not asked for are skipped. */
export function* readRouteMessages(datagram: Uint8Array): Generator<RouteMessage> {
  for (const {type, flags, body} of readRawMessages(datagram)) {
    if ((flags & dumpInterrupted) !== 0) yield {type: 'interrupted'}
    const message = readMessage(type, body)
    if (message !== undefined) yield message
  }
}

export interface RawMessage {
  /** RTM_NEWROUTE… */
  readonly type: number
  readonly flags: number
  /** Valid as long as the datagram is. */
  readonly body: Buffer
}

/** The messages of one datagram as the kernel wrote them. */
export function* readRawMessages(datagram: Uint8Array): Generator<RawMessage> {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength)
  for (let at = 0; at + headerBytes <= bytes.length;) {
    const length = bytes.readUInt32LE(at)
    if (length < headerBytes || at + length > bytes.length) return
    const body = bytes.subarray(at + headerBytes, at + length)
    yield {type: bytes.readUInt16LE(at + 4), flags: bytes.readUInt16LE(at + 6), body}
    at += align(length)
  }
}

function readMessage(type: number, body: Buffer): RouteMessage | undefined {
  switch (type) {
    case messageTypes.done:
      return {type: 'done', errno: body.length < 4 ? 0 : -body.readInt32LE(0)}
    case messageTypes.error:
      return {type: 'error', errno: -body.readInt32LE(0)}
    case messageTypes.newLink:
    case messageTypes.delLink:
      return readLink(body, type === messageTypes.delLink)
    case messageTypes.newAddress:
    case messageTypes.delAddress:
      return readAddress(body, type === messageTypes.delAddress)
    case messageTypes.newFilter:
      return {type: 'filter', filter: readFilter(body)}
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
  const other = found.has(attributes.linkNamespace) ? 0 : found.get(attributes.link)?.readUInt32LE(0)
  const hardware = body.readUInt16LE(2)
  const link: Link = {
    index,
    name: textOf(found.get(attributes.name)),
    kind: textOf(info.get(attributes.infoKind)) || kindOf(hardware),
    mtu: found.get(attributes.mtu)?.readUInt32LE(0) ?? 0,
    isUp: (flags & interfaceFlags.up) !== 0,
    isLoopback: (flags & interfaceFlags.loopback) !== 0,
    isBare: hardware !== hardwareTypes.ethernet && hardware !== hardwareTypes.loopback,
  }
  return {
    type: 'link',
    link: {...link, ...(master === undefined ? {} : {master}), ...(other ? {link: other} : {})},
  }
}

function readFilter(body: Buffer): TrafficFilter {
  const found = readAttributes(body.subarray(filterBytes))
  const filter = {priority: body.readUInt32LE(16) >>> 16, handle: body.readUInt32LE(8)}
  if (textOf(found.get(attributes.filterKind)) !== 'bpf') return filter
  const options = readAttributes(found.get(attributes.filterOptions) ?? Buffer.alloc(0))
  return {...filter, name: textOf(options.get(attributes.bpfName))}
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

export function readAttributes(bytes: Buffer): Map<number, Buffer> {
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

export const textOf = (bytes: Buffer | undefined): string => bytes?.toString('utf8').replace(/\0.*$/s, '') ?? ''

export function kindOf(hardware: number): string {
  const known = Object.entries(hardwareTypes).find(([, type]) => type === hardware)
  return known?.[0] ?? `arphrd-${hardware}`
}
