import {flowKeyLayout} from '../generated/kernel-layout.ts'
import {pathBit} from '../generated/words.ts'
import type {FlowBook} from './flow-book.ts'
import {keyWords} from './flow-key.ts'
import {protocols} from './protocol-names.ts'

/** So many buckets that few hold several of the 200,000 flows that a node's book has. */
const bucketBits = 19
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
 * Bytes of all flows by bucket, where both directions of a conversation and all its interfaces share one: what a bucket holds is at least what any
 * conversation in it counted at one interface. So the heaviest conversations are found without an object for each of them.
 */
export class FlowBuckets {
  readonly #bytes = new Float64Array(2 ** bucketBits)
  readonly #flows = new Uint32Array(2 ** bucketBits)
  readonly #group = new Uint32Array(2 ** bucketBits)
  /** By slot. */
  readonly #buckets = new Map<FlowBook, Uint32Array>()

  add(book: FlowBook): void {
    const {keys, bytes} = book.columns
    const buckets = new Uint32Array(book.size)
    this.#buckets.set(book, buckets)
    for (let slot = 0; slot < buckets.length; slot++) {
      const bucket = bucketOf(keys, slot)
      buckets[slot] = bucket
      this.#bytes[bucket] = (this.#bytes[bucket] ?? 0) + (bytes[slot] ?? 0)
      this.#flows[bucket] = (this.#flows[bucket] ?? 0) + 1
    }
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
    const used: number[] = []
    for (let bucket = 0; bucket < this.#flows.length; bucket++) if (this.#flows[bucket] !== 0) used.push(bucket)
    return Uint32Array.from(used).sort((one, other) => (this.#bytes[other] ?? 0) - (this.#bytes[one] ?? 0))
  }
}

/** The same from either end. */
function bucketOf(keys: Uint32Array, slot: number): number {
  const at = slot * keyWords
  const ports = keys[at + portsWord] ?? 0
  const protocol = ((keys[at + pathWord] ?? 0) >>> pathBit.protocolBit) & 0xff
  // A conversation has several ICMP types, which are filed where ports would be.
  const isIcmp = protocol === protocols.icmpv6 || protocol === protocols.icmp
  const source = mixed(keys, at, isIcmp ? 0 : ports & 0xffff)
  const destination = mixed(keys, at + 4, isIcmp ? 0 : ports >>> 16)
  return Math.imul((source + destination) ^ protocol, 0x9e37_79b1) >>> (32 - bucketBits)
}

function mixed(words: Uint32Array, at: number, port: number): number {
  let hash = port
  for (let word = at; word < at + 4; word++) {
    hash = Math.imul(hash ^ (words[word] ?? 0), 0x85eb_ca6b)
    hash ^= hash >>> 15
  }
  return hash
}
