import koffi from 'koffi'
import type {Call, Pointer, WaitingCall} from './libbpf.ts'

export type Address = Pointer<'address'>

const functions = {
  mmap: 'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
  munmap: 'int munmap(void *address, size_t length)',
  close: 'int close(int fd)',
  clockGettime: 'int clock_gettime(int clock, void *time)',
  clockGetres: 'int clock_getres(int clock, void *time)',
  schedSetaffinity: 'int sched_setaffinity(int pid, size_t size, void *mask)',
} as const

/** Results below 0 mean that errno is set: see `checkErrno`. */
export interface Libc {
  readonly mmap: Call<
    [address: null, length: number, protection: number, flags: number, fd: number, offset: number],
    Address
  >
  readonly munmap: Call<[address: Address, length: number]>
  readonly close: WaitingCall<[fd: number]>
  readonly clockGettime: Call<[clock: number, time: Uint8Array]>
  readonly clockGetres: Call<[clock: number, time: Uint8Array]>
  readonly schedSetaffinity: Call<[pid: number, size: number, mask: Uint8Array]>
}

export function openLibc(): Libc {
  const library = koffi.load(null)
  const bound = Object.entries(functions).map(([name, prototype]) => [name, library.func(prototype)])
  return Object.fromEntries(bound) as Libc // each prototype above has its type in Libc
}
