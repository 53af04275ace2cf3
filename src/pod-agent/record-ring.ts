import type {Libc} from './native/libc.ts'
import {SharedMemory} from './native/memory.ts'

const page = 4096

/** struct bpf_ringbuf_hdr: the length, whose highest bits say that it is being written, or was given up; then the page offset. */
const headerBytes = 8
const discarded = 0x4000_0000
const lengthBits = 0x3fff_ffff

/** The reading end of a BPF ring buffer. Records are whole and in order; reading makes room for more. */
export class RecordRing {
  readonly #size: number
  readonly #consumer: SharedMemory
  readonly #producer: SharedMemory
  readonly #read: BigUint64Array
  readonly #written: Int32Array
  readonly #lengths: Int32Array
  readonly #bytes: Uint8Array
  /** Bytes since the ring was made: exact up to 2^53. */
  #position = 0

  /** `size`: a power of two, of whole pages. */
  constructor(libc: Libc, {fd, size}: {readonly fd: number; readonly size: number}) {
    this.#size = size
    this.#consumer = new SharedMemory(libc, {fd, size: page})
    // The kernel maps the data twice in a row, so that no record is in two parts.
    this.#producer = new SharedMemory(libc, {fd, size: page + 2 * size, offset: page, access: 'read'})
    this.#read = new BigUint64Array(this.#consumer.buffer, 0, 1)
    this.#written = new Int32Array(this.#producer.buffer, 0, 1)
    this.#lengths = new Int32Array(this.#producer.buffer, page)
    this.#bytes = new Uint8Array(this.#producer.buffer, page)
  }

  /** Copies what is there, one record after the other, each padded to 8 bytes. */
  take(): {readonly records: Uint8Array; readonly count: number} {
    // Less than 2^32 bytes are unread: the low halves of both positions tell how many.
    const unread = (Atomics.load(this.#written, 0) - (this.#position | 0)) >>> 0
    const end = this.#position + unread
    const records = new Uint8Array(unread)
    let used = 0
    let count = 0
    while (this.#position < end) {
      const at = this.#position % this.#size
      const header = Atomics.load(this.#lengths, at >>> 2)
      if (header < 0) break
      const length = ((header & lengthBits) + 7) & ~7
      if ((header & discarded) === 0) {
        records.set(this.#bytes.subarray(at + headerBytes, at + headerBytes + length), used)
        used += length
        count += 1
      }
      this.#position += headerBytes + length
    }
    if (unread > 0) Atomics.store(this.#read, 0, BigInt(this.#position))
    return {records: records.subarray(0, used), count}
  }

  close(): void {
    this.#consumer.close()
    this.#producer.close()
  }
}
