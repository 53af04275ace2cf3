import {closeSync, openSync, readFileSync, readSync} from 'node:fs'

/** Kernel addresses differ in their low 48 bits only: exact as a number. */
const low = 2n ** 48n

const kernelSymbols = '/proc/kallsyms'

/** Whether the kernel shows zeros for its addresses (kptr_restrict). */
export function hidesSymbols(path = kernelSymbols): boolean {
  const start = Buffer.alloc(4096)
  const fd = openSync(path, 'r')
  const length = readSync(fd, start)
  closeSync(fd)
  return start
    .toString('latin1', 0, length)
    .split('\n')
    .every((line) => /^0*( |$)/.test(line))
}

/** `t T w W`: functions. */
const kinds = new Set([0x74, 0x54, 0x77, 0x57])
/** `ffffffff81000000 T _`: no line is shorter. */
const leastLine = 20

/** Which function an address is in. Nothing where the kernel hides its addresses (kptr_restrict). */
export class Symbols {
  readonly #text: Buffer
  readonly #addresses: Float64Array
  readonly #names: Uint32Array
  readonly #known = new Map<bigint, string | undefined>()
  #count = 0

  constructor(path = kernelSymbols) {
    this.#text = readFileSync(path)
    const most = Math.ceil(this.#text.length / leastLine)
    this.#addresses = new Float64Array(most)
    this.#names = new Uint32Array(most)
    for (let at = 0, end = 0; end >= 0; at = end + 1) {
      end = this.#text.indexOf(10, at + leastLine - 1)
      if (end > 0) this.#add(at)
    }
  }

  nameOf(address: bigint): string | undefined {
    if (!this.#known.has(address)) this.#known.set(address, this.#find(Number(address % low)))
    return this.#known.get(address)
  }

  /** `ffffffff81000000 T _stext`, and the module after a tab. */
  #add(at: number): void {
    if (!kinds.has(this.#text[at + 17] ?? 0)) return
    const address = this.#addressAt(at + 4)
    if (address === 0) return
    this.#addresses[this.#count] = address
    this.#names[this.#count++] = at + 19
  }

  /** Twelve digits. By hand: a hundred thousand strings would stop the agent for a tenth of a second. */
  #addressAt(start: number): number {
    let value = 0
    for (let at = start; at < start + 12; at++) {
      const byte = this.#text[at] ?? 0
      value = value * 16 + (byte < 0x3a ? byte - 0x30 : byte - 0x57)
    }
    return value
  }

  #find(address: number): string | undefined {
    let best = -1
    let nearest = 0
    for (let index = 0; index < this.#count; index++) {
      const each = this.#addresses[index] ?? 0
      if (each <= address && each > nearest) [best, nearest] = [index, each]
    }
    if (best < 0) return undefined
    const start = this.#names[best] ?? 0
    const line = this.#text.toString('latin1', start, this.#text.indexOf(10, start))
    // What the compiler split off (nf_hook_slow.part.0) is the same function to a reader.
    return /^[\w$]+/.exec(line)?.[0]
  }
}
