import {readFileSync, statSync} from 'node:fs'
import {
  dropKeyLayout,
  dropPairLayout,
  dropTallyLayout,
  traceLossesLayout,
  traceSettingsLayout,
} from '../generated/trace-layout.ts'
import {type AgentSettings, noFeeds} from '../protocol/settings.ts'
import {writeSettings} from './kernel-settings.ts'
import {BpfObject} from './native/bpf-object.ts'
import type {Hash} from './native/bpf-map.ts'
import {check, NativeError} from './native/failure.ts'
import {linkId, mapId, programId, recursionMisses} from './native/ids.ts'
import type {Libbpf} from './native/libbpf.ts'
import type {Libc} from './native/libc.ts'
import {Struct} from './native/words.ts'
import {RecordRing} from './record-ring.ts'
import type {DropTables} from './trace-drop-counts.ts'
import type {KernelObject} from './removal.ts'

const neighbourPrograms = [
  'on_neigh_create',
  'on_neigh_update',
  'on_neigh_update_done',
  'on_neigh_timer',
  'on_neigh_send',
  'on_neigh_remove',
] as const
const retransmit = 'on_tcp_retransmit' as const
const drop = 'on_kfree_skb' as const
const oldDrop = 'on_kfree_skb_alone' as const
const all = [...neighbourPrograms, retransmit, drop, oldDrop] as const
type Program = (typeof all)[number]

const sizes = {ring: 1 << 20, neighbours: 16_384, drops: 8192, pairs: 8192, discovery: 1024}
/** Copies a second of each kind of drop, on each CPU. */
const copiesAPlace = 8
const second = 1_000_000_000n
const familyBit = {4: 1, 6: 2}

export interface TraceOptions {
  readonly libbpf: Libbpf
  readonly libc: Libc
  readonly cpus: number
  /** Length of a jiffy. */
  readonly tickNs: number
  /** Path of trace.bpf.o. */
  readonly object: string
}

export interface TraceLosses {
  /** Not counted by kind. */
  readonly drops: number
  readonly dropsFiltered: number
  readonly dropCopies: number
  readonly neighbours: number
  readonly retransmissions: number
}

interface Loaded {
  readonly name: Program
  readonly fd: number
}

/** The programs on tracepoints that the feeds ask for. One that this kernel refuses costs what it would have told, and is a warning. */
export class TracePrograms implements Disposable {
  readonly warnings: string[] = []
  readonly #options: TraceOptions
  readonly #objects: BpfObject[] = []
  readonly #programs: Loaded[] = []
  readonly #links: {readonly fd: number; readonly id: number}[] = []
  readonly #rings: RecordRing[] = []
  #misses = {drops: 0, neighbours: 0, retransmissions: 0}

  private constructor(options: TraceOptions) {
    this.#options = options
  }

  /** Undefined where no feed asks for any. In the network namespace of the calling thread. */
  static async start(settings: AgentSettings, options: TraceOptions): Promise<TracePrograms | undefined> {
    const {neighbours, drops, retransmissions} = settings.feeds
    const wanted = [
      ...(neighbours ? neighbourPrograms : []),
      ...(retransmissions ? [retransmit] : []),
      ...(drops === false ? [] : [drop]),
    ] satisfies readonly Program[]
    if (wanted.length === 0) return undefined
    const traces = new TracePrograms(options)
    try {
      await traces.#load(wanted, settings)
    } catch (cause) {
      traces.close()
      throw cause
    }
    return traces
  }

  /** The ring's map: `neighbours`, `retransmissions` or `drop_copies`. */
  ring(map: string): RecordRing {
    const ring = new RecordRing(this.#options.libc, {fd: this.#maps.mapFd(map), size: sizes.ring})
    this.#rings.push(ring)
    return ring
  }

  get dropTables(): DropTables {
    const {cpus} = this.#options
    const table = (map: string, keySize: number, value: number): Hash => ({fd: this.#maps.mapFd(map), keySize, valueSize: value * cpus}) // prettier-ignore
    return {
      kinds: table('drops', dropKeyLayout.size, dropTallyLayout.size),
      pairs: table('drop_pairs', dropPairLayout.size, 8),
      cpus,
    }
  }

  /** What the records lack, and what nobody asked for. */
  get losses(): TraceLosses {
    const {libbpf, cpus} = this.#options
    const values = new Struct(cpus * traceLossesLayout.size)
    check('bpf_map_lookup_elem', libbpf.lookup(this.#maps.mapFd('losses'), new Struct(4).bytes, values.bytes))
    const sum = (offset: number): number =>
      Array.from({length: cpus}, (_, cpu) => Number(values.view.getBigUint64(cpu * traceLossesLayout.size + offset, true)))
        .reduce((a, b) => a + b, 0) // prettier-ignore
    if (this.#links.length > 0) this.#misses = this.#readMisses()
    return {
      drops: sum(traceLossesLayout.drops) + this.#misses.drops,
      dropsFiltered: sum(traceLossesLayout.dropsFiltered),
      dropCopies: sum(traceLossesLayout.dropCopies),
      neighbours: sum(traceLossesLayout.neighbours) + this.#misses.neighbours,
      retransmissions: sum(traceLossesLayout.retransmissions) + this.#misses.retransmissions,
    }
  }

  objects(): readonly KernelObject[] {
    const {libbpf} = this.#options
    return [
      ...this.#programs.map(({fd}) => ({kind: 'program' as const, id: programId(libbpf, fd)})),
      ...[...new Set(this.#objects[0]?.mapFds)].map((fd) => ({kind: 'map' as const, id: mapId(libbpf, fd)})),
      ...this.#linkIds.map((id) => ({kind: 'link' as const, id})),
    ]
  }

  /** Nothing is recorded afterwards; what was recorded can still be read. */
  detach(): void {
    if (this.#links.length > 0) this.#misses = this.#readMisses()
    for (const {fd} of this.#links.splice(0)) this.#options.libc.close(fd)
  }

  close(): void {
    this.detach()
    for (const ring of this.#rings.splice(0)) ring.close()
    for (const object of this.#objects.splice(0).reverse()) object.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  readonly #linkIds: number[] = []

  get #maps(): BpfObject {
    const [object] = this.#objects
    if (object === undefined) throw new TypeError('the programs are closed')
    return object
  }

  /** All at once; where the kernel refuses that, one by one. */
  async #load(wanted: readonly Program[], settings: AgentSettings): Promise<void> {
    const bytes = readFileSync(this.#options.object)
    const maps = {maxEntries: maxEntries(settings), constants: constants(settings, this.#options)}
    try {
      const object = new BpfObject(this.#options.libbpf, {bytes, without: all.filter((name) => !wanted.includes(name)), ...maps}) // prettier-ignore
      this.#objects.push(await object.loadAside())
      for (const name of wanted) this.#attach(object, name)
    } catch (cause) {
      if (!(cause instanceof NativeError)) throw cause
      this.close()
      this.#programs.length = 0
      this.#linkIds.length = 0
      this.#objects.push(new BpfObject(this.#options.libbpf, {bytes, without: all, ...maps}).load())
      for (const name of wanted) this.#loadAlone(name, bytes)
    }
  }

  #loadAlone(name: Program, bytes: Uint8Array): void {
    const without = all.filter((each) => each !== name)
    try {
      const object = new BpfObject(this.#options.libbpf, {bytes, without, maxEntries: {}, constants: {}, beside: this.#maps}) // prettier-ignore
      this.#objects.push(object.load())
      this.#attach(object, name)
    } catch (cause) {
      if (!(cause instanceof NativeError)) throw cause
      if (name === drop) this.#loadAlone(oldDrop, bytes)
      else this.warnings.push(`This kernel does not let ${name.replace('on_', '')} be traced (${cause.code}): what it would tell is missing.`) // prettier-ignore
    }
  }

  #attach(object: BpfObject, name: Program): void {
    const {libbpf} = this.#options
    const program = object.programFd(name)
    const fd = check('bpf_raw_tracepoint_open', libbpf.openTracepoint(null, program))
    this.#programs.push({name, fd: program})
    const id = linkId(libbpf, fd)
    this.#links.push({fd, id})
    this.#linkIds.push(id)
  }

  /** How often a program was interrupted by itself. */
  #readMisses(): Pick<TraceLosses, 'drops' | 'neighbours' | 'retransmissions'> {
    const of = (names: readonly Program[]): number =>
      this.#programs
        .filter(({name}) => names.includes(name))
        .reduce((sum, {fd}) => sum + recursionMisses(this.#options.libbpf, fd), 0)
    return {drops: of([drop, oldDrop]), neighbours: of(neighbourPrograms), retransmissions: of([retransmit])}
  }
}

/** What is not asked for has maps as small as they can be. */
function maxEntries({feeds}: AgentSettings): Readonly<Record<string, number>> {
  return {
    ...(feeds.neighbours ? {neighbours: sizes.ring, known_neighbours: sizes.neighbours} : {}),
    ...(feeds.retransmissions ? {retransmissions: sizes.ring} : {}),
    ...(feeds.drops === false ? {} : {drop_copies: sizes.ring, drops: sizes.discovery}),
    ...(feeds.drops === true ? {drops: sizes.drops, drop_pairs: sizes.pairs} : {}),
  }
}

/** A pod's own namespace is looked at alone; a node's with those of its pods. */
function constants(
  {filter, containers, feeds}: AgentSettings,
  {cpus, tickNs}: TraceOptions,
): Readonly<Record<string, Uint8Array>> {
  const settings = new Struct(traceSettingsLayout.size)
    .u32(traceSettingsLayout.network, statSync('/proc/thread-self/ns/net').ino)
    .u32(traceSettingsLayout.onlyNetwork, containers === undefined ? 0 : 1)
    .u32(
      traceSettingsLayout.families,
      filter.families.reduce((mask, family) => mask | familyBit[family], 0),
    ) // prettier-ignore
    .u32(traceSettingsLayout.copiesAPlace, copiesAPlace)
    .u32(traceSettingsLayout.onlyDiscovery, feeds.drops === 'discovery' ? 1 : 0)
    .u64(traceSettingsLayout.tick, BigInt(tickNs))
    .u64(traceSettingsLayout.copiedEvery, second)
  // Flows have tables and feeds of their own: here the filter alone counts.
  const chosen = writeSettings(filter, {cpus, tickNs, lines: 64, feeds: noFeeds})
  return {'.rodata.trace': settings.bytes, '.rodata.settings': chosen}
}
