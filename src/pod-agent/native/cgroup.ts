import {closeSync, openSync} from 'node:fs'
import koffi from 'koffi'
import {checkErrno} from './failure.ts'
import type {Call} from './libbpf.ts'

/** The same numbers on every architecture. */
const calls = {fsopen: 430, fsconfig: 431, fsmount: 432}
const create = 6
const closeOnExec = 1
const cgroupNamespace = 0x02000000

/**
 * A descriptor of the root of all cgroups (version 2), to be closed: of a mount that is in no directory, so that it needs none and leaves none.
 * For the machine's root, the calling thread moves into the cgroup namespace of process 1, where it may look at that. Needs CAP_SYS_ADMIN.
 */
export function openRootCgroup(): number {
  const library = koffi.load(null)
  const open = library.func('long syscall(long number, const char *a, int64_t b, void *c, void *d, int e)') as Open
  const config = library.func('long syscall(long number, int64_t a, int b, void *c, void *d, int e)') as Config
  const mount = library.func('long syscall(long number, int64_t a, int64_t b, int64_t c)') as Mount
  enterFirstNamespace(library)
  const context = checkErrno('fsopen', open(calls.fsopen, 'cgroup2', closeOnExec, null, null, 0))
  try {
    checkErrno('fsconfig', config(calls.fsconfig, context, create, null, null, 0))
    return checkErrno('fsmount', mount(calls.fsmount, context, closeOnExec, 0))
  } finally {
    closeSync(context)
  }
}

type Open = Call<[number: number, kind: string, flags: number, none: null, nothing: null, zero: number]>
type Config = Call<[number: number, context: number, command: number, none: null, nothing: null, zero: number]>
type Mount = Call<[number: number, context: number, flags: number, attributes: number]>

function enterFirstNamespace(library: ReturnType<typeof koffi.load>): void {
  let descriptor: number
  try {
    descriptor = openSync('/proc/1/ns/cgroup', 'r')
  } catch (cause) {
    const {code = ''} = cause as NodeJS.ErrnoException // what node:fs throws
    if (code === 'EACCES' || code === 'EPERM') return
    throw cause
  }
  try {
    const setns = library.func('int setns(int fd, int kind)') as (fd: number, kind: number) => number
    checkErrno('setns', setns(descriptor, cgroupNamespace))
  } finally {
    closeSync(descriptor)
  }
}
