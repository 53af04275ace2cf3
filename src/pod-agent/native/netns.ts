import {closeSync, openSync} from 'node:fs'
import koffi from 'koffi'
import {checkErrno} from './failure.ts'

const newNetwork = 0x40000000

/**
 * Moves the calling thread into the network namespace that this file stands for. Only this thread: the threads of libuv's pool stay where
 * they are, so whatever takes an interface index must be called from here.
 */
export function enterNetwork(path: string): void {
  const setns = koffi.load(null).func('int setns(int fd, int kind)') as (fd: number, kind: number) => number
  const descriptor = openSync(path, 'r')
  try {
    checkErrno('setns', setns(descriptor, newNetwork))
  } finally {
    closeSync(descriptor)
  }
}

/** Runs `look` in another network namespace; it must not wait for anything. Needs CAP_SYS_ADMIN. */
export function lookInside<Seen>(path: string, look: () => Seen): Seen {
  const home = openSync('/proc/thread-self/ns/net', 'r')
  try {
    enterNetwork(path)
    try {
      return look()
    } finally {
      enterNetwork(`/proc/self/fd/${home}`)
    }
  } finally {
    closeSync(home)
  }
}
