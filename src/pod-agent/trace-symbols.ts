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

/** Which function an address is in. Nothing where the kernel hides its addresses (kptr_restrict). */
export class Symbols {
  readonly #text: Buffer
  readonly #addresses: Float64Array
  readonly #names: Uint32Array
  readonly #known = new Map<bigint, string | undefined>()
  #count = 0

  constructor(path = kernelSymbols) {
    this.#text = readFileSync(path)
    const lines = this.#text.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0)
    this.#addresses = new Float64Array(lines)
    this.#names = new Uint32Array(lines)
    for (let at = 0; at < this.#text.length; at = this.#text.indexOf(10, at) + 1) this.#add(at)
  }

  nameOf(address: bigint): string | undefined {
    if (!this.#known.has(address)) this.#known.set(address, this.#find(Number(address % low)))
    return this.#known.get(address)
  }

  /** `ffffffff81000000 T _stext`, and the module after a tab. */
  #add(at: number): void {
    const kind = this.#text[at + 17]
    if (kind !== 0x74 && kind !== 0x54 && kind !== 0x77 && kind !== 0x57) return
    const address = Number.parseInt(this.#text.toString('latin1', at + 4, at + 16), 16)
    if (address === 0) return
    this.#addresses[this.#count] = address
    this.#names[this.#count++] = at + 19
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
