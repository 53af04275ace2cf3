/** Turns the kernel's jiffies, of which lines keep the low 32 bits, into CLOCK_MONOTONIC in units of 2^20 ns, low 32 bits. */
export class TickClock {
  readonly #tickNs: number
  #jiffies: number
  #monotonicNs: number

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
  }

  /** Moves the pair forward: stamps are read by their distance to it, which fits in 31 bits for 24 days at 1000 Hz. */
  advance(monotonicNs: bigint): void {
    const ticks = Math.floor((Number(monotonicNs) - this.#monotonicNs) / this.#tickNs)
    this.#jiffies = (this.#jiffies + ticks) >>> 0
    this.#monotonicNs += ticks * this.#tickNs
  }

  stamp(jiffies: number): number {
    const ns = this.#monotonicNs + ((jiffies - this.#jiffies) | 0) * this.#tickNs
    return Math.floor(ns / 2 ** 20) >>> 0
  }
}
