import {
  cpuStateLayout,
  flowCountLayout,
  flowKeyLayout,
  flowLineLayout,
  indexBucketLayout,
} from '../generated/kernel-layout.ts'
import {totalsSize} from '../generated/totals.ts'
import {takeAll} from './native/bpf-map.ts'
import type {Libbpf} from './native/libbpf.ts'
import {Pieces} from './pieces.ts'
import type {TickClock} from './tick-clock.ts'

export interface FlowMemory {
  readonly libbpf: Libbpf
  readonly cpus: number
  /** struct cpu_state, by generation's parity and CPU. */
  readonly states: ArrayBuffer
  /** struct index_bucket, by generation's parity, CPU and bucket. */
  readonly index: ArrayBuffer
  /** struct flow_line, by generation's parity, CPU and number. */
  readonly lines: ArrayBuffer
  readonly spills: readonly [even: number, odd: number]
  readonly ticks: TickClock
}

const lineSize = flowLineLayout.size
const wordsOfState = cpuStateLayout.size / 4
const totalsWord = cpuStateLayout.totals / 4
const totalsWords = totalsSize / 4
const pathWord = (cpuStateLayout.memo + flowKeyLayout.path) / 4
const word = {
  used: cpuStateLayout.used / 4,
  spilled: cpuStateLayout.spilled / 4,
  spillIsFull: cpuStateLayout.spillIsFull / 4,
}

/** What the kernel counted in the generation at rest, in shared memory. */
export class FlowTables {
  readonly #memory: FlowMemory
  readonly #states: Uint32Array
  /** Eight bytes at a time: cleared in a third of the time. */
  readonly #index: Float64Array
  readonly #lines: Uint8Array
  /** By parity: what this generation's totals were when they last came to rest. */
  readonly #atRest: readonly [Uint32Array, Uint32Array]
  #parity: 0 | 1 = 0

  constructor(memory: FlowMemory) {
    this.#memory = memory
    this.#states = new Uint32Array(memory.states)
    this.#index = new Float64Array(memory.index)
    this.#lines = new Uint8Array(memory.lines)
    this.#atRest = [new Uint32Array(totalsWords), new Uint32Array(totalsWords)]
  }

  /** Called by a swap: this parity is at rest now. */
  rest(parity: 0 | 1): void {
    this.#parity = parity
    const sums = this.#atRest[parity]
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
    let spilled = 0
    for (let cpu = 0; cpu < this.#memory.cpus; cpu++) {
      yield* this.#takeLines(pieces, cpu)
      const state = this.#state(cpu)
      spilled += this.#states[state + word.spilled] ?? 0
      this.#states[state + word.spilled] = 0
      this.#states[state + word.spillIsFull] = 0
      if (this.#states[state + pathWord] === 0) continue
      const memo = new Uint8Array(this.#memory.states, state * 4 + cpuStateLayout.memo, lineSize)
      yield* pieces.add(memo)
      memo.fill(0)
    }
    if (spilled > 0) yield* this.#takeSpill(pieces)
    yield* pieces.rest()
  }

  *#takeLines(pieces: Pieces, cpu: number): Generator<Uint8Array> {
    const state = this.#state(cpu)
    const used = this.#states[state + word.used] ?? 0
    if (used === 0) return
    const [from] = this.#part(this.#lines, cpu)
    const lines = this.#lines.subarray(from, from + used * lineSize)
    this.#index.fill(0, ...this.#part(this.#index, cpu))
    this.#states[state + word.used] = 0
    yield* pieces.add(lines)
  }

  *#takeSpill(pieces: Pieces): Generator<Uint8Array> {
    const fd = this.#memory.spills[this.#parity]
    const line = new Uint8Array(lineSize)
    const sizes = {keySize: flowKeyLayout.size, valueSize: flowCountLayout.size}
    for (const {keys, values, count} of takeAll(this.#memory.libbpf, {fd, ...sizes})) {
      for (let entry = 0; entry < count; entry++) {
        line.set(keys.subarray(entry * sizes.keySize, (entry + 1) * sizes.keySize), flowLineLayout.key)
        line.set(values.subarray(entry * sizes.valueSize, (entry + 1) * sizes.valueSize), flowLineLayout.count)
        yield* pieces.add(line)
      }
    }
  }

  #state(cpu: number): number {
    return (this.#parity * this.#memory.cpus + cpu) * wordsOfState
  }

  /** Where one CPU's part begins and ends in a map that is laid out by parity and CPU. */
  #part({length}: {readonly length: number}, cpu: number): readonly [from: number, to: number] {
    const size = length / (2 * this.#memory.cpus)
    const at = (this.#parity * this.#memory.cpus + cpu) * size
    return [at, at + size]
  }
}

/** What a table of so many lines takes. */
export const tableBytes = (cpus: number, lines: number) => ({
  states: 2 * cpus * cpuStateLayout.size,
  index: cpus * lines * indexBucketLayout.size,
  lines: 2 * cpus * lines * lineSize,
})

/** Adds 64-bit words, as pairs of 32 bits: a bigint for each would cost more. */
function addWords(sums: Uint32Array, words: Uint32Array, from: number): void {
  for (let each = 0; each < sums.length; each += 2) {
    const low = (sums[each] ?? 0) + (words[from + each] ?? 0)
    sums[each] = low
    sums[each + 1] = (sums[each + 1] ?? 0) + (words[from + each + 1] ?? 0) + (low > 0xffff_ffff ? 1 : 0)
  }
}
