import {ConversationBook} from '../events/conversation-book.ts'
import type {Counts} from '../events/conversation-row.ts'
import {RowReader} from '../events/flow-row.ts'
import type {LiveChoice} from '../events/live-choice.ts'
import {conversationDetails} from '../events/live-details.ts'
import type {LiveMoment} from '../events/live-moment.ts'
import {rank, type Ranked, rowOf, type SortOrder, sortOrders} from '../events/live-rows.ts'
import {liveScreen} from '../events/live-screen.ts'
import type {NodeState} from '../events/node-state.ts'
import type {LiveScreen} from '../output/live/frame.ts'
import {exactCount} from '../output/quantity.ts'
import type {InterfaceChange} from '../protocol/message.ts'
import {hookedText, InterfaceNews} from './interface-news.ts'
import {LivePicture, type LivePictureOptions, type LiveSubject} from './live-picture.ts'
import type {View} from './view.ts'

export interface LiveOptions extends LivePictureOptions {
  readonly top: number
  /** What was asked for. */
  readonly title: string
}

const conversationLimit = 50_000
/** While paused nothing is forgotten: 200 bytes a flow. */
const pauseLimit = 400_000

/** Conversations on the whole screen, sorted, until a key or the end of the run. */
export class LiveView implements View, LiveSubject<SortOrder> {
  readonly orders = sortOrders
  readonly #options: LiveOptions
  readonly #picture: LivePicture<SortOrder>
  readonly #book = new ConversationBook(conversationLimit)
  readonly #waiting = new Map<NodeState, number>()
  readonly #news = new Map<string, InterfaceNews>()
  #ranked: readonly Ranked[] = []
  #rate: Counts = {packets: 0, bytes: 0}

  constructor(options: LiveOptions) {
    this.#options = options
    this.#picture = new LivePicture(this, options)
  }

  started(state: NodeState): Promise<void> {
    this.#picture.open()
    this.#picture.show(state.key, `Observing ${hookedText(state.hello)}, kernel ${state.hello.kernel}.`, {
      isPassing: true,
    })
    return Promise.resolve()
  }

  changed({key}: NodeState, change: InterfaceChange): Promise<void> {
    const news = this.#news.get(key) ?? new InterfaceNews()
    this.#news.set(key, news)
    news.add(change)
    return Promise.resolve()
  }

  drained(state: NodeState): Promise<void> {
    for (const line of this.#news.get(state.key)?.take() ?? [])
      this.#picture.show(state.key, line, {isPassing: !line.startsWith('failed')})
    const seconds = (this.#waiting.get(state) ?? 0) + state.drainSeconds
    const ledger = this.#options.run.ledgerOf(state)
    // While paused the node's book goes on counting; the pause then counts as one long refresh.
    if (this.#picture.isPaused && state.book.size < pauseLimit) {
      this.#waiting.set(state, seconds)
      return Promise.resolve()
    }
    if (this.#picture.isPaused) {
      this.#picture.endPause()
      this.#picture.show(state.key, `The pause is over: ${exactCount(pauseLimit)} flows are all that it can hold.`)
    }
    this.#waiting.delete(state)
    const reader = new RowReader(state, this.#options.run.names)
    const slots = state.book.takeChanged().filter((slot) => ledger.isShown(reader, slot))
    this.#book.add(state, {slots, seconds})
    for (const slot of slots) reader.told(slot)
    ledger.forget(state)
    this.#picture.refresh()
    return Promise.resolve()
  }

  notice(node: string, text: string): void {
    this.#picture.notice(node, text)
  }

  ended(node: string): Promise<void> {
    if (this.#options.run.nodes.length > 1) this.notice(node, 'Ended.')
    return Promise.resolve()
  }

  async finish(): Promise<void> {
    this.#picture.close()
    const {run, sink, top, palette} = this.#options
    const {summaryText} = await import('../events/summary-text.ts')
    for (const each of run.summaries(top)) await sink.write(summaryText(each.summary, {top: each.top, palette}))
  }

  rank(choice: LiveChoice<SortOrder>): readonly string[] {
    const {rows, rate} = rank(this.#context, choice)
    this.#ranked = rows
    this.#rate = rate
    return rows.map(({key}) => key)
  }

  rate(): number {
    return this.#rate.packets
  }

  details(row: string): readonly string[] {
    const found = this.#ranked.find(({key}) => key === row)
    return found === undefined ? [] : conversationDetails(rowOf(found, this.#context))
  }

  screen(moment: LiveMoment<SortOrder>): LiveScreen {
    const {title} = this.#options
    return liveScreen({...this.#context, ...moment, ranked: this.#ranked, rate: this.#rate, title})
  }

  get #context() {
    return {book: this.#book, names: this.#options.run.names}
  }
}
