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
