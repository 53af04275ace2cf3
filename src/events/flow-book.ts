import {flowCountLayout, flowLineLayout} from '../generated/kernel-layout.ts'
import {aligned, hashKey, isSameKey, keyWords} from './flow-key.ts'

const lineWords = flowLineLayout.size / 4
const countWord = flowLineLayout.count / 4
const bytesWord = countWord + flowCountLayout.bytes / 4
const packetsWord = countWord + flowCountLayout.packets / 4
const marksWord = countWord + flowCountLayout.tcpFlags / 4
const firstWord = countWord + flowCountLayout.first / 4
const lastWord = countWord + flowCountLayout.last / 4

export interface FlowBookOptions {
  /** Flows kept; beyond it the idle ones with the fewest bytes are forgotten, and counted. */
  readonly limit: number
  /** 32 random bits: see hashKey. */
  readonly seed: number
}

/** What was counted and is no longer listed. */
export interface Forgotten {
  readonly flows: number
  readonly packets: number
  readonly bytes: number
}

/**
 * Running totals of one node's flows, in columns: adding a drain of 100,000 lines makes no objects.
 * A slot is a flow's number until the next `forget`.
 */
export class FlowBook {
  readonly #limit: number
  readonly #seed: number
  #index = new Int32Array(2048).fill(-1)
  #columns = new Columns(1024)
  #count = 0
  #changed: number[] = []
  #forgotten: Forgotten = {flows: 0, packets: 0, bytes: 0}
  #packets = 0
  #bytes = 0

  constructor({limit, seed}: FlowBookOptions) {
    this.#limit = limit
    this.#seed = seed
  }

  /** Flows listed now. */
  get size(): number {
    return this.#count
  }

  /** Distinct flows counted so far; one that was forgotten and came back counts twice. */
  get flows(): number {
    return this.#count + this.#forgotten.flows
  }

  get forgotten(): Forgotten {
    return this.#forgotten
  }

  /** Everything ever added. */
  get total(): {readonly packets: number; readonly bytes: number} {
    return {packets: this.#packets, bytes: this.#bytes}
  }

  get columns(): Columns {
    return this.#columns
  }

  /** Adds flow lines as the kernel wrote them. */
  add(records: Uint8Array): void {
    const words = aligned(records)
    for (let at = 0; at + lineWords <= words.length; at += lineWords) this.#addLine(words, at)
  }

  #addLine(words: Uint32Array, at: number): void {
    const slot = this.#slotOf(words, at)
    const columns = this.#columns
    const bytes = (words[at + bytesWord] ?? 0) + (words[at + bytesWord + 1] ?? 0) * 2 ** 32
    const packets = words[at + packetsWord] ?? 0
    if (columns.isChanged[slot] === 0) {
      columns.isChanged[slot] = 1
      this.#changed.push(slot)
    }
    columns.bytes[slot] = (columns.bytes[slot] ?? 0) + bytes
    columns.packets[slot] = (columns.packets[slot] ?? 0) + packets
    columns.marks[slot] = (columns.marks[slot] ?? 0) | (words[at + marksWord] ?? 0)
    columns.stretch(slot, words[at + firstWord] ?? 0, words[at + lastWord] ?? 0)
    this.#packets += packets
    this.#bytes += bytes
  }

  #slotOf(words: Uint32Array, at: number): number {
    const mask = this.#index.length - 1
    const {keys} = this.#columns
    for (let place = hashKey(words, at, this.#seed) & mask; ; place = (place + 1) & mask) {
      const slot = this.#index[place] ?? -1
      if (slot === -1) return this.#insert(words, at, place)
      if (isSameKey(keys, slot * keyWords, {words, at})) return slot
    }
  }

  #insert(words: Uint32Array, at: number, place: number): number {
    const slot = this.#count
    if (slot === this.#columns.capacity) {
      this.#columns = this.#columns.resized(2 * slot)
      this.#reindex(4 * slot)
      return this.#slotOf(words, at)
    }
    this.#index[place] = slot
    this.#columns.open(slot, words, at)
    this.#count = slot + 1
    return slot
  }

  #reindex(size: number): void {
    const {keys} = this.#columns
    if (size !== this.#index.length) this.#index = new Int32Array(size)
    this.#index.fill(-1)
    const mask = size - 1
    for (let slot = 0; slot < this.#count; slot++) {
      let place = hashKey(keys, slot * keyWords, this.#seed) & mask
      while (this.#index[place] !== -1) place = (place + 1) & mask
      this.#index[place] = slot
    }
  }

  /** Slots changed since the last call, each once. */
  takeChanged(): readonly number[] {
    const changed = this.#changed
    this.#changed = []
    for (const slot of changed) this.#columns.isChanged[slot] = 0
    return changed
  }

  /** Slots of the flows that have to make room, those with the fewest bytes; none while there is room. */
  excess(): Uint32Array {
    return this.#count <= this.#limit ? new Uint32Array(0) : this.#parted().gone
  }

  #parted(): {readonly kept: Uint32Array; readonly gone: Uint32Array} {
    const {bytes} = this.#columns
    const order = Uint32Array.from({length: this.#count}, (_, slot) => slot)
    order.sort((a, b) => (bytes[b] ?? 0) - (bytes[a] ?? 0))
    const keep = Math.floor(this.#limit * 0.75)
    return {kept: order.subarray(0, keep).sort(), gone: order.subarray(keep)}
  }

  /** Makes room when there are too many flows. `tell` sees each that goes. */
  forget(tell: (slot: number) => void = () => undefined): void {
    if (this.#count <= this.#limit) return
    const {bytes, packets} = this.#columns
    const {kept, gone} = this.#parted()
    const lost = {
      flows: this.#forgotten.flows + gone.length,
      packets: this.#forgotten.packets,
      bytes: this.#forgotten.bytes,
    }
    for (const slot of gone) {
      tell(slot)
      lost.packets += packets[slot] ?? 0
      lost.bytes += bytes[slot] ?? 0
    }
    this.#forgotten = lost
    this.#columns.keep(kept)
    this.#count = kept.length
    this.#reindex(this.#index.length)
    const {isChanged} = this.#columns
    this.#changed = [...kept.keys()].filter((slot) => isChanged[slot] === 1)
  }
}

/** One typed array for each field of a flow. */
export class Columns {
  readonly capacity: number
  /** The kernel's key, `keyWords` words a flow. */
  readonly keys: Uint32Array
  readonly bytes: Float64Array
  readonly packets: Float64Array
  /** What the flow's last line has told: the next one tells the difference. */
  readonly toldBytes: Float64Array
  readonly toldPackets: Float64Array
  /** TCP flags, headers, fragments and a spare byte, each OR-ed, in the order of the record. */
  readonly marks: Uint32Array
  /** CLOCK_MONOTONIC in units of 2^20 ns, 32 bits. */
  readonly first: Uint32Array
  readonly last: Uint32Array
  readonly isChanged: Uint8Array

  constructor(capacity: number) {
    this.capacity = capacity
    this.keys = new Uint32Array(capacity * keyWords)
    this.bytes = new Float64Array(capacity)
    this.packets = new Float64Array(capacity)
    this.toldBytes = new Float64Array(capacity)
    this.toldPackets = new Float64Array(capacity)
    this.marks = new Uint32Array(capacity)
    this.first = new Uint32Array(capacity)
    this.last = new Uint32Array(capacity)
    this.isChanged = new Uint8Array(capacity)
  }

  open(slot: number, words: Uint32Array, at: number): void {
    for (let i = 0; i < keyWords; i++) this.keys[slot * keyWords + i] = words[at + i] ?? 0
    this.first[slot] = words[at + firstWord] ?? 0
    this.last[slot] = words[at + lastWord] ?? 0
    this.bytes[slot] = this.packets[slot] = this.toldBytes[slot] = this.toldPackets[slot] = 0
    this.marks[slot] = this.isChanged[slot] = 0
  }

  /** The clock wraps at 32 bits: earlier and later are signs of a difference. */
  stretch(slot: number, first: number, last: number): void {
    if ((first - (this.first[slot] ?? 0)) << 0 < 0) this.first[slot] = first
    if ((last - (this.last[slot] ?? 0)) << 0 > 0) this.last[slot] = last
  }

  resized(capacity: number): Columns {
    const larger = new Columns(capacity)
    for (const [index, column] of larger.#all.entries()) column.set(this.#all[index] ?? [])
    return larger
  }

  /** Moves these slots to the front; they must be in order. */
  keep(slots: Uint32Array): void {
    for (const column of this.#all) {
      const width = column.length / this.capacity
      slots.forEach((slot, i) => {
        for (let word = 0; word < width; word++) column[i * width + word] = column[slot * width + word] ?? 0
      })
    }
  }

  get #all(): readonly Column[] {
    const {keys, bytes, packets, toldBytes, toldPackets, marks, first, last, isChanged} = this
    return [keys, bytes, packets, toldBytes, toldPackets, marks, first, last, isChanged]
  }
}

type Column = Float64Array | Uint32Array | Uint8Array
