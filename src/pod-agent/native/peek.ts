import koffi from 'koffi'
import {options, type SocketOption} from './sockets.ts'

/** asm-generic/unistd.h: the same number on every architecture since Linux 5.1. */
const pidfdOpen = 434
const pidfdGetfd = 438

/** Options of a socket of another process, by a second descriptor of it that is closed at once; undefined where that is not allowed. */
export function peekOptions(
  {pid, descriptor}: {readonly pid: number; readonly descriptor: number},
  wanted: readonly SocketOption[],
): readonly (boolean | undefined)[] | undefined {
  const library = koffi.load(null)
  const syscall = library.func('int64_t syscall(int64_t number, int64_t a, int64_t b, int64_t c)') as Syscall
  const close = library.func('int close(int fd)') as (fd: number) => number
  const process = syscall(pidfdOpen, pid, 0, 0)
  if (process < 0) return undefined
  try {
    const fd = syscall(pidfdGetfd, process, descriptor, 0)
    if (fd < 0) return undefined
    try {
      return wanted.map((option) => readOption(fd, option))
    } finally {
      close(fd)
    }
  } finally {
    close(process)
  }
}

function readOption(fd: number, option: SocketOption): boolean | undefined {
  const library = koffi.load(null)
  const getsockopt = library.func(
    'int getsockopt(int fd, int level, int name, void *value, _Inout_ uint32_t *length)',
  ) as (...each: [fd: number, level: number, name: number, value: Uint8Array, length: Uint32Array]) => number
  const [level, name] = options[option]
  const value = Buffer.alloc(4)
  return getsockopt(fd, level, name, value, new Uint32Array([4])) < 0 ? undefined : value.readInt32LE(0) !== 0
}

type Syscall = (...each: [number: number, a: number, b: number, c: number]) => number
