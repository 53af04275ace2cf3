import {readTotals, type Totals, totalsSize} from '../generated/totals.ts'
import type {RecordLosses} from '../protocol/losses.ts'
import type {Hello, InterfaceChange, Stopped} from '../protocol/message.ts'
import {FlowBook} from './flow-book.ts'
import {Interfaces} from './interfaces.ts'

/** Counts of one drain, as the session hands them over. */
export interface DrainCounts {
  readonly flows: readonly Uint8Array[]
  readonly totals: Uint8Array | undefined
  readonly monotonicNs: bigint
  readonly final: boolean
  /** The refresh goes on with the next one. */
  readonly isPart?: boolean
}

export interface NodeEnd {
  readonly stopped?: Stopped
  readonly pod?: string
  readonly failure?: Error
}

export interface NodeOptions {
  readonly node: string
  /** What was asked for there. */
  readonly target: string
  /** When it started, by this machine's clock. */
  readonly nowNs: bigint
  /** Since it started, by this machine's clock. */
  readonly elapsedMs: () => number
  readonly flowLimit: number
  /** Of the flow book's hash. */
  readonly hashSeed: number
}

const tick = 20n
/** The first drain comes before a rate can be told from it. */
const leastDrainSeconds = 0.1

/** Everything that one node has told so far. */
export class NodeState {
  /** Tells this agent from the others of the run. */
  readonly key: string
  readonly node: string
  readonly target: string
  readonly hello: Hello
  readonly startNs: bigint
  readonly interfaces = new Interfaces()
  /** As last told; nothing is where nothing was lost. */
  losses: RecordLosses = {neighbours: 0, retransmissions: 0, drops: 0}
  readonly book: FlowBook
  readonly #offsetNs: bigint
  readonly #elapsedMs: () => number
  #nowNs: bigint
  #drainedMs = 0
  #drainSeconds = leastDrainSeconds
  #endedMs: number | undefined
  #monotonicNs = 0n
  /** The same at the last refresh. */
  #refreshedNs = 0n
  #totals: readonly Totals[] = []
  #isFinal = false
  #end: NodeEnd | undefined

  constructor(key: string, hello: Hello, options: NodeOptions) {
    this.key = key
    this.node = options.node
    this.target = options.target
    this.hello = hello
    this.startNs = this.#nowNs = options.nowNs
    this.#elapsedMs = options.elapsedMs
    this.#offsetNs = BigInt(hello.clockOffsetNs)
    this.book = new FlowBook({limit: options.flowLimit, seed: options.hashSeed})
    for (const each of hello.interfaces) this.interfaces.learn(each)
  }

  /** No kernel counted: packets were read from a capture. */
  get isCapture(): boolean {
    return this.hello.kernel === ''
  }

  /** The node's clock at its last drain, ns since 1970. */
  get nowNs(): bigint {
    return this.#nowNs
  }

  /** What the last drain counted over. */
  get drainSeconds(): number {
    return this.#drainSeconds
  }

  get seconds(): number {
    return (this.#endedMs ?? this.#elapsedMs()) / 1000
  }

  get totals(): readonly Totals[] {
    return this.#totals
  }

  /** Whether the last counts were taken after detaching, so that they must add up. */
  get isFinal(): boolean {
    return this.#isFinal
  }

  get end(): NodeEnd | undefined {
    return this.#end
  }

  /** A question has one answer, and nothing is counted after it. */
  answered(): void {
    this.#isFinal = true
  }

  change({interface: each}: InterfaceChange): void {
    this.interfaces.learn(each)
  }

  add(drain: DrainCounts): void {
    for (const piece of drain.flows) this.book.add(piece)
    if (drain.totals !== undefined) this.#totals = structsOf(drain.totals)
    this.#monotonicNs = drain.monotonicNs
    this.#nowNs = drain.monotonicNs + this.#offsetNs
    this.#isFinal = drain.final
    if (drain.isPart !== true) this.#refresh()
  }

  #refresh(): void {
    const nowMs = this.#elapsedMs()
    const sinceNs = this.#monotonicNs - this.#refreshedNs
    const exact = this.#refreshedNs === 0n ? (nowMs - this.#drainedMs) / 1000 : Number(sinceNs) / 1e9
    this.#drainSeconds = Math.max(exact, leastDrainSeconds)
    this.#drainedMs = nowMs
    this.#refreshedNs = this.#monotonicNs
  }

  finish(end: NodeEnd): void {
    this.#end = end
    this.#endedMs = this.#elapsedMs()
  }

  /** The low 32 bits of the monotonic clock in units of 2^20 ns, taken as the nearest such moment to the last drain. */
  timeOf(ticks: number): bigint {
    const now = Number(this.#monotonicNs >> tick)
    const back = (now - ticks) << 0
    return (BigInt(now - back) << tick) + this.#offsetNs
  }
}

function structsOf(bytes: Uint8Array): readonly Totals[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({length: Math.floor(bytes.byteLength / totalsSize)}, (_, i) => readTotals(view, i * totalsSize))
}
