import {DropBook, type DropRow} from '../events/drop-book.ts'
import {dropObject, dropSummary, dropText} from '../events/drop-lines.ts'
import {meaningOf} from '../events/drop-words.ts'
import type {NodeState} from '../events/node-state.ts'
import {startObject, summaryObject} from '../events/summary-json.ts'
import type {Palette} from '../output/colour.ts'
import {jsonLine} from '../output/json.ts'
import {formatTime} from '../output/time.ts'
import type {RecordKind} from '../protocol/batch.ts'
import {readDropCopies, readDropReport} from '../protocol/drops.ts'
import type {DropsRequest} from './drops-request.ts'
import type {Stage} from './run-nodes.ts'
import {nowNs} from './show-run.ts'
import type {View} from './view.ts'

export interface DropsViewOptions {
  readonly stage: Stage
  readonly request: DropsRequest
  readonly palette: Palette
}

/** A line for each kind of drop that grew, at each refresh. */
export class DropsView implements View {
  readonly #options: DropsViewOptions
  readonly #books = new Map<string, DropBook>()

  constructor(options: DropsViewOptions) {
    this.#options = options
  }

  async started(state: NodeState): Promise<void> {
    if (this.#isJson) return this.#write(jsonLine(startObject(state)))
    this.notice(state.key, `Counting dropped packets, kernel ${state.hello.kernel}.`)
  }

  /** Nothing is attached to interfaces. */
  changed(): Promise<void> {
    return Promise.resolve()
  }

  recorded(state: NodeState, kind: RecordKind, records: Uint8Array): Promise<void> {
    if (kind === 'drops') this.#bookOf(state).add(readDropReport(records))
    if (kind === 'drop-copies') this.#bookOf(state).keep(readDropCopies(records))
    return Promise.resolve()
  }

  async drained(state: NodeState): Promise<void> {
    const rows = this.#bookOf(state).takeChanged()
    await this.#write(rows.map((row) => this.#line(row, state)).join(''))
  }

  notice(node: string, text: string): void {
    this.#options.stage.notices.say(node, text)
  }

  ended(): Promise<void> {
    return Promise.resolve()
  }

  async finish(): Promise<void> {
    const {run} = this.#options.stage
    if (!this.#isJson) {
      for (const state of run.nodes) await this.#write(this.#summary(state))
      return
    }
    const timeNs = nowNs()
    for (const {summary} of run.summaries(0)) {
      const books = run.nodes.filter(({node}) => summary.node === '*' || summary.node === node).map((state) => this.#bookOf(state)) // prettier-ignore
      const sum = (read: (book: DropBook) => number): number => books.reduce((all, book) => all + read(book), 0)
      const drops = {
        total: sum(({total}) => total),
        benign: sum((book) => book.totalOf((kind) => meaningOf(kind).isBenign)),
        uncounted: sum(({rest}) => rest.uncounted),
      }
      const counters = books.length === 1 ? books[0]?.rest.counters : undefined
      await this.#write(jsonLine({...summaryObject(summary, {timeNs, top: []}), drops, counters}))
    }
  }

  #line(row: DropRow, state: NodeState): string {
    const {stage, palette, request} = this.#options
    const {names} = stage.run
    if (this.#isJson) return jsonLine(dropObject(row, {node: state.node, timeNs: state.nowNs, names}))
    if (!request.all && meaningOf(row.kind).isBenign) return ''
    const {timeFormat, form} = request.run.view
    return dropText(row, {
      palette,
      names,
      time: formatTime(state.nowNs, timeFormat, state.startNs),
      isWide: form === 'wide',
      node: stage.hasNodes ? state.node : undefined,
    })
  }

  #summary(state: NodeState): string {
    const book = this.#bookOf(state)
    const hidden = this.#options.request.all ? 0 : book.totalOf((kind) => meaningOf(kind).isBenign)
    const {uncounted, counters} = book.rest
    const {removed, clean, remains} = {removed: undefined, clean: false, remains: [], ...state.end?.stopped}
    const left = clean ? '' : `, ${remains.join(', ') || 'and it is not known what is left'}`
    const gone = removed === undefined ? 'the end of the agent was not heard' : `removed ${removed.programs} programs, ${removed.links} links, ${removed.maps} maps` // prettier-ignore
    const text = dropSummary({node: state.node, seconds: state.seconds, total: book.total, hidden, uncounted, counters})
    return `${text}  ${gone}; ${clean ? 'the node is clean' : `not clean${left}`}\n`
  }

  get #isJson(): boolean {
    return this.#options.request.run.view.form === 'json'
  }

  #bookOf({key}: NodeState): DropBook {
    const book = this.#books.get(key) ?? new DropBook()
    this.#books.set(key, book)
    return book
  }

  #write(text: string): Promise<void> {
    return this.#options.stage.sink.write(text)
  }
}
