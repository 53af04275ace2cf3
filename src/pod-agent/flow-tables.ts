import {
  cpuStateLayout,
  flowCountLayout,
  flowKeyLayout,
  flowLineLayout,
  flowSetLayout,
} from '../generated/kernel-layout.ts'
import {totalsSize} from '../generated/totals.ts'
import {type Batch, takeAll} from './native/bpf-map.ts'
import type {Libbpf} from './native/libbpf.ts'
import type {TickClock} from './tick-clock.ts'

export interface FlowMemory {
  readonly libbpf: Libbpf
  readonly cpus: number
  /** struct cpu_state, by generation's parity and CPU. */
  readonly states: ArrayBuffer
  /** struct flow_set, by generation's parity, CPU and set. */
  readonly table: ArrayBuffer
  readonly spills: readonly [even: number, odd: number]
  readonly ticks: TickClock
}

const lineSize = flowLineLayout.size
const wordsOfLine = lineSize / 4
const wordsOfSet = flowSetLayout.size / 4
const wordsOfState = cpuStateLayout.size / 4
const pathWord = flowKeyLayout.path / 4
const firstWord = (flowLineLayout.count + flowCountLayout.first) / 4
const lastWord = (flowLineLayout.count + flowCountLayout.last) / 4
const totalsWord = cpuStateLayout.totals / 4
const totalsWords = totalsSize / 4

/** What the kernel counted in the generation at rest, in shared memory. */
export class FlowTables {
  readonly #memory: FlowMemory
  readonly #states: Uint32Array
  readonly #table: Uint32Array
  /** By parity: what this generation's totals were when they last came to rest. */
  readonly #atRest: readonly [Uint32Array, Uint32Array]
  #parity = 0

  constructor(memory: FlowMemory) {
    this.#memory = memory
    this.#states = new Uint32Array(memory.states)
    this.#table = new Uint32Array(memory.table)
    this.#atRest = [new Uint32Array(totalsWords), new Uint32Array(totalsWords)]
  }

  /** Called by a swap: this parity is at rest now. */
  rest(parity: number): void {
    this.#parity = parity
    const sums = this.#atRest[parity === 0 ? 0 : 1]
    sums.fill(0)
    for (let cpu = 0; cpu < this.#memory.cpus; cpu++) addWords(sums, this.#states, this.#state(cpu) + totalsWord)
  }

  /** One struct totals, summed over CPUs: everything since the load up to the last swap, so that it agrees with the lines taken up to then. */
  totals(): Uint8Array {
    const sums = this.#atRest[0].slice()
    addWords(sums, this.#atRest[1], 0)
    return new Uint8Array(sums.buffer)
  }

  /** Flow lines as they are, at most `size` bytes a piece, and clears what it has taken. The pieces are the caller's. Take all before the next swap. */
  *take(size: number): Generator<Uint8Array> {
    const pieces = new Pieces(size, this.#memory.ticks)
    yield* this.#takeTable(pieces)
    yield* this.#takeStates(pieces)
    yield* pieces.rest()
  }

  *#takeTable(pieces: Pieces): Generator<Uint8Array> {
    const table = this.#table
    const half = table.length / 2
    const end = (this.#parity + 1) * half
    for (let set = this.#parity * half; set < end; set += wordsOfSet) {
      // Lines fill up from the first, so an empty one ends the set.
      for (let line = set; line < set + wordsOfSet && table[line + pathWord] !== 0; line += wordsOfLine) {
        if (pieces.full) yield pieces.next()
        pieces.moveLine(table, line)
      }
    }
  }

  *#takeStates(pieces: Pieces): Generator<Uint8Array> {
    const states = this.#states
    let spilled = 0
    for (let cpu = 0; cpu < this.#memory.cpus; cpu++) {
      const state = this.#state(cpu)
      spilled += states[state + cpuStateLayout.spilled / 4] ?? 0
      states[state + cpuStateLayout.spilled / 4] = 0
      states[state + cpuStateLayout.spillIsFull / 4] = 0
      const memo = state + cpuStateLayout.memo / 4
      if (states[memo + pathWord] === 0) continue
      if (pieces.full) yield pieces.next()
      pieces.moveLine(states, memo)
    }
    if (spilled > 0) yield* this.#takeSpill(pieces)
  }

  *#takeSpill(pieces: Pieces): Generator<Uint8Array> {
    const fd = this.#memory.spills[this.#parity === 0 ? 0 : 1]
    const sizes = {keySize: flowKeyLayout.size, valueSize: flowCountLayout.size}
    for (const batch of takeAll(this.#memory.libbpf, {fd, ...sizes})) {
      for (let entry = 0; entry < batch.count; entry++) {
        if (pieces.full) yield pieces.next()
        pieces.joinEntry(batch, entry)
      }
    }
  }

  #state(cpu: number): number {
    return (this.#parity * this.#memory.cpus + cpu) * wordsOfState
  }
}

/** Adds 64-bit words, as pairs of 32 bits: a bigint for each would cost more. */
function addWords(sums: Uint32Array, words: Uint32Array, from: number): void {
  for (let each = 0; each < sums.length; each += 2) {
    const low = (sums[each] ?? 0) + (words[from + each] ?? 0)
    sums[each] = low
    sums[each + 1] = (sums[each + 1] ?? 0) + (words[from + each + 1] ?? 0) + (low > 0xffff_ffff ? 1 : 0)
  }
}

/** Lines, packed into pieces of one size. */
class Pieces {
  readonly #words: number
  readonly #ticks: TickClock
  #piece: Uint32Array
  #used = 0

  constructor(size: number, ticks: TickClock) {
    this.#ticks = ticks
    this.#words = Math.max(1, Math.floor(size / lineSize)) * wordsOfLine
    this.#piece = new Uint32Array(this.#words)
  }

  get full(): boolean {
    return this.#used === this.#words
  }

  /** Word by word: for 16 words that is cheaper than subarray and set. */
  moveLine(from: Uint32Array, at: number): void {
    const piece = this.#piece
    const to = this.#used
    for (let word = 0; word < wordsOfLine; word++) {
      piece[to + word] = from[at + word] ?? 0
      from[at + word] = 0
    }
    this.#stamp()
  }

  joinEntry({keys, values}: Batch, entry: number): void {
    const bytes = new Uint8Array(this.#piece.buffer, this.#used * 4, lineSize)
    bytes.set(keys.subarray(entry * flowKeyLayout.size, (entry + 1) * flowKeyLayout.size), flowLineLayout.key)
    bytes.set(values.subarray(entry * flowCountLayout.size, (entry + 1) * flowCountLayout.size), flowLineLayout.count)
    this.#stamp()
  }

  #stamp(): void {
    const piece = this.#piece
    const line = this.#used
    piece[line + firstWord] = this.#ticks.stamp(piece[line + firstWord] ?? 0)
    piece[line + lastWord] = this.#ticks.stamp(piece[line + lastWord] ?? 0)
    this.#used = line + wordsOfLine
  }

  next(): Uint8Array {
    const piece = this.#filled()
    this.#piece = new Uint32Array(this.#words)
    this.#used = 0
    return piece
  }

  *rest(): Generator<Uint8Array> {
    if (this.#used > 0) yield this.#filled()
  }

  #filled(): Uint8Array {
    return new Uint8Array(this.#piece.buffer, 0, this.#used * 4)
  }
}
