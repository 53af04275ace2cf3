import {randomInt} from 'node:crypto'
import type {Hello} from '../protocol/message.ts'
import {ConversationBook} from './conversation-book.ts'
import {type ConversationRow, conversationRow, ratedCounts} from './conversation-row.ts'
import {RowReader} from './flow-row.ts'
import {FlowBuckets} from './heaviest-flows.ts'
import {Ledger, type LedgerOptions} from './ledger.ts'
import {type NodeOptions, NodeState} from './node-state.ts'
import {joinSummaries, summarize, type Summary} from './summary.ts'

/** Flows listed a node: 200 bytes each here. */
const flowLimit = 200_000
const conversationLimit = 50_000

/** One run over one or several nodes. */
export class RunState {
  readonly #options: LedgerOptions
  readonly #nodes = new Map<string, {readonly state: NodeState; readonly ledger: Ledger}>()
  readonly #missed = new Map<string, Error>()
  readonly #hashSeed = randomInt(2 ** 32)
  #asked = 1

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  get nodes(): readonly NodeState[] {
    return [...this.#nodes.values()].map(({state}) => state)
  }

  get names(): LedgerOptions['names'] {
    return this.#options.names
  }

  /** How many places the run is meant to have. */
  ask(places: number): void {
    this.#asked = places
  }

  /** A place where nothing started. */
  miss(key: string, failure: Error): void {
    this.#missed.set(key, failure)
  }

  start(key: string, hello: Hello, options: Omit<NodeOptions, 'flowLimit' | 'hashSeed'>): NodeState {
    const state = new NodeState(key, hello, {...options, flowLimit, hashSeed: this.#hashSeed})
    this.#nodes.set(key, {state, ledger: new Ledger(this.#options)})
    return state
  }

  get(key: string): NodeState | undefined {
    return this.#nodes.get(key)?.state
  }

  ledgerOf(state: NodeState): Ledger {
    return this.#nodes.get(state.key)?.ledger ?? new Ledger(this.#options)
  }

  /** One summary a node, and one of all where several were asked for, whether or not each began. Call it once, at the end. */
  summaries(top: number): readonly {readonly summary: Summary; readonly top: readonly ConversationRow[]}[] {
    const isNamed = this.#options.clauses.length > 0
    const each = [...this.#nodes.values()].map(({state, ledger}) => {
      ledger.settle(state)
      return {summary: summarize(state, ledger, isNamed), top: this.#top([state], top)}
    })
    if (each.length === 0 || Math.max(each.length, this.#asked) < 2) return each
    const all = joinSummaries(
      each.map(({summary}) => summary),
      this.#missed,
    )
    return [...each, {summary: all, top: this.#top(this.nodes, top)}]
  }

  /** Of the heaviest flows first, and of more of them until no other can come before the last row. */
  #top(states: readonly NodeState[], count: number): readonly ConversationRow[] {
    if (count === 0) return []
    const buckets = new FlowBuckets(states.map(({book}) => book))
    for (const {book} of states) {
      book.columns.toldBytes.fill(0)
      book.columns.toldPackets.fill(0)
    }
    let rows: readonly ConversationRow[] = []
    for (const group of buckets.groups(4 * count)) {
      if ((rows[count - 1]?.counts.bytes ?? -1) >= group.bytes) break
      const more = this.#rank(states, {count, slotsOf: ({book}) => buckets.slotsOf(group, book)})
      rows = [...rows, ...more].sort((a, b) => b.counts.bytes - a.counts.bytes).slice(0, count)
    }
    return rows
  }

  #rank(
    states: readonly NodeState[],
    {count, slotsOf}: {readonly count: number; readonly slotsOf: (state: NodeState) => readonly number[]},
  ): readonly ConversationRow[] {
    const book = new ConversationBook(conversationLimit)
    for (const state of states) {
      const ledger = this.ledgerOf(state)
      const reader = new RowReader(state, this.names)
      const slots = slotsOf(state).filter((slot) => ledger.isShown(reader, slot))
      book.add(state, {slots, seconds: state.seconds})
    }
    return [...book.entries()]
      .map(([key, conversation]) => ({key, conversation, bytes: ratedCounts(conversation, book).counts.bytes}))
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, count)
      .map(({key, conversation}) => conversationRow(key, conversation, {book, names: this.names}))
  }
}
