import {readdirSync, readlinkSync} from 'node:fs'
import type {WaitingCall} from './libbpf.ts'

/** Runs a call of C that waits in the kernel on a thread of libuv's pool, so that the event loop goes on meanwhile. */
export function aside<Parameters extends readonly unknown[]>(
  call: WaitingCall<Parameters>,
  ...parameters: Parameters
): Promise<number> {
  return new Promise((resolve, reject) => {
    // koffi takes the addresses of buffers and lets go of the buffers: they are held until the call is over.
    const held = [...parameters]
    const settle = (cause: unknown, result: number): void => {
      held.length = 0
      if (cause instanceof Error) reject(cause)
      else resolve(result)
    }
    call.async(...parameters, settle)
  })
}

/**
 * As `aside`, for a call that takes the index of an interface. The kernel looks it up in the network namespace of the thread that asks: where
 * the pool's threads stayed behind when this one entered another, this one has to wait.
 */
export async function asideInNetwork<Parameters extends readonly unknown[]>(
  call: WaitingCall<Parameters>,
  ...parameters: Parameters
): Promise<number> {
  return areThreadsTogether() ? aside(call, ...parameters) : call(...parameters)
}

/** Threads that libuv starts later begin in the namespace of the one that starts them: this one. */
function areThreadsTogether(): boolean {
  const here = readlinkSync('/proc/thread-self/ns/net')
  return readdirSync('/proc/self/task').every((thread) => [here, undefined].includes(networkOf(thread)))
}

/** Undefined for one that has just ended. */
function networkOf(thread: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/task/${thread}/ns/net`)
  } catch (cause) {
    const {code = ''} = cause as NodeJS.ErrnoException // what node:fs throws
    if (['ENOENT', 'ESRCH'].includes(code)) return undefined
    throw cause
  }
}
