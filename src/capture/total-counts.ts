import {directionTotalsLayout as layout} from '../generated/kernel-layout.ts'
import {directionTotalsSize, tallySize, totalsSize} from '../generated/totals.ts'
import {protocolClasses, sizeClasses} from '../generated/words.ts'
import {decoded, otherFamily, type PacketWalk} from './packet-walk.ts'
import {trait} from './protocol-table.ts'

const word = 8
const sizeLimits = [64, 128, 256, 512, 1024, 1280, 1536, 4096, 9216]

/** struct totals (bpf/totals.h), counted in doubles and written as the kernel has it. */
export class TotalCounts {
  readonly #counts = new Float64Array(totalsSize / word)

  /** `verdict` is what PacketWalk says, and `rejected` what the filter said. */
  add(
    verdict: number,
    packet: PacketWalk,
    at: {readonly direction: number; readonly family: number; readonly isRejected: boolean},
  ): void {
    const base = at.direction * directionTotalsSize
    const {bytes} = packet
    this.#tally(base + layout.seen, bytes)
    if (verdict === otherFamily) this.#tally(base + layout.otherFamily, bytes)
    else if (verdict !== decoded) this.#tally(base + layout.undecodable + verdict * tallySize, bytes)
    else if (at.isRejected) this.#tally(base + layout.rejected, bytes)
    else this.#addDecoded(base, packet, at.family)
  }

  bytes(): Uint8Array {
    const words = new Uint32Array(2 * this.#counts.length)
    for (const [index, value] of this.#counts.entries()) {
      words[2 * index] = value % 2 ** 32
      words[2 * index + 1] = Math.floor(value / 2 ** 32)
    }
    return new Uint8Array(words.buffer)
  }

  #addDecoded(base: number, packet: PacketWalk, family: number): void {
    const {bytes, marks, traits, ports, protocolClass, depth} = packet
    this.#tally(base + layout.protocols + (family * protocolClasses.length + protocolClass) * tallySize, bytes)
    this.#one(base + layout.sizes, sizeClassOf(bytes))
    if (marks >> 8) {
      this.#one(base + layout.headerSets, (marks >> 8) & 0xff)
      this.#one(base + layout.fragmentSets, (marks >> 16) & 0xf)
      this.#one(base + layout.chainDepths, depth)
    }
    if (traits & trait.hasType) this.#one(base + (family === 1 ? layout.icmpv6Types : layout.icmpTypes), ports & 0xff)
  }

  #tally(at: number, bytes: number): void {
    const index = at / word
    this.#counts[index] = (this.#counts[index] ?? 0) + 1
    this.#counts[index + 1] = (this.#counts[index + 1] ?? 0) + bytes
  }

  #one(at: number, index: number): void {
    const place = at / word + index
    this.#counts[place] = (this.#counts[place] ?? 0) + 1
  }
}

function sizeClassOf(bytes: number): number {
  for (let index = 0; index < sizeLimits.length; index++) if (bytes <= (sizeLimits[index] ?? 0)) return index
  return sizeClasses.length - 1
}
