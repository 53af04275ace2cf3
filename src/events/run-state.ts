import type {Hello} from '../protocol/message.ts'
import {ConversationBook} from './conversation-book.ts'
import {type ConversationRow, conversationRow, ratedCounts} from './conversation-row.ts'
import {RowReader} from './flow-row.ts'
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

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  get nodes(): readonly NodeState[] {
    return [...this.#nodes.values()].map(({state}) => state)
  }

  get names(): LedgerOptions['names'] {
    return this.#options.names
  }

  start(key: string, hello: Hello, options: Omit<NodeOptions, 'flowLimit'>): NodeState {
    const state = new NodeState(key, hello, {...options, flowLimit})
    this.#nodes.set(key, {state, ledger: new Ledger(this.#options)})
    return state
  }

  get(key: string): NodeState | undefined {
    return this.#nodes.get(key)?.state
  }

  ledgerOf(state: NodeState): Ledger {
    return this.#nodes.get(state.key)?.ledger ?? new Ledger(this.#options)
  }

  /** One summary a node, and one of all where there are several. Call it once, at the end. */
  summaries(top: number): readonly {readonly summary: Summary; readonly top: readonly ConversationRow[]}[] {
    const isNamed = this.#options.clauses.length > 0
    const each = [...this.#nodes.values()].map(({state, ledger}) => {
      ledger.settle(state)
      return {summary: summarize(state, ledger, isNamed), top: this.#top([state], top)}
    })
    if (each.length < 2) return each
    return [...each, {summary: joinSummaries(each.map(({summary}) => summary)), top: this.#top(this.nodes, top)}]
  }

  #top(states: readonly NodeState[], count: number): readonly ConversationRow[] {
    const book = new ConversationBook(conversationLimit)
    for (const state of states) {
      const {columns} = state.book
      columns.toldBytes.fill(0)
      columns.toldPackets.fill(0)
      const ledger = this.ledgerOf(state)
      const reader = new RowReader(state, this.names)
      const slots = Array.from({length: state.book.size}, (_, slot) => slot).filter((slot) =>
        ledger.isShown(reader, slot),
      )
      book.add(state, {slots, seconds: state.seconds})
    }
    return [...book.entries()]
      .map(([key, conversation]) => ({key, conversation, counts: ratedCounts(conversation, book).counts}))
      .sort((a, b) => b.counts.bytes - a.counts.bytes)
      .slice(0, count)
      .map(({key, conversation}) => conversationRow(key, conversation, {book, names: this.names}))
  }
}
