import {getSystemErrorName} from 'node:util'
import koffi from 'koffi'

/** errno of a call that the kernel or libbpf refused; `code` is its name, such as EBUSY. */
export class NativeError extends Error {
  readonly errno: number
  readonly code: string

  constructor(what: string, errno: number, detail = '') {
    const code = errnoName(errno)
    super(`${what}: ${code}${detail === '' ? '' : `\n${detail}`}`)
    this.name = 'NativeError'
    this.errno = errno
    this.code = code
  }
}

/** ENOTSUPP (524) is the kernel's own, and reaches users from bpf(2). */
function errnoName(errno: number): string {
  if (errno === 524) return 'ENOTSUPP'
  const name = getSystemErrorName(-errno)
  return name.startsWith('E') ? name : `errno ${errno}`
}

/** libbpf 1.x returns -errno where it returns a number. */
export function check(what: string, result: number): number {
  if (result < 0) throw new NativeError(what, -result)
  return result
}

/** libc returns -1 and sets errno. */
export function checkErrno(what: string, result: number): number {
  if (result < 0) throw new NativeError(what, koffi.errno())
  return result
}

/** libbpf 1.x returns NULL and sets errno where it returns a pointer. */
export function present<Pointer extends bigint>(what: string, pointer: Pointer | null): Pointer {
  if (pointer === null) throw new NativeError(what, koffi.errno())
  return pointer
}
