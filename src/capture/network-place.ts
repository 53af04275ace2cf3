import {undecodableReasons} from '../generated/words.ts'
import type {LinkType} from '../packet/packet.ts'
import type {FrameCursor} from './frame-cursor.ts'
import {decoded, type NetworkPlace, otherFamily} from './packet-walk.ts'

const truncatedLink = undecodableReasons.indexOf('truncated-link-header')
const notReadable = undecodableReasons.indexOf('not-readable')
const tagBytes = 4
const mostTags = 2
/** Address families that systems write into the loopback word: Linux and all for IPv4; NetBSD, FreeBSD, Darwin, Linux for IPv6. */
const ipv4Families = [2]
const ipv6Families = [24, 28, 30, 10]
/** LINKTYPE_LINUX_SLL's and SLL2's packet type of what the machine itself sent. */
const outgoing = 4
const ethertypes = {ipv4: 0x0800, ipv6: 0x86dd} as const

const isVlan = (ethertype: number): boolean => ethertype === 0x8100 || ethertype === 0x88a8 || ethertype === 0x9100

/** Where a cooked header has its protocol, and where it ends. */
const headers = {
  ethernet: {length: 14, protocol: 12},
  sll: {length: 16, protocol: 14},
  sll2: {length: 20, protocol: 0},
} as const

/** Finds the IP packet in a frame, as bpf/frame.h does. */
export class LinkWalk implements NetworkPlace {
  at = 0
  capturedEnd = 0
  available = 0
  family: 4 | 6 = 6

  /** Returns `decoded`, `otherFamily`, or the number of an undecodable reason. */
  find(view: DataView, cursor: FrameCursor, link: LinkType): number {
    this.capturedEnd = cursor.at + cursor.captured
    this.at = cursor.at
    this.available = cursor.length
    if (link === 'none') return this.#readBare(view, cursor)
    if (link === 'null') return this.#readLoopback(view, cursor)
    return this.#readTyped(view, cursor, headers[link])
  }

  #missing(cursor: FrameCursor, length: number): number {
    this.available = Math.max(0, cursor.length - length)
    return length > cursor.length ? truncatedLink : notReadable
  }

  #enter(cursor: FrameCursor, length: number): void {
    this.at = cursor.at + length
    this.available = cursor.length - length
  }

  #readBare(view: DataView, cursor: FrameCursor): number {
    if (cursor.captured < 1) return this.#missing(cursor, 1)
    this.family = view.getUint8(cursor.at) >> 4 === 4 ? 4 : 6
    return decoded
  }

  /** In the byte order of the machine that captured, or of the network: the families are below 256. */
  #readLoopback(view: DataView, cursor: FrameCursor): number {
    if (cursor.captured < 4) return this.#missing(cursor, 4)
    const word = view.getUint32(cursor.at, true)
    const family = word > 0xffff ? view.getUint32(cursor.at) : word
    this.#enter(cursor, 4)
    if (!ipv4Families.includes(family) && !ipv6Families.includes(family)) return otherFamily
    this.family = ipv4Families.includes(family) ? 4 : 6
    return decoded
  }

  #readTyped(view: DataView, cursor: FrameCursor, header: (typeof headers)[keyof typeof headers]): number {
    let length: number = header.length
    if (cursor.captured < length) return this.#missing(cursor, length)
    let ethertype = view.getUint16(cursor.at + header.protocol)
    for (let tag = 0; tag < mostTags && isVlan(ethertype); tag++) {
      length += tagBytes
      if (cursor.captured < length) return this.#missing(cursor, length)
      ethertype = view.getUint16(cursor.at + length - 2)
    }
    this.#enter(cursor, length)
    if (ethertype !== ethertypes.ipv4 && ethertype !== ethertypes.ipv6) return otherFamily
    this.family = ethertype === ethertypes.ipv6 ? 6 : 4
    return decoded
  }
}

/** Which way a frame went, where the capture tells: in its options, or in a cooked header. */
export function directionOf(view: DataView, cursor: FrameCursor, link: LinkType): 'ingress' | 'egress' | undefined {
  if (cursor.direction !== undefined) return cursor.direction
  if (link === 'sll' && cursor.captured >= 2) return view.getUint16(cursor.at) === outgoing ? 'egress' : 'ingress'
  if (link === 'sll2' && cursor.captured >= 11) return view.getUint8(cursor.at + 10) === outgoing ? 'egress' : 'ingress'
  return undefined
}
