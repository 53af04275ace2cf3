import {type CaptureFormat, type CaptureInterface, type FrameCursor, Malformed, OtherVersion} from './frame-cursor.ts'
import {mostBytes, type Window} from './window.ts'

/** The format of https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap, with nanoseconds, and as Alexey Kuznetsov's libpcap wrote it. */
const variants: Readonly<Record<number, {readonly nanoseconds: number; readonly header: number}>> = {
  0xa1b2c3d4: {nanoseconds: 1000, header: 16},
  0xa1b23c4d: {nanoseconds: 1, header: 16},
  0xa1b2cd34: {nanoseconds: 1000, header: 24},
}
const fileHeader = 24

export const isPcap = (window: Window): boolean =>
  [true, false].some((isLittle) => window.view.getUint32(window.start, isLittle) in variants)

export class Pcap implements CaptureFormat {
  readonly interfaces: readonly CaptureInterface[]
  readonly #isLittle: boolean
  readonly #nanoseconds: number
  readonly #header: number

  private constructor(view: DataView, at: number) {
    this.#isLittle = view.getUint32(at, true) in variants
    const variant = variants[view.getUint32(at, this.#isLittle)]
    if (variant === undefined) throw new TypeError('this is no pcap file')
    this.#nanoseconds = variant.nanoseconds
    this.#header = variant.header
    const version = [view.getUint16(at + 4, this.#isLittle), view.getUint16(at + 6, this.#isLittle)]
    if (version[0] !== 2 || version[1] !== 4) throw new OtherVersion(`pcap ${version.join('.')}`)
    // The upper half tells of a frame check sequence; whoever reads the IP header's length does not take it for a part of the packet.
    this.interfaces = [{name: '#0', linkType: view.getUint32(at + 20, this.#isLittle) & 0xffff}]
  }

  /** Undefined until there is a whole header. */
  static read(window: Window): Pcap | undefined {
    if (!window.has(fileHeader)) return undefined
    const format = new Pcap(window.view, window.start)
    window.skip(fileHeader)
    return format
  }

  next(window: Window, cursor: FrameCursor): boolean {
    const {view, start: at} = window
    if (!window.has(this.#header)) return false
    const captured = view.getUint32(at + 8, this.#isLittle)
    if (captured > mostBytes) throw new Malformed(`a frame of ${captured} bytes is larger than any`)
    if (!window.has(this.#header + captured)) return false
    cursor.at = at + this.#header
    cursor.captured = captured
    cursor.length = Math.max(captured, view.getUint32(at + 12, this.#isLittle))
    cursor.seconds = view.getUint32(at, this.#isLittle)
    cursor.nanoseconds = view.getUint32(at + 4, this.#isLittle) * this.#nanoseconds
    window.start = at + this.#header + captured
    return true
  }
}
