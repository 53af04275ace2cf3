import {type CaptureInterface, type FrameCursor, Malformed} from './frame-cursor.ts'

/** So many in one file; each costs memory for as long as it is read. */
const mostInterfaces = 65_536
const option = {end: 0, name: 2, resolution: 9, offset: 14} as const

interface Described extends CaptureInterface {
  readonly snapLength: number
  readonly clock: CaptureClock
}

/** All interfaces of a file, over its sections; a section numbers its own from 0. */
export class InterfaceList {
  readonly #all: Described[] = []
  #first = 0

  get all(): readonly CaptureInterface[] {
    return this.#all
  }

  openSection(): void {
    this.#first = this.#all.length
  }

  /** draft-ietf-opsawg-pcapng §4.2; options that make no sense are passed over. */
  add(
    view: DataView,
    {start, end, isLittle}: {readonly start: number; readonly end: number; readonly isLittle: boolean},
  ): void {
    if (this.#all.length === mostInterfaces) throw new Malformed(`it has more than ${mostInterfaces} interfaces`)
    let name = `#${this.#all.length - this.#first}`
    let [unitsPerSecond, offset] = [1_000_000, 0]
    for (let at = start + 16; at + 4 <= end;) {
      const code = view.getUint16(at, isLittle)
      const length = view.getUint16(at + 2, isLittle)
      const value = at + 4
      if (code === option.end || value + length > end) break
      if (code === option.name && length > 0) name = textOf(view, value, length)
      if (code === option.resolution && length === 1) unitsPerSecond = unitsOf(view.getUint8(value))
      if (code === option.offset && length === 8) offset = Number(view.getBigInt64(value, isLittle))
      at = value + ((length + 3) & ~3)
    }
    const snapLength = view.getUint32(start + 12, isLittle)
    this.#all.push({
      name,
      linkType: view.getUint16(start + 8, isLittle),
      snapLength: snapLength === 0 ? Infinity : snapLength,
      clock: new CaptureClock(unitsPerSecond, offset),
    })
  }

  indexOf(number: number): number {
    const index = this.#first + number
    if (index >= this.#all.length) throw new Malformed(`a frame is of interface ${number}, which is not described`)
    return index
  }

  clockOf(index: number): CaptureClock {
    return this.#at(index).clock
  }

  snapLengthOf(index: number): number {
    return this.#at(index).snapLength
  }

  #at(index: number): Described {
    const found = this.#all[index]
    if (found === undefined) throw new RangeError(`there is no interface ${index}`)
    return found
  }
}

/** UTF-8, ended early by a zero byte of those who count it; no name of an interface is longer. */
function textOf(view: DataView, at: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, Math.min(length, 256))
  const zero = bytes.indexOf(0)
  return new TextDecoder().decode(zero === -1 ? bytes : bytes.subarray(0, zero))
}

/** if_tsresol: a power of ten, or of two where the highest bit is set. */
const unitsOf = (byte: number): number => (byte & 0x80 ? 2 : 10) ** (byte & 0x7f)

/** Units are counted exactly in doubles while a remainder and 16 more bits fit into 53. */
const mostUnits = 2 ** 37

/** 64-bit times of one interface. */
export class CaptureClock {
  readonly #units: number
  readonly #offset: number
  readonly #scale: number

  constructor(unitsPerSecond: number, offsetSeconds: number) {
    this.#units = unitsPerSecond
    this.#offset = offsetSeconds
    this.#scale = 1e9 / unitsPerSecond
  }

  read(cursor: FrameCursor, high: number, low: number): void {
    const units = this.#units
    if (units > mostUnits) {
      this.#readFine(cursor, (BigInt(high) << 32n) | BigInt(low))
      return
    }
    let seconds = Math.floor(high / units)
    let rest = (high % units) * 65_536 + (low >>> 16)
    let digit = Math.floor(rest / units)
    seconds = seconds * 65_536 + digit
    rest = (rest - digit * units) * 65_536 + (low & 0xffff)
    digit = Math.floor(rest / units)
    cursor.seconds = seconds * 65_536 + digit + this.#offset
    cursor.nanoseconds = Math.floor((rest - digit * units) * this.#scale)
  }

  #readFine(cursor: FrameCursor, time: bigint): void {
    const units = Number.isFinite(this.#units) ? BigInt(this.#units) : 1n
    cursor.seconds = Number(time / units) + this.#offset
    cursor.nanoseconds = Number(((time % units) * 1_000_000_000n) / units)
  }
}
