import {closeSync, openSync} from 'node:fs'
import {getSystemErrorName} from 'node:util'
import koffi from 'koffi'

const newNetwork = 0x40000000

/**
 * Moves the calling thread into the network namespace that this file stands for. Only this thread: the threads of libuv's pool stay where they are,
 * so whatever takes an interface index must be called from here.
 */
export function enterNetwork(path: string): void {
  const setns = koffi.load(null).func('int setns(int fd, int kind)') as (descriptor: number, kind: number) => number
  const descriptor = openSync(path, 'r')
  try {
    if (setns(descriptor, newNetwork) < 0) throw new Error(`setns: ${getSystemErrorName(-koffi.errno())}`)
  } finally {
    closeSync(descriptor)
  }
}
