/** Ticks that are looked up, not computed: those of a drain, which comes each second. */
const recentTicks = 1024
/** What is written while the kernel waits for its programs is newer than the pair. */
const newerTicks = 16

/** Turns the kernel's jiffies, of which lines keep the low 32 bits, into CLOCK_MONOTONIC in units of 2^20 ns, low 32 bits. */
export class TickClock {
  readonly #tickNs: number
  #jiffies: number
  #monotonicNs: number
  /** Stamps as of `newest`, and of the ticks before it. */
  readonly recent = new Int32Array(recentTicks)

  constructor({
    tickNs,
    jiffies,
    monotonicNs,
  }: {
    readonly tickNs: number
    readonly jiffies: bigint
    readonly monotonicNs: bigint
  }) {
    this.#tickNs = tickNs
    this.#jiffies = Number(jiffies & 0xffff_ffffn)
    this.#monotonicNs = Number(monotonicNs)
    this.#fill()
  }

  /** Low 32 bits, signed. */
  get newest(): number {
    return (this.#jiffies + newerTicks) | 0
  }

  /** Moves the pair forward: stamps are read by their distance to it, which fits in 31 bits for 24 days at 1000 Hz. */
  advance(monotonicNs: bigint): void {
    const ticks = Math.floor((Number(monotonicNs) - this.#monotonicNs) / this.#tickNs)
    this.#jiffies = (this.#jiffies + ticks) >>> 0
    this.#monotonicNs += ticks * this.#tickNs
    this.#fill()
  }

  stamp(jiffies: number): number {
    const ns = this.#monotonicNs + ((jiffies - this.#jiffies) | 0) * this.#tickNs
    return Math.floor(ns / 2 ** 20) >>> 0
  }

  #fill(): void {
    for (let back = 0; back < recentTicks; back++) this.recent[back] = this.stamp(this.newest - back)
  }
}
