import {readFileSync} from 'node:fs'
import {tickLayout} from '../generated/kernel-layout.ts'
import {type Feeds, type KernelFilter, noFeeds} from '../protocol/settings.ts'
import {
  type Attachment,
  attachClsact,
  attachTcx,
  attachXdp,
  type ClsactPlace,
  type XdpMode,
} from './native/attachment.ts'
import {BpfObject} from './native/bpf-object.ts'
import {waitForPrograms} from './native/bpf-map.ts'
import type {Clock} from './native/clock.ts'
import {type Kind, mapId, programId} from './native/ids.ts'
import {check} from './native/failure.ts'
import {chainRoom, readChainCounts} from './chain-counts.ts'
import type {Libbpf} from './native/libbpf.ts'
import type {Libc} from './native/libc.ts'
import {SharedMemory} from './native/memory.ts'
import {observer, type Observer, observers, ProgramSet, timeTeller, xdpObserver} from './program-set.ts'
import {CopyRooms} from './copy-rooms.ts'
import {FlowTables, tableBytes} from './flow-tables.ts'
import {writeSettings} from './kernel-settings.ts'
import {testRun} from './native/test-run.ts'
import {TickClock} from './tick-clock.ts'

export interface FlowOptions {
  readonly libbpf: Libbpf
  readonly libc: Libc
  readonly clock: Clock
  /** Path of flow.bpf.o. */
  readonly object: string
  readonly filter: KernelFilter
  readonly feeds?: Feeds
  /** Lines of the table for each CPU and generation: a power of two, 4 or more. */
  readonly lines?: number
  /** Entries of each generation's spill. */
  readonly spill?: number
}

/** `bare`: the device has no link header (tun, wireguard, ip6tnl, sit, gre: any ARPHRD but Ethernet and loopback). */
export interface Place {
  readonly index: number
  readonly direction: 'ingress' | 'egress'
  readonly bare: boolean
}

/** A generation that came to rest: nothing writes to it until the next swap. */
export interface Swap {
  readonly generation: number
  /** CLOCK_MONOTONIC when its successor took over. */
  readonly monotonicNs: bigint
}

const smallestFrame = 64
/** The index has 23 bits for a line's number + 1. */
const mostLines = 2 ** 22

/** The data path: programs, maps and what they counted. */
export class FlowPrograms implements Disposable {
  readonly #options: FlowOptions
  readonly #object: BpfObject
  readonly #programs: ProgramSet
  readonly #states: SharedMemory
  readonly #index: SharedMemory
  readonly #lines: SharedMemory
  readonly #generation: SharedMemory
  readonly #word: Uint32Array
  readonly #ticks: TickClock
  readonly cpus: number
  /** Lines, memo lines, spill and totals of the generation at rest. */
  readonly tables: FlowTables
  /** struct packet_copy each; undefined where no copy is asked for. */
  readonly copies: CopyRooms | undefined

  constructor(options: FlowOptions) {
    const {libbpf, libc, clock, lines = 8192, spill = 65_536, filter, feeds = noFeeds} = options
    const isCopying = feeds.icmpTypes.length > 0 || feeds.chains
    this.#options = options
    this.cpus = check('libbpf_num_possible_cpus', libbpf.possibleCpus())
    if (lines > mostLines || !Number.isInteger(Math.log2(lines)))
      throw new RangeError(`a table of ${lines} lines: not a power of two up to ${mostLines}`)
    const each = 2 * this.cpus * lines
    const bytes = readFileSync(options.object)
    this.#object = new BpfObject(libbpf, {
      bytes,
      without: observers,
      maxEntries: {
        cpu_states: 2 * this.cpus,
        flow_index: each / 2,
        flow_lines: each,
        even_spill: spill,
        odd_spill: spill,
        chains: feeds.chains ? chainRoom : 1,
        copy_rooms: isCopying ? this.cpus : 1,
      },
      constants: {'.rodata.settings': writeSettings(filter, {cpus: this.cpus, lines, feeds, tickNs: clock.tickNs()})},
    }).load()
    this.#programs = new ProgramSet(libbpf, {bytes, maps: this.#object})
    const map = (name: string, size: number) => new SharedMemory(libc, {fd: this.#object.mapFd(name), size})
    const sizes = tableBytes(this.cpus, lines)
    this.#states = map('cpu_states', sizes.states)
    this.#index = map('flow_index', sizes.index)
    this.#lines = map('flow_lines', sizes.lines)
    this.#generation = map('.data.generation', 4)
    this.#word = new Uint32Array(this.#generation.buffer)
    this.copies = isCopying
      ? new CopyRooms(libc, {fd: this.#object.mapFd('copy_rooms'), cpus: this.cpus, clock})
      : undefined
    this.#ticks = this.#readTicks()
    this.tables = new FlowTables({
      ticks: this.#ticks,
      libbpf,
      cpus: this.cpus,
      states: this.#states.buffer,
      index: this.#index.buffer,
      lines: this.#lines.buffer,
      spills: [this.#object.mapFd('even_spill'), this.#object.mapFd('odd_spill')],
    })
  }

  /** struct chain_count of each chain met since the load, summed over CPUs; undefined where nobody asks for chains. */
  readChains(): Uint8Array | undefined {
    const {libbpf, feeds} = this.#options
    if (feeds?.chains !== true) return undefined
    return readChainCounts(libbpf, {fd: this.#object.mapFd('chains'), cpus: this.cpus})
  }

  /** Loads these programs without blocking the event loop. The others are loaded when they are first attached. */
  prepare(names: Iterable<Observer>): Promise<void> {
    return this.#programs.prepare(names)
  }

  attachTcx(place: Place): Promise<Attachment> {
    return attachTcx(this.#options, this.programFd(observer(place.direction, place.bare)), place)
  }

  attachClsact(place: ClsactPlace & Place): Promise<{attachment: Attachment; madeQdisc: boolean}> {
    return attachClsact(this.#options.libbpf, this.programFd(observer(place.direction, place.bare)), place)
  }

  attachXdp({index, bare, mode}: {index: number; bare: boolean; mode: XdpMode}): Promise<Attachment> {
    return attachXdp(this.#options, this.programFd(xdpObserver(bare)), {index, mode})
  }

  /** Lets the other generation count, and waits until no program writes to this one. Never blocks the event loop. */
  async swap(): Promise<Swap> {
    const generation = Atomics.load(this.#word, 0)
    Atomics.store(this.#word, 0, (generation + 1) >>> 0)
    const monotonicNs = this.#options.clock.monotonicNs()
    const slot = (generation & 1) === 0 ? 0 : 1
    const inner = this.#object.mapFd(slot === 0 ? 'even_spill' : 'odd_spill')
    await waitForPrograms(this.#options.libbpf, {fd: this.#object.mapFd('spills'), slot, inner})
    this.#ticks.advance(monotonicNs)
    this.tables.rest(slot)
    return {generation, monotonicNs}
  }

  /** Ids of everything that was loaded, for looking afterwards. */
  ids(): readonly {readonly kind: Kind; readonly id: number}[] {
    const {libbpf} = this.#options
    const programs = [this.#object.programFd(timeTeller), ...this.#programs.fds]
    return [
      ...programs.map((fd) => ({kind: 'program' as const, id: programId(libbpf, fd)})),
      ...this.#object.mapFds.map((fd) => ({kind: 'map' as const, id: mapId(libbpf, fd)})),
    ]
  }

  #readTicks(): TickClock {
    const {libbpf, libc, clock} = this.#options
    testRun(libbpf, this.#object.programFd(timeTeller), {frame: new Uint8Array(smallestFrame)})
    using memory = new SharedMemory(libc, {fd: this.#object.mapFd('.data.tick'), size: tickLayout.size})
    const view = new DataView(memory.buffer)
    const read = (at: number) => view.getBigUint64(at, true)
    return new TickClock({
      tickNs: clock.tickNs(),
      jiffies: read(tickLayout.jiffies),
      monotonicNs: read(tickLayout.monotonic),
    })
  }

  programFd(name: Observer): number {
    return this.#programs.programFd(name)
  }

  close(): void {
    for (const memory of [this.#states, this.#index, this.#lines, this.#generation]) memory.close()
    this.copies?.close()
    this.#programs.close()
    this.#object.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
