import {readTotals, type Totals, totalsSize} from '../generated/totals.ts'
import type {Hello, InterfaceChange, Stopped} from '../protocol/message.ts'
import {FlowBook} from './flow-book.ts'
import {Interfaces} from './interfaces.ts'

/** Counts of one drain, as the session hands them over. */
export interface DrainCounts {
  readonly flows: readonly Uint8Array[]
  readonly totals: Uint8Array | undefined
  readonly monotonicNs: bigint
  readonly final: boolean
}

export interface NodeEnd {
  readonly stopped?: Stopped
  readonly pod?: string
  readonly failure?: Error
}

const tick = 20n

/** Everything that one node has told so far. */
export class NodeState {
  readonly node: string
  readonly hello: Hello
  readonly startNs: bigint
  readonly interfaces = new Interfaces()
  readonly book: FlowBook
  readonly #offsetNs: bigint
  #nowNs: bigint
  #monotonicNs = 0n
  #totals: readonly Totals[] = []
  #isFinal = false
  #end: NodeEnd | undefined

  constructor(node: string, hello: Hello, options: {readonly nowNs: bigint; readonly flowLimit: number}) {
    this.node = node
    this.hello = hello
    this.startNs = this.#nowNs = options.nowNs
    this.#offsetNs = BigInt(hello.clockOffsetNs)
    this.book = new FlowBook({limit: options.flowLimit})
    for (const each of hello.interfaces) this.interfaces.learn(each)
  }

  /** The node's clock at its last drain, ns since 1970. */
  get nowNs(): bigint {
    return this.#nowNs
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

  change({interface: each}: InterfaceChange): void {
    this.interfaces.learn(each)
  }

  add(drain: DrainCounts): void {
    for (const piece of drain.flows) this.book.add(piece)
    if (drain.totals !== undefined) this.#totals = structsOf(drain.totals)
    this.#monotonicNs = drain.monotonicNs
    this.#nowNs = drain.monotonicNs + this.#offsetNs
    this.#isFinal = drain.final
  }

  finish(end: NodeEnd): void {
    this.#end = end
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
