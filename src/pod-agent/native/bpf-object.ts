import {aside} from './aside.ts'
import {check, NativeError, present} from './failure.ts'
import type {Libbpf, MapPointer, ObjectPointer, ProgramPointer} from './libbpf.ts'
import {Struct} from './words.ts'

/** struct bpf_object_open_opts of libbpf 1.x. */
const openOptions = {size: 80, name: 8, logBuffer: 56, logSize: 64}
const logBytes = 1 << 20

export interface ObjectDescription {
  /** The compiled object. */
  readonly bytes: Uint8Array
  /** Programs that are not loaded. */
  readonly without: readonly string[]
  readonly maxEntries: Readonly<Record<string, number>>
  /** What read-only maps hold, for good. */
  readonly constants: Readonly<Record<string, Uint8Array>>
  /** Another load of the same file, whose maps these programs use too: then nothing is said of maps here. */
  readonly beside?: BpfObject
}

/** One BPF object, to be loaded once. Closing it lets go of its programs and maps; the kernel keeps what a link still holds. */
export class BpfObject implements Disposable {
  readonly #libbpf: Libbpf
  readonly #object: ObjectPointer
  readonly #log = new Struct(logBytes)
  #open = true

  constructor(libbpf: Libbpf, description: ObjectDescription) {
    this.#libbpf = libbpf
    const name = new TextEncoder().encode('flow\0')
    const options = new Struct(openOptions.size)
      .u64(0, openOptions.size)
      .pointer(openOptions.name, name)
      .pointer(openOptions.logBuffer, this.#log.bytes)
      .u64(openOptions.logSize, logBytes)
    const {bytes} = description
    this.#object = present('bpf_object__open_mem', libbpf.openMemory(bytes, bytes.byteLength, options.bytes))
    try {
      this.#configure(description)
    } catch (cause) {
      this.close()
      throw cause
    }
  }

  /** This thread waits for the verifier. */
  load(): this {
    this.#check(this.#libbpf.load(this.#object))
    return this
  }

  /** A thread of its own waits for the verifier. */
  async loadAside(): Promise<this> {
    this.#check(await aside(this.#libbpf.load, this.#object))
    return this
  }

  get mapFds(): readonly number[] {
    return [...this.#maps()].map((map) => this.#libbpf.mapFd(map)).filter((fd) => fd >= 0)
  }

  program(name: string): ProgramPointer {
    return present(`program ${name}`, this.#libbpf.findProgram(this.#object, name))
  }

  programFd(name: string): number {
    return check(`program ${name}`, this.#libbpf.programFd(this.program(name)))
  }

  mapFd(name: string): number {
    return check(`map ${name}`, this.#libbpf.mapFd(this.#map(name)))
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#libbpf.close(this.#object)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #map(name: string): MapPointer {
    return present(`map ${name}`, this.#libbpf.findMap(this.#object, name))
  }

  *#maps(): Generator<MapPointer> {
    let map = this.#libbpf.nextMap(this.#object, null)
    for (; map !== null; map = this.#libbpf.nextMap(this.#object, map)) yield map
  }

  #configure({without, maxEntries, constants, beside}: ObjectDescription): void {
    if (beside !== undefined) this.#share(beside)
    for (const name of without) check(`program ${name}`, this.#libbpf.setAutoload(this.program(name), false))
    for (const [name, entries] of Object.entries(maxEntries)) {
      check(`map ${name}`, this.#libbpf.setMaxEntries(this.#map(name), entries))
    }
    for (const [name, value] of Object.entries(constants)) {
      check(`map ${name}`, this.#libbpf.setInitialValue(this.#map(name), value, value.byteLength))
    }
  }

  /** One file has its maps in one order. */
  #share(other: BpfObject): void {
    const theirs = [...other.#maps()]
    for (const [position, map] of [...this.#maps()].entries()) {
      const fd = this.#libbpf.mapFd(present('map of the other load', theirs[position] ?? null))
      if (fd >= 0) check('bpf_map__reuse_fd', this.#libbpf.reuseMap(map, fd))
    }
  }

  #check(result: number): void {
    if (result >= 0) return
    this.close()
    throw new NativeError('The kernel refused the programs', -result, endOf(this.#log.bytes))
  }
}

/** The verifier says at the end what it did not like. */
function endOf(log: Uint8Array): string {
  const length = log.indexOf(0)
  return new TextDecoder().decode(log.subarray(0, length)).trimEnd().split('\n').slice(-40).join('\n')
}
