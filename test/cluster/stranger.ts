import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {createInterface, type Interface} from 'node:readline'
import {expect} from 'vitest'
import type {Cluster} from './lab.ts'

export interface StrangerState {
  /** That its programs have seen. */
  readonly packets: number
  /** Ids of the programs on ingress and egress. */
  readonly tcx: readonly (readonly number[])[]
  readonly xdp: number
  readonly filters: string
  readonly qdiscs: string
}

/** Somebody else's programs on node1's eth0, in their own process. */
export class Stranger implements AsyncDisposable {
  readonly #cluster: Cluster
  readonly #child: ChildProcess
  readonly #lines: Interface
  #first: StrangerState | undefined

  private constructor(cluster: Cluster) {
    this.#cluster = cluster
    const program = `${import.meta.dirname}/stranger-process.ts`
    const argv = ['--net=/run/netns/node1', process.execPath, program, 'eth0']
    this.#child = spawn('nsenter', argv, {stdio: ['pipe', 'pipe', 'inherit']})
    this.#lines = createInterface({input: this.#child.stdout!})
  }

  static async meet(cluster: Cluster): Promise<Stranger> {
    const stranger = new Stranger(cluster)
    stranger.#first = await stranger.#hear()
    return stranger
  }

  /** Nothing of it has changed, and its programs count what comes. */
  async isUntouched(): Promise<void> {
    const now = await this.#ask()
    expect({...now, packets: 0}).toEqual({...this.#first, packets: 0})
    await this.#cluster.onNode('node2', ['ping', '-6', '-c', '1', '-W', '5', 'fd89::11'])
    expect((await this.#ask()).packets - now.packets).toBeGreaterThanOrEqual(3)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'close')
    this.#child.stdin!.end()
    expect((await ended)[0]).toBe(0)
  }

  #ask(): Promise<StrangerState> {
    this.#child.stdin!.write('\n')
    return this.#hear()
  }

  async #hear(): Promise<StrangerState> {
    const [line] = (await once(this.#lines, 'line')) as [string]
    return JSON.parse(line) as StrangerState // stranger-process.ts writes it
  }
}
