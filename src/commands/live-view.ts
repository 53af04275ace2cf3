import {ConversationBook} from '../events/conversation-book.ts'
import type {Counts} from '../events/conversation-row.ts'
import {RowReader} from '../events/flow-row.ts'
import {choose, firstChoice, type LiveChoice} from '../events/live-choice.ts'
import {conversationDetails} from '../events/live-details.ts'
import {rank, type Ranked, rowOf} from '../events/live-rows.ts'
import {liveScreen} from '../events/live-screen.ts'
import type {NodeState} from '../events/node-state.ts'
import {renderFrame} from '../output/live/frame.ts'
import type {Key} from '../output/live/keys.ts'
import {paintFrame} from '../output/live/paint.ts'
import {exactCount, plural} from '../output/quantity.ts'
import {hookedText, InterfaceNews} from './interface-news.ts'
import type {Interruption} from './interruption.ts'
import type {InterfaceChange} from '../protocol/message.ts'
import type {TextOptions} from './stream-view.ts'
import {Terminal} from './terminal.ts'
import type {View} from './view.ts'

export interface LiveOptions extends Omit<TextOptions, 'timeFormat' | 'isWide' | 'hasNodes'> {
  readonly interruption: Interruption
  /** What was asked for. */
  readonly title: string
}

const conversationLimit = 50_000
/** While paused nothing is forgotten: 200 bytes a flow. */
const pauseLimit = 400_000
const mostNotices = 100
/** At most five pictures a second; keys are answered sooner. */
const drawEveryMs = 200
const keyDrawMs = 30
const noticeMs = 8000
/** Lines around the rows: header, column titles, footer. */
const frameLines = 7
const longestHistory = 120

/** Conversations on the whole screen, sorted, until a key or the end of the run. */
export class LiveView implements View {
  readonly #options: LiveOptions
  readonly #book = new ConversationBook(conversationLimit)
  readonly #waiting = new Map<NodeState, number>()
  readonly #news = new Map<string, InterfaceNews>()
  readonly #history: number[] = []
  readonly #notices: (readonly [string, string])[] = []
  #terminal: Terminal | undefined
  #ticker: NodeJS.Timeout | undefined
  #choice: LiveChoice = firstChoice
  #ranked: readonly Ranked[] = []
  #rate: Counts = {packets: 0, bytes: 0}
  #offset = 0
  #shown: readonly string[] = []
  #drawing: NodeJS.Timeout | undefined
  #notice = ''
  #noticeUntil = 0

  constructor(options: LiveOptions) {
    this.#options = options
    options.interruption.signal.addEventListener('abort', () => this.#draw())
  }

  started(state: NodeState): Promise<void> {
    this.#open()
    this.#ticker ??= setInterval(() => this.#tick(), 1000)
    this.#show(state.key, `Observing ${hookedText(state.hello)}, kernel ${state.hello.kernel}.`, {isPassing: true})
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
      this.#show(state.key, line, {isPassing: !line.startsWith('failed')})
    const seconds = (this.#waiting.get(state) ?? 0) + state.drainSeconds
    const ledger = this.#options.run.ledgerOf(state)
    // While paused the node's book goes on counting; the pause then counts as one long refresh.
    if (this.#choice.isPaused && state.book.size < pauseLimit) {
      this.#waiting.set(state, seconds)
      return Promise.resolve()
    }
    if (this.#choice.isPaused) {
      this.#choice = {...this.#choice, isPaused: false}
      this.#show(state.key, `The pause is over: ${exactCount(pauseLimit)} flows are all that it can hold.`)
    }
    this.#waiting.delete(state)
    const reader = new RowReader(state, this.#options.run.names)
    const slots = state.book.takeChanged().filter((slot) => ledger.isShown(reader, slot))
    this.#book.add(state, {slots, seconds})
    for (const slot of slots) reader.told(slot)
    ledger.forget(state)
    this.#rank()
    this.#draw()
    return Promise.resolve()
  }

  notice(node: string, text: string): void {
    if (this.#terminal === undefined) this.#options.notices.say(node, text)
    else this.#show(node, text)
  }

  /** In the last line for a while; what is not passing is told again when the screen is back. */
  #show(node: string, text: string, {isPassing} = {isPassing: false}): void {
    if (!isPassing) this.#notices.push([node, text])
    if (this.#notices.length > mostNotices) this.#notices.shift()
    this.#notice = node === '' ? text : `${node}: ${text}`
    this.#noticeUntil = Date.now() + noticeMs
    this.#draw()
  }

  ended(node: string): Promise<void> {
    if (this.#options.run.nodes.length > 1) this.notice(node, 'Ended.')
    return Promise.resolve()
  }

  /** Whatever anyone has to say while the screen is ours would be written over it. */
  #open(): void {
    if (this.#terminal !== undefined) return
    const {notices, interruption} = this.#options
    // What is waited for at the end is over when the screen is back.
    notices.tellTo((node, text, {isPassing}) =>
      this.#show(node, text, {isPassing: isPassing || (node === '' && interruption.signal.aborted)}),
    )
    this.#terminal = new Terminal({onKey: (key) => this.#press(key), onRedraw: () => this.#redraw()})
  }

  /** The screen as it was before, then everything that should be read at leisure. */
  async finish(): Promise<void> {
    clearInterval(this.#ticker)
    clearTimeout(this.#drawing)
    this.#drawing = undefined
    this.#terminal?.[Symbol.dispose]()
    this.#terminal = undefined
    const {run, sink, top, palette, notices} = this.#options
    notices.tellTo(undefined)
    for (const [node, text] of this.#notices) notices.say(node, text)
    const {summaryText} = await import('../events/summary-text.ts')
    for (const each of run.summaries(top)) await sink.write(summaryText(each.summary, {top: each.top, palette}))
  }

  #press(key: Key): void {
    const {interruption} = this.#options
    if (key === 'interrupt' || (!this.#choice.isTyping && typeof key === 'object' && key.text === 'q')) {
      interruption.ask()
      this.#draw(keyDrawMs)
      return
    }
    const before = this.#choice
    this.#choice = choose(before, key, {keys: this.#ranked.map(({key: each}) => each), page: this.#page()})
    if (before === this.#choice) return
    this.#rank()
    this.#draw(keyDrawMs)
  }

  #tick(): void {
    this.#history.push(this.#rate.packets)
    if (this.#history.length > longestHistory) this.#history.shift()
    this.#draw()
  }

  #rank(): void {
    const {rows, rate} = rank({book: this.#book, names: this.#options.run.names}, this.#choice)
    this.#ranked = rows
    this.#rate = rate
  }

  #page(): number {
    return Math.max(1, (this.#terminal?.size.rows ?? 0) - frameLines)
  }

  #redraw(): void {
    this.#shown = []
    this.#draw(keyDrawMs)
  }

  #draw(withinMs = drawEveryMs): void {
    this.#drawing ??= setTimeout(() => {
      this.#drawing = undefined
      this.#paint()
    }, withinMs)
  }

  #paint(): void {
    if (this.#terminal === undefined) return
    const {run, palette, title, sink} = this.#options
    const context = {book: this.#book, names: run.names}
    this.#scroll()
    const moment = {
      ...context,
      choice: this.#choice,
      ranked: this.#ranked,
      offset: this.#offset,
      page: this.#page(),
      rate: this.#rate,
      history: this.#history,
      nodes: run.nodes,
      seconds: Math.max(0, ...run.nodes.map(({seconds}) => seconds)),
      status: this.#status(),
      title,
    }
    const lines = renderFrame(liveScreen(moment), this.#terminal.size, palette)
    const text = paintFrame(this.#shown, lines)
    this.#shown = lines
    void sink.write(text)
  }

  /** Keeps the selected row, and what it says when opened, on the screen. */
  #scroll(): void {
    const {selected, isOpen} = this.#choice
    const at = selected === undefined ? 0 : this.#ranked.findIndex(({key}) => key === selected)
    const row = this.#ranked[at]
    const context = {book: this.#book, names: this.#options.run.names}
    const below = isOpen && row !== undefined ? conversationDetails(rowOf(row, context)).length : 0
    const room = Math.max(1, this.#page() - below)
    if (selected === undefined || at === -1) this.#offset = 0
    else this.#offset = Math.min(Math.max(this.#offset, at - room + 1), at)
  }

  #status(): string {
    const waiting = this.#options.run.nodes.filter(({end}) => end === undefined).length
    const ending = `Ending: ${plural(waiting, 'node')} still to detach.`
    const parts = [
      this.#options.interruption.signal.aborted ? ending : '',
      Date.now() < this.#noticeUntil ? this.#notice : '',
    ]
    return parts.filter((part) => part !== '').join(' ')
  }
}
