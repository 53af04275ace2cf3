import {flowKeyLayout} from '../generated/kernel-layout.ts'
import {pathBit} from '../generated/words.ts'
import type {FlowBook} from './flow-book.ts'
import {keyWords} from './flow-key.ts'
import {protocols} from './protocol-names.ts'

const portsWord = flowKeyLayout.sourcePort / 4
const pathWord = flowKeyLayout.path / 4
/** Conversations of a group are objects while it is ranked: 2 kB each. */
const mostFlows = 1024

/** Whole buckets, told from other groups by a number. */
export interface BucketGroup {
  readonly number: number
  /** What its heaviest bucket holds. */
  readonly bytes: number
}

/**
 * Bytes of all flows by bucket, where both directions of a conversation and all its interfaces share one, and hardly ever two conversations do: what
 * a bucket holds is at least what any conversation in it counted at one interface. So the heaviest are found without an object for each conversation.
 */
export class FlowBuckets {
  /** By slot. */
  readonly #buckets: ReadonlyMap<FlowBook, Uint32Array>
  readonly #bytes: Float64Array
  readonly #flows: Uint32Array
  readonly #group: Uint32Array
  #count = 0

  constructor(books: readonly FlowBook[]) {
    const most = books.reduce((sum, {size}) => sum + size, 0)
    this.#bytes = new Float64Array(most)
    this.#flows = new Uint32Array(most)
    this.#group = new Uint32Array(most)
    const bucketOf = numbering(most)
    this.#buckets = new Map(books.map((book) => [book, this.#add(book, bucketOf)]))
  }

  #add({columns: {keys, bytes}, size}: FlowBook, bucketOf: (hash: number) => number): Uint32Array {
    const buckets = new Uint32Array(size)
    for (let slot = 0; slot < size; slot++) {
      const bucket = bucketOf(hashOf(keys, slot))
      buckets[slot] = bucket
      this.#bytes[bucket] = (this.#bytes[bucket] ?? 0) + (bytes[slot] ?? 0)
      this.#flows[bucket] = (this.#flows[bucket] ?? 0) + 1
      this.#count = Math.max(this.#count, bucket + 1)
    }
    return buckets
  }

  /** All buckets in groups, the heaviest first: `first` flows, then more at a time, but never many; a bucket is not divided. */
  *groups(first: number): Generator<BucketGroup> {
    const order = this.#inOrder()
    let size = first
    for (let at = 0, number = 1; at < order.length; number++, size = Math.min(8 * size, mostFlows)) {
      const bytes = this.#bytes[order[at] ?? 0] ?? 0
      for (let flows = 0; at < order.length && flows < size; at++) {
        const bucket = order[at] ?? 0
        this.#group[bucket] = number
        flows += this.#flows[bucket] ?? 0
      }
      yield {number, bytes}
    }
  }

  /** Of a book that was added. */
  slotsOf({number}: BucketGroup, book: FlowBook): readonly number[] {
    const buckets = this.#buckets.get(book) ?? new Uint32Array(0)
    const slots: number[] = []
    for (let slot = 0; slot < buckets.length; slot++) if (this.#group[buckets[slot] ?? 0] === number) slots.push(slot)
    return slots
  }

  #inOrder(): Uint32Array {
    const order = Uint32Array.from({length: this.#count}, (_, bucket) => bucket)
    return order.sort((one, other) => (this.#bytes[other] ?? 0) - (this.#bytes[one] ?? 0))
  }
}

/** Numbers hashes from 0 on as they come; there may be `most`. */
function numbering(most: number): (hash: number) => number {
  const hashes = new Uint32Array(most)
  const numbers = new Int32Array(2 ** Math.ceil(Math.log2(2 * most + 1))).fill(-1)
  const mask = numbers.length - 1
  let count = 0
  return (hash) => {
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const number = numbers[place] ?? -1
      if (number !== -1 && hashes[number] === hash) return number
      if (number !== -1) continue
      numbers[place] = count
      hashes[count] = hash
      return count++
    }
  }
}

/** 32 bits, the same from either end. */
function hashOf(keys: Uint32Array, slot: number): number {
  const at = slot * keyWords
  const ports = keys[at + portsWord] ?? 0
  const protocol = ((keys[at + pathWord] ?? 0) >>> pathBit.protocolBit) & 0xff
  // A conversation has several ICMP types, which are filed where ports would be.
  const isIcmp = protocol === protocols.icmpv6 || protocol === protocols.icmp
  const source = mixed(keys, at, isIcmp ? 0 : ports & 0xffff)
  const destination = mixed(keys, at + 4, isIcmp ? 0 : ports >>> 16)
  const hash = Math.imul((source + destination) ^ protocol, 0x9e37_79b1)
  return (hash ^ (hash >>> 16)) >>> 0
}

function mixed(words: Uint32Array, at: number, port: number): number {
  let hash = port
  for (let word = at; word < at + 4; word++) {
    hash = Math.imul(hash ^ (words[word] ?? 0), 0x85eb_ca6b)
    hash ^= hash >>> 15
  }
  return hash
}
