import type {ByteSource} from './byte-source.ts'

/** More than any frame that is captured: libpcap takes at most 256 KiB of one, and BIG TCP makes no more than 512 KiB. */
export const mostBytes = 1 << 20
const capacity = 2 * mostBytes

/** A stretch of a capture in a buffer that never grows. What was read before the last `fill` is overwritten by it. */
export class Window {
  readonly bytes = new Uint8Array(capacity)
  readonly view = new DataView(this.bytes.buffer)
  /** The next byte to look at, and the end of what is there. */
  start = 0
  end = 0
  readonly #source: ByteSource
  /** Of the first byte of the buffer, in the capture. */
  #origin = 0
  #toSkip = 0

  constructor(source: ByteSource) {
    this.#source = source
  }

  /** Of `start`, in the capture. */
  get position(): number {
    return this.#origin + this.start
  }

  /** Where the capture ends as far as is known. */
  get known(): number {
    return this.#origin + this.end
  }

  has(bytes: number): boolean {
    return this.end - this.start >= bytes
  }

  /** Goes on by any number of bytes, also beyond what is there. */
  skip(bytes: number): void {
    const here = Math.min(bytes, this.end - this.start)
    this.start += here
    this.#toSkip += bytes - here
  }

  /** Bytes to skip that the capture did not have. */
  get missing(): number {
    return this.#toSkip
  }

  /** Reads on; false at the end. */
  async fill(): Promise<boolean> {
    this.bytes.copyWithin(0, this.start, this.end)
    this.#origin += this.start
    this.end -= this.start
    this.start = 0
    do {
      const read = await this.#source.read(this.bytes.subarray(this.end))
      if (read === 0) return false
      this.end += read
      const skipped = this.#toSkip
      this.#toSkip = 0
      this.skip(skipped)
      if (this.start < this.end) return true
      this.#origin += this.end
      this.start = this.end = 0
    } while (this.#toSkip > 0)
    return true
  }
}
