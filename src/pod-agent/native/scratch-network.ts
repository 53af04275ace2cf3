import {closeSync, openSync} from 'node:fs'
import koffi from 'koffi'
import {checkErrno} from './failure.ts'
import {enterNetwork} from './netns.ts'

const newNetwork = 0x40000000
const dgram = 2 | 0o2000000
const requests = {getFlags: 0x8913, setFlags: 0x8914}
const up = 1

/**
 * Runs `look` in a network namespace of its own, which ends with the last socket made in it; nothing else is in it, or sees it. Only the
 * calling thread is moved, so `look` must not wait for anything. Needs CAP_SYS_ADMIN.
 */
export function insideScratchNetwork<Seen>(look: () => Seen): Seen {
  const unshare = koffi.load(null).func('int unshare(int flags)') as (flags: number) => number
  const home = openSync('/proc/thread-self/ns/net', 'r')
  try {
    checkErrno('unshare', unshare(newNetwork))
    try {
      raiseLoopback()
      return look()
    } finally {
      enterNetwork(`/proc/self/fd/${home}`)
    }
  } finally {
    closeSync(home)
  }
}

/** A new namespace has its loopback down, and no address to bind. */
function raiseLoopback(): void {
  const library = koffi.load(null)
  const socket = library.func('int socket(int family, int type, int protocol)') as (...each: number[]) => number
  const ioctl = library.func('int ioctl(int fd, uint64_t request, void *interface)') as Ioctl
  const close = library.func('int close(int fd)') as (fd: number) => number
  const fd = checkErrno('socket', socket(2, dgram, 0))
  try {
    const request = Buffer.alloc(40)
    request.write('lo')
    checkErrno('SIOCGIFFLAGS', ioctl(fd, requests.getFlags, request))
    request.writeInt16LE(request.readInt16LE(16) | up, 16)
    checkErrno('SIOCSIFFLAGS', ioctl(fd, requests.setFlags, request))
  } finally {
    close(fd)
  }
}

type Ioctl = (fd: number, request: number, interface_: Uint8Array) => number
