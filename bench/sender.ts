import {readFileSync} from 'node:fs'
import {Worker} from 'node:worker_threads'
import {BpfObject} from '../src/pod-agent/native/bpf-object.ts'
import {openLibbpf} from '../src/pod-agent/native/libbpf.ts'

/** drive_flows of bench/drive.bpf.c: hands a frame to a program, each time from another source, `mask` + 1 of them. */
export class Driver implements Disposable {
  readonly #libbpf
  readonly #object: BpfObject

  constructor({library, object, mask}: {readonly library: string; readonly object: string; readonly mask: number}) {
    this.#libbpf = openLibbpf(library)
    this.#object = new BpfObject(this.#libbpf, {
      bytes: readFileSync(object),
      without: [],
      maxEntries: {},
      constants: {'.rodata.drive': new Uint8Array(Uint32Array.of(mask).buffer)},
    }).load()
  }

  get fd(): number {
    return this.#object.programFd('drive_flows')
  }

  get nothing(): {readonly tc: number; readonly xdp: number} {
    return {tc: this.#object.programFd('nothing_tc'), xdp: this.#object.programFd('nothing_xdp')}
  }

  aim(program: number): void {
    const map = this.#object.mapFd('tested')
    const result = this.#libbpf.update(map, new Uint8Array(4), new Uint8Array(Uint32Array.of(program).buffer), 0)
    if (result < 0) throw new Error(`the driver cannot be aimed: ${result}`)
  }

  [Symbol.dispose](): void {
    this.#object.close()
  }
}

/** Packets that each thread sends before a round, so that no round begins cold. */
export const warmUp = 100

export interface Task {
  readonly library: string
  readonly programs: readonly number[]
  readonly frame: Uint8Array
  readonly repeat: number
  readonly rounds: number
  readonly cpu: number
  /** One 32-bit word: how often a thread was ready. */
  readonly arrived: SharedArrayBuffer
  readonly threads: number
}

/** Runs the programs in turn on one CPU, in a thread of its own; resolves to ns of CPU a packet, by program and round. */
export function sendFrom(task: Task): Promise<readonly (readonly number[])[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('sender-thread.ts', import.meta.url), {workerData: task})
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
