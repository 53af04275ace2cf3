import type {Duplex} from 'node:stream'
import {setTimeout as delay} from 'node:timers/promises'
import {agentEnded, agentMismatch, agentSilent, fromAgent, notStopping, tunnelLost} from '../errors.ts'
import {layoutHash} from '../generated/layout.ts'
import type {Batch} from '../protocol/batch.ts'
import type {AgentMessage, AttachedInterface, Hello, Stopped} from '../protocol/message.ts'
import type {Identity} from './identity.ts'
import type {Drain, SourceEvent} from './source.ts'
import {StopLimit} from './stop-limit.ts'
import {type Heard, Wire} from './wire.ts'

/** The way to one running agent. */
export interface AgentDoor {
  /** The name its lines carry. */
  readonly node: string
  /** A fresh byte stream to the agent's port. */
  open(signal: AbortSignal): Promise<Duplex>
  /** Settles with the reason when the agent is gone for good. */
  readonly ended: Promise<Error>
}

export interface WatchOptions {
  readonly identity: Identity
  readonly silenceMs: number
  /** Aborted to end in order: the agent detaches, sends its last counts, and says what it removed. */
  readonly stop: AbortSignal
}

const retryMs = 200
const tellEachMs = 5000

type Message = Exclude<AgentMessage, {type: 'challenge' | 'alive'}>

/** Everything one agent tells until it stopped; a broken tunnel is opened again and no count is lost or doubled. Ends by returning what was removed. */
export async function* watchAgent(door: AgentDoor, options: WatchOptions): AsyncGenerator<SourceEvent, Stopped> {
  using conversation = new Conversation(door, options)
  let lastHeard = performance.now()
  let isBroken = false
  for (;;) {
    using wire = await conversation.connect(lastHeard)
    const stop = () => wire.send({type: 'stop'})
    options.stop.addEventListener('abort', stop)
    try {
      for (;;) {
        const heard = await wire.take()
        isBroken = false
        if ('message' in heard && heard.message.type === 'stopped') {
          await wire.close()
          return heard.message
        }
        if ('message' in heard && heard.message.type === 'hello' && options.stop.aborted) stop()
        yield* conversation.follow(heard)
        if (conversation.received > conversation.acknowledged) conversation.acknowledge(wire)
      }
    } catch (cause) {
      conversation.rethrowFinal(cause)
      lastHeard = Math.max(lastHeard, wire.lastHeard)
      if (performance.now() - lastHeard > options.silenceMs) throw lost(door, cause)
      // An agent that fails before its first word says why by its end, which follows.
      if (!isBroken && conversation.hasStarted)
        yield {type: 'notice', node: door.node, text: 'The tunnel to the agent broke; connecting again.'}
      isBroken = true
      await delay(retryMs)
    } finally {
      options.stop.removeEventListener('abort', stop)
    }
  }
}

const lost = ({node}: AgentDoor, cause: unknown): Error =>
  node === 'local' ? agentSilent(cause) : tunnelLost(node, cause)

/** Where a run stands, across tunnels. */
class Conversation implements Disposable {
  received = -1
  acknowledged = -1
  /** The agent has said hello. */
  hasStarted = false
  readonly #door: AgentDoor
  readonly #options: WatchOptions
  readonly #interfaces = new Map<number, AttachedInterface>()
  readonly #gone = new AbortController()
  #ended: Error | undefined
  readonly #stopLimit: StopLimit
  #toldAt = performance.now()
  #wire: Wire | undefined
  #flows: Uint8Array[] = []
  #totals: Uint8Array | undefined

  constructor(door: AgentDoor, options: WatchOptions) {
    this.#door = door
    this.#options = options
    this.#stopLimit = new StopLimit(options.stop, () => this.#end(notStopping(door.node)))
    void door.ended.then((error) => this.#end(error))
  }

  [Symbol.dispose](): void {
    this.#stopLimit[Symbol.dispose]()
  }

  /** Opens a tunnel, again and again until the agent must have given up waiting. */
  async connect(lastHeard: number): Promise<Wire> {
    const {identity, silenceMs} = this.#options
    for (;;) {
      try {
        const stream = await this.#open(silenceMs)
        this.#wire = new Wire(stream, {identity, silenceMs, resumeAfter: this.received})
        return this.#wire
      } catch (cause) {
        // An API server that is away for a moment is no reason to end; an agent that is gone is.
        if (this.#ended !== undefined) throw this.#ended
        if (performance.now() - lastHeard > silenceMs) throw lost(this.#door, cause)
        await delay(retryMs)
      }
    }
  }

  /** The signal lives as long as the stream, so the limit on opening must not fire later. */
  async #open(limitMs: number): Promise<Duplex> {
    const late = new AbortController()
    const limit = setTimeout(() => late.abort(), limitMs)
    try {
      return await this.#door.open(AbortSignal.any([late.signal, this.#gone.signal]))
    } finally {
      clearTimeout(limit)
    }
  }

  #end(error: Error): void {
    this.#ended ??= error
    this.#gone.abort()
    this.#wire?.fail(error)
  }

  rethrowFinal(cause: unknown): void {
    if (this.#ended !== undefined) throw this.#ended
    if (cause instanceof Error && cause.name === 'PluginError') throw cause
  }

  acknowledge(wire: Wire): void {
    this.acknowledged = this.received
    wire.send({type: 'acknowledge', sequence: this.received})
  }

  *follow(heard: Heard): Generator<SourceEvent> {
    if ('batch' in heard) yield* this.#keep(heard.batch)
    else yield* this.#follow(heard.message)
  }

  *#follow(message: Message): Generator<SourceEvent> {
    const {node} = this.#door
    switch (message.type) {
      case 'hello':
        yield* this.#greet(message)
        return
      case 'interface':
        this.#remember(message.interface, message.change !== 'gone')
        yield {type: 'interface', node, change: message}
        return
      case 'notice':
        yield {type: 'notice', node, text: message.text}
        return
      case 'detaching':
        yield* this.#tellLeft(message.left)
        return
      case 'facts':
        yield {type: 'facts', node, facts: message.facts}
        return
      case 'answer':
        yield {type: 'answer', node, answer: message.answer}
        return
      case 'failed':
        throw fromAgent(message)
      case 'stopped':
        throw agentEnded('it stopped by itself')
      case 'drained':
        this.#stopLimit.progress()
        if (this.#isNew(message.sequence)) yield {type: 'drain', node, drain: this.#complete(message)}
    }
  }

  *#tellLeft(left: number): Generator<SourceEvent> {
    this.#stopLimit.progress()
    if (performance.now() - this.#toldAt < tellEachMs) return
    this.#toldAt = performance.now()
    yield {type: 'notice', node: this.#door.node, text: `Detaching: ${left} interfaces are left.`}
  }

  /** The first hello starts the run; a later one, after a resume, tells which interfaces came and went meanwhile. */
  *#greet(hello: Hello): Generator<SourceEvent> {
    const {node} = this.#door
    if (hello.layout !== layoutHash) throw agentMismatch(hello.layout, layoutHash)
    const known = new Map(this.#interfaces)
    for (const each of hello.interfaces) this.#remember(each, true)
    if (!this.hasStarted) {
      this.hasStarted = true
      yield {type: 'start', node, hello}
      return
    }
    for (const each of hello.interfaces) {
      if (!known.delete(each.index))
        yield {type: 'interface', node, change: {type: 'interface', change: 'attached', interface: each}}
    }
    for (const each of known.values()) {
      this.#remember(each, false)
      yield {type: 'interface', node, change: {type: 'interface', change: 'gone', interface: {...each, hooks: []}}}
    }
    yield {type: 'notice', node, text: 'Connected again; no count was lost.'}
  }

  #remember(each: AttachedInterface, present: boolean): void {
    if (present) this.#interfaces.set(each.index, each)
    else this.#interfaces.delete(each.index)
  }

  /** Counts wait for the end of their drain; what happened is told at once. */
  *#keep({kind, sequence, records}: Batch): Generator<SourceEvent> {
    if (!this.#isNew(sequence)) return
    if (kind === 'totals' || kind === 'flows') this.#stopLimit.progress()
    if (kind === 'totals') this.#totals = records
    else if (kind === 'flows') this.#flows.push(records)
    else yield {type: 'records', node: this.#door.node, kind, records}
  }

  /** A resumed agent may repeat what this side already has; it never skips. */
  #isNew(sequence: number): boolean {
    if (sequence <= this.received) return false
    if (sequence !== this.received + 1) throw new RangeError(`message ${sequence} came after ${this.received}`)
    this.received = sequence
    return true
  }

  #complete({generation, monotonicNs, final}: Extract<Message, {type: 'drained'}>): Drain {
    const drain = {flows: this.#flows, totals: this.#totals, generation, monotonicNs: BigInt(monotonicNs), final}
    this.#flows = []
    this.#totals = undefined
    return drain
  }
}
