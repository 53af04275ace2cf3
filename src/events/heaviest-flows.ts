import {flowKeyLayout} from '../generated/kernel-layout.ts'
import {pathBit} from '../generated/words.ts'
import type {FlowBook} from './flow-book.ts'
import {keyWords} from './flow-key.ts'
import {protocols} from './protocol-names.ts'

/** So many buckets that few hold several of the 200,000 flows that a node's book has. */
const bucketBits = 19
const portsWord = flowKeyLayout.sourcePort / 4
const pathWord = flowKeyLayout.path / 4

/**
 * Bytes of all flows by bucket, where both directions of a conversation and all its interfaces share one: what a bucket holds is at least what any
 * conversation in it counted at one interface. So the heaviest conversations are found without an object for each of them.
 */
export class FlowBuckets {
  readonly #bytes = new Float64Array(2 ** bucketBits)

  add({columns: {keys, bytes}, size}: FlowBook): void {
    for (let slot = 0; slot < size; slot++) {
      const bucket = bucketOf(keys, slot)
      this.#bytes[bucket] = (this.#bytes[bucket] ?? 0) + (bytes[slot] ?? 0)
    }
  }

  /** Least bytes of the `count` heaviest buckets. */
  limitOf(count: number): number {
    const bytes = this.#bytes.filter((each) => each > 0).sort()
    return bytes.at(-count) ?? 0
  }

  /** Flows in buckets of so many bytes. */
  *slotsFrom(least: number, {columns: {keys}, size}: FlowBook): Generator<number> {
    for (let slot = 0; slot < size; slot++) if ((this.#bytes[bucketOf(keys, slot)] ?? 0) >= least) yield slot
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
