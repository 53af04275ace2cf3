import {InterfaceList} from './pcapng-interface.ts'
import {type CaptureFormat, type CaptureInterface, type FrameCursor, Malformed, OtherVersion} from './frame-cursor.ts'
import {mostBytes, type Window} from './window.ts'

/** Block types of draft-ietf-opsawg-pcapng §11.1. */
const block = {section: 0x0a0d0d0a, interface: 1, oldPacket: 2, simplePacket: 3, enhancedPacket: 6} as const
const byteOrderMagic = 0x1a2b3c4d
const known: ReadonlySet<number> = new Set(Object.values(block))
const leastBlock = 12
const padded = (length: number): number => (length + 3) & ~3

/** Options that tell the direction: epb_flags and pack_flags (§4.3.1). */
const flagsOption = 2

export const isPcapng = (window: Window): boolean => window.view.getUint32(window.start) === block.section

/** draft-ietf-opsawg-pcapng: sections of either byte order, each with its own interfaces. */
export class Pcapng implements CaptureFormat {
  readonly #list = new InterfaceList()
  #isLittle = true

  get interfaces(): readonly CaptureInterface[] {
    return this.#list.all
  }

  next(window: Window, cursor: FrameCursor): boolean {
    for (;;) {
      if (!window.has(leastBlock)) return false
      const {view, start} = window
      // It reads the same in both orders, and the order of the rest is told behind it.
      const isSection = view.getUint32(start) === block.section
      if (isSection) this.#isLittle = this.#orderOf(view, start)
      const type = view.getUint32(start, this.#isLittle)
      const length = view.getUint32(start + 4, this.#isLittle)
      if (length < leastBlock || length % 4 !== 0) throw new Malformed(`a block cannot be ${length} bytes long`)
      if (!known.has(type)) {
        window.skip(length)
        continue
      }
      if (length > mostBytes) throw new Malformed(`a block of ${length} bytes is larger than any of its type`)
      if (!window.has(length)) return false
      const last = view.getUint32(start + length - 4, this.#isLittle)
      if (last !== length) throw new Malformed(`a block says first that it has ${length} bytes, and then ${last}`)
      const isFrame = this.#read(view, {type, start, end: start + length - 4}, cursor)
      window.start += length
      if (isFrame) return true
    }
  }

  #orderOf(view: DataView, start: number): boolean {
    if (view.getUint32(start + 8, true) === byteOrderMagic) return true
    if (view.getUint32(start + 8) === byteOrderMagic) return false
    throw new Malformed('a section does not tell its byte order')
  }

  #read(view: DataView, at: Block, cursor: FrameCursor): boolean {
    switch (at.type) {
      case block.section:
        this.#openSection(view, at)
        return false
      case block.interface:
        need(at, 20)
        this.#list.add(view, {start: at.start, end: at.end, isLittle: this.#isLittle})
        return false
      case block.simplePacket:
        this.#readSimple(view, at, cursor)
        return true
      default:
        this.#readPacket(view, at, cursor)
        return true
    }
  }

  #openSection(view: DataView, at: Block): void {
    need(at, 28)
    const major = view.getUint16(at.start + 12, this.#isLittle)
    const minor = view.getUint16(at.start + 14, this.#isLittle)
    // Some write 1.2, which is the same (draft-ietf-opsawg-pcapng §4.1); of any other minor version a reader of 1.0 cannot read all.
    if (major !== 1 || (minor !== 0 && minor !== 2)) throw new OtherVersion(`pcapng ${major}.${minor}`)
    this.#list.openSection()
  }

  /** Enhanced and obsolete packet blocks differ only in how they name the interface. */
  #readPacket(view: DataView, at: Block, cursor: FrameCursor): void {
    need(at, 32)
    const {start, type} = at
    const isLittle = this.#isLittle
    const number =
      type === block.enhancedPacket ? view.getUint32(start + 8, isLittle) : view.getUint16(start + 8, isLittle)
    const captured = view.getUint32(start + 20, isLittle)
    const data = start + 28
    if (captured > at.end - data) throw new Malformed(`a frame of ${captured} bytes does not fit into its block`)
    const index = this.#list.indexOf(number)
    const high = view.getUint32(start + 12, isLittle)
    const low = view.getUint32(start + 16, isLittle)
    this.#list.clockOf(index).read(cursor, high, low)
    cursor.interface = index
    cursor.at = data
    cursor.captured = captured
    cursor.length = Math.max(captured, view.getUint32(start + 24, isLittle))
    const options = data + padded(captured)
    cursor.direction = options + 12 <= at.end ? this.#directionOf(view, options, at.end) : undefined
  }

  #readSimple(view: DataView, at: Block, cursor: FrameCursor): void {
    need(at, 16)
    const length = view.getUint32(at.start + 8, this.#isLittle)
    const index = this.#list.indexOf(0)
    cursor.interface = index
    cursor.at = at.start + 12
    cursor.captured = Math.min(length, at.end - cursor.at, this.#list.snapLengthOf(index))
    cursor.length = length
    cursor.direction = undefined
  }

  #directionOf(view: DataView, from: number, end: number): FrameCursor['direction'] {
    for (let at = from; at + 4 <= end;) {
      const code = view.getUint16(at, this.#isLittle)
      const length = view.getUint16(at + 2, this.#isLittle)
      if (code === 0) return undefined
      if (code === flagsOption && length === 4 && at + 8 <= end) {
        const way = view.getUint32(at + 4, this.#isLittle) & 3
        return way === 1 ? 'ingress' : way === 2 ? 'egress' : undefined
      }
      at += 4 + padded(length)
    }
    return undefined
  }
}

interface Block {
  readonly type: number
  readonly start: number
  /** Where its body ends: the length follows once more. */
  readonly end: number
}

function need({start, end}: Block, length: number): void {
  if (end + 4 - start < length) throw new Malformed(`a block of ${end + 4 - start} bytes is too short for its type`)
}
