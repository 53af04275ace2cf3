import {choose, firstChoice, type LiveChoice} from '../events/live-choice.ts'
import type {LiveMoment} from '../events/live-moment.ts'
import type {RunState} from '../events/run-state.ts'
import type {Palette} from '../output/colour.ts'
import {type LiveScreen, renderFrame} from '../output/live/frame.ts'
import type {Key} from '../output/live/keys.ts'
import {paintFrame} from '../output/live/paint.ts'
import {plural} from '../output/quantity.ts'
import type {Interruption} from './interruption.ts'
import type {Notices} from './notices.ts'
import type {Sink} from './sink.ts'
import {Terminal} from './terminal.ts'

/** What a live view shows: rows that are sorted, chosen from and opened. */
export interface LiveSubject<Order extends string> {
  /** What rows can be sorted by, the usual one first. */
  readonly orders: readonly [Order, ...Order[]]
  /** Puts the rows into the chosen order, and returns what each is known by. */
  rank(choice: LiveChoice<Order>): readonly string[]
  /** Packets in a second, by the last refresh. */
  rate(): number
  /** What is shown below a row when it is opened. */
  details(row: string): readonly string[]
  screen(moment: LiveMoment<Order>): LiveScreen
  /** Letters that mean something only here. */
  press?(letter: string): 'changed' | 'unknown'
}

export interface LivePictureOptions {
  readonly run: RunState
  readonly sink: Sink
  readonly notices: Notices
  readonly interruption: Interruption
  readonly palette: Palette
}

const mostNotices = 100
/** At most five pictures a second; keys are answered sooner. */
const drawEveryMs = 200
const keyDrawMs = 30
const noticeMs = 8000
/** Lines around the rows: header, column titles, footer. */
const frameLines = 7
const longestHistory = 120

/** The whole screen while a run is on, until a key or the end: what was chosen, where it stands, and notices in its last line. */
export class LivePicture<Order extends string> {
  readonly #options: LivePictureOptions
  readonly #subject: LiveSubject<Order>
  readonly #history: number[] = []
  readonly #notices: (readonly [string, string])[] = []
  #terminal: Terminal | undefined
  #ticker: NodeJS.Timeout | undefined
  #choice: LiveChoice<Order>
  #rows: readonly string[] = []
  #offset = 0
  #shown: readonly string[] = []
  #drawing: NodeJS.Timeout | undefined
  #notice = ''
  #noticeUntil = 0

  constructor(subject: LiveSubject<Order>, options: LivePictureOptions) {
    this.#subject = subject
    this.#options = options
    this.#choice = firstChoice(subject.orders[0])
    options.interruption.signal.addEventListener('abort', () => this.#draw())
  }

  get isPaused(): boolean {
    return this.#choice.isPaused
  }

  endPause(): void {
    this.#choice = {...this.#choice, isPaused: false}
  }

  /** Whatever anyone has to say while the screen is ours would be written over it. */
  open(): void {
    if (this.#terminal !== undefined) return
    const {notices, interruption} = this.#options
    // What is waited for at the end is over when the screen is back.
    notices.tellTo((node, text, {isPassing}) =>
      this.show(node, text, {isPassing: isPassing || (node === '' && interruption.signal.aborted)}),
    )
    this.#terminal = new Terminal({onKey: (key) => this.#press(key), onRedraw: () => this.#redraw()})
    this.#ticker = setInterval(() => this.#tick(), 1000)
  }

  /** The screen as it was before, then everything that should be read at leisure. */
  close(): void {
    clearInterval(this.#ticker)
    clearTimeout(this.#drawing)
    this.#drawing = undefined
    this.#terminal?.[Symbol.dispose]()
    this.#terminal = undefined
    const {notices} = this.#options
    notices.tellTo(undefined)
    for (const [node, text] of this.#notices) notices.say(node, text)
  }

  /** New counts came. */
  refresh(): void {
    this.#rows = this.#subject.rank(this.#choice)
    this.#draw()
  }

  notice(node: string, text: string): void {
    if (this.#terminal === undefined) this.#options.notices.say(node, text)
    else this.show(node, text)
  }

  /** In the last line for a while; what is not passing is told again when the screen is back. */
  show(node: string, text: string, {isPassing} = {isPassing: false}): void {
    if (!isPassing) this.#notices.push([node, text])
    if (this.#notices.length > mostNotices) this.#notices.shift()
    this.#notice = node === '' ? text : `${node}: ${text}`
    this.#noticeUntil = Date.now() + noticeMs
    this.#draw()
  }

  #press(key: Key): void {
    const letter = typeof key === 'object' && !this.#choice.isTyping ? key.text : undefined
    if (key === 'interrupt' || letter === 'q') {
      this.#options.interruption.ask()
      this.#draw(keyDrawMs)
      return
    }
    const before = this.#choice
    this.#choice = choose(before, key, {keys: this.#rows, page: this.#page(), orders: this.#subject.orders})
    const isKnown = letter !== undefined && this.#subject.press?.(letter) === 'changed'
    if (before === this.#choice && !isKnown) return
    this.#rows = this.#subject.rank(this.#choice)
    this.#draw(keyDrawMs)
  }

  #tick(): void {
    this.#history.push(this.#subject.rate())
    if (this.#history.length > longestHistory) this.#history.shift()
    this.#draw()
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
    const {run, palette, sink} = this.#options
    this.#scroll()
    const screen = this.#subject.screen({
      choice: this.#choice,
      offset: this.#offset,
      page: this.#page(),
      history: this.#history,
      nodes: run.nodes,
      seconds: Math.max(0, ...run.nodes.map(({seconds}) => seconds)),
      status: this.#status(),
    })
    const lines = renderFrame(screen, this.#terminal.size, palette)
    const text = paintFrame(this.#shown, lines)
    this.#shown = lines
    void sink.write(text)
  }

  /** Keeps the selected row, and what it says when opened, on the screen. */
  #scroll(): void {
    const {selected, isOpen} = this.#choice
    const at = selected === undefined ? -1 : this.#rows.indexOf(selected)
    const below = isOpen && selected !== undefined && at !== -1 ? this.#subject.details(selected).length : 0
    const room = Math.max(1, this.#page() - below)
    this.#offset = at === -1 ? 0 : Math.min(Math.max(this.#offset, at - room + 1), at)
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
