import {flowCountLayout, flowLineLayout} from '../generated/kernel-layout.ts'
import type {TickClock} from './tick-clock.ts'

const lineSize = flowLineLayout.size
const wordsOfLine = lineSize / 4
const firstWord = (flowLineLayout.count + flowCountLayout.first) / 4
const lastWord = (flowLineLayout.count + flowCountLayout.last) / 4
const smallest = 64 * lineSize

/** Lines, copied into pieces of at most one size, their stamps turned into the monotonic clock. */
export class Pieces {
  readonly #most: number
  readonly #ticks: TickClock
  #piece = new Uint8Array(0)
  #used = 0

  constructor(size: number, ticks: TickClock) {
    this.#most = Math.max(1, Math.floor(size / lineSize)) * lineSize
    this.#ticks = ticks
  }

  /** Copies whole lines, and gives each piece that is full. */
  *add(lines: Uint8Array): Generator<Uint8Array> {
    for (let taken = 0; taken < lines.length;) {
      if (this.#used === this.#piece.length) {
        yield* this.rest()
        // Not cleared, since all that is given away is written first.
        const size = Math.min(this.#most, Math.max(lines.length - taken, smallest))
        this.#piece = new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
      }
      const some = lines.subarray(taken, taken + this.#piece.length - this.#used)
      this.#piece.set(some, this.#used)
      this.#used += some.length
      taken += some.length
    }
  }

  *rest(): Generator<Uint8Array> {
    if (this.#used === 0) return
    const piece = this.#piece.subarray(0, this.#used)
    this.#piece = new Uint8Array(0)
    this.#used = 0
    this.#stamp(piece)
    yield piece
  }

  #stamp(piece: Uint8Array): void {
    const words = new Int32Array(piece.buffer, 0, piece.length / 4)
    const ticks = this.#ticks
    const {recent, newest} = ticks
    for (let line = 0; line < words.length; line += wordsOfLine) {
      const first = words[line + firstWord] ?? 0
      const last = words[line + lastWord] ?? 0
      words[line + firstWord] = recent[(newest - first) | 0] ?? ticks.stamp(first)
      words[line + lastWord] = recent[(newest - last) | 0] ?? ticks.stamp(last)
    }
  }
}
