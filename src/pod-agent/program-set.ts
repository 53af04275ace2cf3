import {BpfObject} from './native/bpf-object.ts'
import type {Libbpf} from './native/libbpf.ts'

export const observers = [
  'on_tc_ingress',
  'on_tc_egress',
  'on_bare_ingress',
  'on_bare_egress',
  'on_xdp',
  'on_bare_xdp',
] as const
export type Observer = (typeof observers)[number]
export const timeTeller = 'tell_time'

/** `bare`: for a device without a link header. */
export const observer = (direction: 'ingress' | 'egress', bare: boolean): Observer =>
  `on_${bare ? 'bare' : 'tc'}_${direction}`
export const xdpObserver = (bare: boolean): Observer => (bare ? 'on_bare_xdp' : 'on_xdp')

/**
 * Programs of one file, each loaded when it is first asked for: the verifier takes 20 to 40 ms for each, most runs need two of them, and those for
 * XDP need Linux 5.18.
 */
export class ProgramSet {
  readonly #libbpf: Libbpf
  readonly #file: {readonly bytes: Uint8Array; readonly maps: BpfObject}
  readonly #loaded = new Map<Observer, BpfObject>()

  constructor(libbpf: Libbpf, file: {readonly bytes: Uint8Array; readonly maps: BpfObject}) {
    this.#libbpf = libbpf
    this.#file = file
  }

  get fds(): readonly number[] {
    return [...this.#loaded].map(([name, object]) => object.programFd(name))
  }

  /** All at the same time: the verifier runs on as many threads. Nothing else may be asked of the set meanwhile. */
  async prepare(names: Iterable<Observer>): Promise<void> {
    const missing = [...new Set(names)].filter((name) => !this.#loaded.has(name))
    const load = async (name: Observer): Promise<void> => {
      this.#loaded.set(name, await this.#open(name).loadAside())
    }
    const outcomes = await Promise.allSettled(missing.map(load))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }

  programFd(name: Observer): number {
    return this.#object(name).programFd(name)
  }

  close(): void {
    for (const object of this.#loaded.values()) object.close()
    this.#loaded.clear()
  }

  #object(name: Observer): BpfObject {
    const object = this.#loaded.get(name) ?? this.#open(name).load()
    this.#loaded.set(name, object)
    return object
  }

  #open(name: Observer): BpfObject {
    const {bytes, maps} = this.#file
    const without = [timeTeller, ...observers.filter((each) => each !== name)]
    return new BpfObject(this.#libbpf, {bytes, without, maxEntries: {}, constants: {}, beside: maps})
  }
}
