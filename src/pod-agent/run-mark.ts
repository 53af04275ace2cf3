import {readFileSync} from 'node:fs'
import {createServer, type Server} from 'node:net'

/** The first byte of the handles of our filters. */
const ours = 0x6b
const madeQdisc = 1 << 23
const runBits = madeQdisc - 1

/**
 * Tells filters of a run that lives from those that a killed one left: as long as a run lives, it holds an abstract Unix socket in the network
 * namespace, named by the handle of its filters. The kernel takes the name away with the process.
 */
export class RunMark implements Disposable {
  readonly #run: number
  #server: Server | undefined

  constructor(run: string) {
    this.#run = Number.parseInt(run.slice(-8), 16) & runBits
  }

  /** `made`: the run has made the qdisc that the filter is on. */
  handle({made}: {readonly made: boolean}): number {
    return ((ours << 24) | (made ? madeQdisc : 0) | this.#run) >>> 0
  }

  /** Before the first filter is there. */
  hold(): void {
    this.#server ??= createServer((socket) => socket.destroy())
      // A run of the same number holds it: then its filters and ours are taken for living together.
      .on('error', () => undefined)
      .listen(`\0${socketName(this.#run)}`)
      .unref()
  }

  [Symbol.dispose](): void {
    this.#server?.close()
  }
}

export const isMarked = (handle: number): boolean => handle >>> 24 === ours
export const saysMade = (handle: number): boolean => (handle & madeQdisc) !== 0

/** Whether the run lives that made a filter of this handle, as the calling thread's network namespace knows it. */
export function isAlive(handle: number): boolean {
  const name = `@${socketName(handle & runBits)}`
  return readFileSync('/proc/thread-self/net/unix', 'utf8')
    .split('\n')
    .some((line) => line.endsWith(name))
}

const socketName = (run: number): string => `kubectl-ipv6-${run.toString(16).padStart(6, '0')}`
