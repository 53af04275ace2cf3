import {flowCountLayout, flowKeyLayout, flowLineLayout} from '../generated/kernel-layout.ts'

const lineWords = flowLineLayout.size / 4
const keyWords = flowKeyLayout.size / 4
const count = flowLineLayout.count / 4
const bytesWord = count + flowCountLayout.bytes / 4
const packetsWord = count + flowCountLayout.packets / 4
const marksWord = count + flowCountLayout.tcpFlags / 4
const firstWord = count + flowCountLayout.first / 4
const lastWord = count + flowCountLayout.last / 4

/** Of words from some offset on. Keys come from the wire, so it needs a secret. */
export type KeyHash = (words: Uint32Array, at: number) => number

/** Flow lines as the kernel writes them (struct flow_line), so many until they are taken. */
export class LineTable {
  readonly #hash: KeyHash
  readonly #capacity: number
  readonly #words: Uint32Array
  readonly #index: Int32Array
  #count = 0
  #packets = 0
  #last = 0

  /** A power of two. */
  constructor(capacity: number, hash: KeyHash) {
    this.#hash = hash
    this.#capacity = capacity
    this.#words = new Uint32Array(capacity * lineWords)
    this.#index = new Int32Array(2 * capacity).fill(-1)
  }

  /** One more packet might not fit. */
  get isFull(): boolean {
    return this.#count === this.#capacity || this.#packets === 2 ** 32 - 1
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** `tick` is a monotonic_2p20ns. */
  add(key: Uint32Array, {bytes, marks}: {readonly bytes: number; readonly marks: number}, tick: number): void {
    const words = this.#words
    const at = this.#lineOf(key, tick)
    const low = (words[at + bytesWord] ?? 0) + bytes
    words[at + bytesWord] = low
    if (low >= 2 ** 32) words[at + bytesWord + 1] = (words[at + bytesWord + 1] ?? 0) + 1
    words[at + packetsWord] = (words[at + packetsWord] ?? 0) + 1
    words[at + marksWord] = (words[at + marksWord] ?? 0) | marks
    if ((tick - (words[at + firstWord] ?? 0)) << 0 < 0) words[at + firstWord] = tick
    if ((tick - (words[at + lastWord] ?? 0)) << 0 > 0) words[at + lastWord] = tick
    this.#packets++
  }

  /** The lines, until the next one is added; the table begins anew. */
  take(): Uint8Array {
    const taken = new Uint8Array(this.#words.buffer, 0, this.#count * flowLineLayout.size)
    this.#index.fill(-1)
    this.#count = this.#packets = this.#last = 0
    return taken
  }

  #lineOf(key: Uint32Array, tick: number): number {
    // Packets come in trains.
    if (this.#count > 0 && this.#isAt(this.#last, key)) return this.#last
    const mask = this.#index.length - 1
    let place = this.#hash(key, 0) & mask
    for (; ; place = (place + 1) & mask) {
      const line = this.#index[place] ?? -1
      if (line === -1) break
      if (this.#isAt(line * lineWords, key)) return (this.#last = line * lineWords)
    }
    this.#index[place] = this.#count
    return (this.#last = this.#open(key, tick))
  }

  #open(key: Uint32Array, tick: number): number {
    const at = this.#count++ * lineWords
    this.#words.fill(0, at, at + lineWords)
    this.#words.set(key, at)
    this.#words[at + firstWord] = tick
    this.#words[at + lastWord] = tick
    return at
  }

  #isAt(at: number, key: Uint32Array): boolean {
    for (let word = keyWords - 1; word >= 0; word--) if (this.#words[at + word] !== key[word]) return false
    return true
  }
}
