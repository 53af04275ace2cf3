import {directions, families, undecodableReasons} from '../generated/words.ts'
import type {Direction, KernelFilter} from '../protocol/settings.ts'
import type {CaptureFile} from './capture-file.ts'
import {type KeyHash, LineTable} from './line-table.ts'
import {linkTypeName} from './link-type-names.ts'
import {linkOf} from './link-types.ts'
import {directionOf, LinkWalk} from './network-place.ts'
import {packetFilter} from './packet-filter.ts'
import {decoded, otherFamily, PacketWalk} from './packet-walk.ts'
import {TotalCounts} from './total-counts.ts'

const tickNs = 2 ** 20
const notReadable = undecodableReasons.indexOf('not-readable')
/** 26 days: what a 32-bit tick can tell from the capture's newest time. */
const mostTicks = 2 ** 31 - 1

export interface TallyOptions {
  readonly filter: KernelFilter
  /** Of an interface's name. What it refuses is not counted at all, as an interface without a program. */
  readonly isChosen: (name: string) => boolean
  readonly hash: KeyHash
  /** Flows until they must be taken: a power of two. */
  readonly lines: number
}

interface Origin {
  readonly isChosen: boolean
  readonly link: ReturnType<typeof linkOf>
}

/** The flows and totals of a capture, as the kernel's programs would have counted its packets: in records of the same layout. */
export class FlowTally {
  readonly #file: CaptureFile
  readonly #options: TallyOptions
  readonly #lines: LineTable
  readonly #totals = new TotalCounts()
  readonly #link = new LinkWalk()
  readonly #packet = new PacketWalk()
  readonly #passes: (packet: PacketWalk) => boolean
  readonly #view: DataView
  readonly #origins: Origin[] = []
  readonly #otherLinks = new Map<string, number>()
  readonly #path = {direction: 0, family: 0, interface: 0}
  #began: {readonly seconds: number; readonly nanoseconds: number} | undefined
  #elapsedNs = 0
  #nextNs = 0
  #hasDirections = true
  #isDecoded = false
  #isPending = false

  constructor(file: CaptureFile, options: TallyOptions) {
    this.#file = file
    this.#options = options
    this.#lines = new LineTable(options.lines, options.hash)
    this.#passes = packetFilter(options.filter)
    this.#view = new DataView(file.bytes.buffer)
  }

  /** Time of the first frame, since 1970. */
  get beganNs(): bigint {
    const {seconds = 0, nanoseconds = 0} = this.#began ?? {}
    return BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds)
  }

  /** From the first frame to the newest. */
  get elapsedNs(): number {
    return this.#elapsedNs
  }

  /** From the first frame to the one that is counted next, or was counted last. */
  get nextNs(): number {
    return this.#nextNs
  }

  /** Frames by link types that are not decoded, which are counted as not readable. */
  get otherLinks(): ReadonlyMap<string, number> {
    return this.#otherLinks
  }

  /** Frames came, and all of them by such link types. */
  get hasOthersOnly(): boolean {
    return this.#otherLinks.size > 0 && !this.#isDecoded
  }

  /** False once a frame came without one. */
  get hasDirections(): boolean {
    return this.#hasDirections
  }

  /** Names of interfaces that frames came from, and which of them were chosen. */
  get isAnyChosen(): boolean {
    return this.#origins.some(({isChosen}) => isChosen)
  }

  /** Counts what is in the file's window, until the table is full or the capture's clock passes `untilNs`; true when all was counted. */
  count(untilNs: number): boolean {
    const {cursor} = this.#file
    for (;;) {
      if (this.#lines.isFull) return false
      if (!this.#isPending && !this.#file.next()) return true
      this.#isPending = false
      const sinceNs = this.#sinceBegin(cursor.seconds, cursor.nanoseconds)
      this.#nextNs = sinceNs
      if (sinceNs >= untilNs) {
        this.#isPending = true
        return false
      }
      if (sinceNs > this.#elapsedNs) this.#elapsedNs = sinceNs
      this.#countFrame(sinceNs)
    }
  }

  /** Flow lines must be taken before more is counted. */
  get isFull(): boolean {
    return this.#lines.isFull
  }

  /** Flow lines since the last call, to be read before more is counted, and the totals since the start. */
  take(): {readonly flows: Uint8Array; readonly totals: Uint8Array} {
    return {flows: this.#lines.take(), totals: this.#totals.bytes()}
  }

  #sinceBegin(seconds: number, nanoseconds: number): number {
    this.#began ??= {seconds, nanoseconds}
    return (seconds - this.#began.seconds) * 1e9 + (nanoseconds - this.#began.nanoseconds)
  }

  #originOf(index: number): Origin {
    const known = this.#origins[index]
    if (known !== undefined) return known
    for (let next = this.#origins.length; next <= index; next++) {
      const {name, linkType} = this.#file.interfaces[next] ?? {name: '', linkType: -1}
      this.#origins.push({isChosen: this.#options.isChosen(name), link: linkOf(linkType)})
    }
    return this.#originOf(index)
  }

  #countFrame(sinceNs: number): void {
    const {cursor} = this.#file
    const packet = this.#packet
    const {isChosen, link} = this.#originOf(cursor.interface)
    if (!isChosen) return
    const way = link === undefined ? cursor.direction : directionOf(this.#view, cursor, link)
    if (way === undefined) this.#hasDirections = false
    const verdict = link === undefined ? this.#passOver() : this.#decode(link)
    const path = this.#path
    path.direction = way === 'egress' ? directions.indexOf('egress') : 0
    path.family = families.indexOf(this.#link.family === 6 ? 'ipv6' : 'ipv4')
    path.interface = cursor.interface + 1
    const isRejected = verdict === decoded && !this.#isWanted(way)
    this.#totals.add(verdict, packet, {direction: path.direction, family: path.family, isRejected})
    if (verdict !== decoded || isRejected) return
    packet.fileUnder(path)
    const ticks = Math.floor(sinceNs / tickNs)
    const now = Math.floor(this.#elapsedNs / tickNs)
    this.#lines.add(packet.key, packet, Math.max(ticks, now - mostTicks) >>> 0)
  }

  #isWanted(way: Direction | undefined): boolean {
    const {direction} = this.#options.filter
    return (direction === undefined || direction === way) && this.#passes(this.#packet)
  }

  #passOver(): number {
    const {cursor, interfaces} = this.#file
    const name = linkTypeName(interfaces[cursor.interface]?.linkType ?? -1)
    this.#otherLinks.set(name, (this.#otherLinks.get(name) ?? 0) + 1)
    this.#packet.bytes = cursor.length
    return notReadable
  }

  #decode(link: NonNullable<Origin['link']>): number {
    this.#isDecoded = true
    const place = this.#link
    const packet = this.#packet
    const verdict = place.find(this.#view, this.#file.cursor, link)
    packet.bytes = place.available
    if (verdict !== decoded) return verdict
    if (this.#options.filter.families.includes(place.family)) return packet.decode(this.#view, place)
    packet.bytes = this.#lengthOfOther()
    return otherFamily
  }

  /** Of a family that nobody asked for only the length is read. */
  #lengthOfOther(): number {
    const {at, available, family, capturedEnd} = this.#link
    if (at + 6 > capturedEnd) return available
    const total = family === 4 ? this.#view.getUint16(at + 2) : this.#view.getUint16(at + 4) + 40
    return total > 0 && total < available ? total : available
  }
}
