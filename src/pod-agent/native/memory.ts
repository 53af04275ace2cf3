import koffi from 'koffi'
import {NativeError} from './failure.ts'
import type {Libc} from './libc.ts'

const protections = {read: 1, 'read and write': 3}
const shared = 1
/** mmap's failure is all ones, not NULL. */
const failed = 0xffff_ffff_ffff_ffffn
const page = 4096

/** Kernel memory shared with this process. After `close` its buffer is detached: a late access throws instead of crashing. */
export class SharedMemory implements Disposable {
  readonly #libc: Libc
  readonly #address: ReturnType<Libc['mmap']>
  readonly #length: number
  readonly buffer: ArrayBuffer

  /** Writing to memory that is only to be read is a crash, not an exception. */
  constructor(
    libc: Libc,
    {
      fd,
      size,
      offset = 0,
      access = 'read and write',
    }: {
      readonly fd: number
      readonly size: number
      readonly offset?: number
      readonly access?: keyof typeof protections
    },
  ) {
    this.#libc = libc
    this.#length = Math.ceil(size / page) * page
    this.#address = libc.mmap(null, this.#length, protections[access], shared, fd, offset)
    if (this.#address === failed) throw new NativeError(`mmap of ${size} bytes`, koffi.errno())
    this.buffer = koffi.view(this.#address, size)
  }

  close(): void {
    if (this.buffer.detached) return
    this.buffer.transfer(0)
    this.#libc.munmap(this.#address, this.#length)
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
