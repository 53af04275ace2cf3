import {flowKeyLayout} from '../generated/kernel-layout.ts'
import {pathBit} from '../generated/words.ts'

export const keyWords = flowKeyLayout.size / 4

/** The same bytes as 32-bit words; copied only where they do not start at a multiple of four. */
export function aligned(records: Uint8Array): Uint32Array {
  const whole = records.byteLength >>> 2
  if (records.byteOffset % 4 === 0) return new Uint32Array(records.buffer, records.byteOffset, whole)
  return new Uint32Array(new Uint8Array(records).buffer, 0, whole) // not slice: of a Buffer that is a view
}

/** Who sends packets chooses most of a key, and must not know which keys collide: the seed is secret, and each word is mixed whole (MurmurHash3's finalizer) before the next. */
export function hashKey(words: Uint32Array, at: number, seed: number): number {
  let hash = seed
  for (let i = 0; i < keyWords; i++) {
    hash ^= words[at + i] ?? 0
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

export function isSameKey(
  keys: Uint32Array,
  at: number,
  other: {readonly words: Uint32Array; readonly at: number},
): boolean {
  for (let i = 0; i < keyWords; i++) if (keys[at + i] !== other.words[other.at + i]) return false
  return true
}

/** One flow's key in the columns, read in place. The machine is little-endian, as every node that eBPF here is built for. */
export class FlowKey {
  readonly #words: Uint32Array
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(keys: Uint32Array) {
    this.#words = keys
    this.#bytes = new Uint8Array(keys.buffer, keys.byteOffset, keys.byteLength)
    this.#view = new DataView(keys.buffer, keys.byteOffset, keys.byteLength)
  }

  at(slot: number): this {
    this.#at = slot * flowKeyLayout.size
    return this
  }

  /** Views of 16 bytes, valid while the book is not added to. */
  get source(): Uint8Array {
    const at = this.#at + flowKeyLayout.source
    return this.#bytes.subarray(at, at + 16)
  }

  get destination(): Uint8Array {
    const at = this.#at + flowKeyLayout.destination
    return this.#bytes.subarray(at, at + 16)
  }

  get sourcePort(): number {
    return this.#view.getUint16(this.#at + flowKeyLayout.sourcePort)
  }

  get destinationPort(): number {
    return this.#view.getUint16(this.#at + flowKeyLayout.destinationPort)
  }

  get path(): number {
    return this.#words[(this.#at + flowKeyLayout.path) >>> 2] ?? 0
  }

  get protocol(): number {
    return (this.path >>> pathBit.protocolBit) & 0xff
  }

  get direction(): 'ingress' | 'egress' {
    return ((this.path >>> pathBit.directionBit) & 1) === 0 ? 'ingress' : 'egress'
  }

  get family(): 4 | 6 {
    return ((this.path >>> pathBit.familyBit) & 1) === 0 ? 4 : 6
  }

  get interfaceIndex(): number {
    return this.path >>> pathBit.interfaceBit
  }
}
