import {DropBook, type DropRow} from '../events/drop-book.ts'
import {dropObjects, dropText} from '../events/drop-lines.ts'
import {chooseDrop} from '../events/drop-shown.ts'
import {dropFields, type DropSums, dropSummary, joinDropSums} from '../events/drop-summary.ts'
import {meaningOf} from '../events/drop-words.ts'
import type {NodeState} from '../events/node-state.ts'
import {startObject, summaryObject} from '../events/summary-json.ts'
import {isOf, type Summary} from '../events/summary.ts'
import {placeOf, removedText} from '../events/summary-text.ts'
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

/** Of one node: what the kernel told, and what the filter on names made of it. */
interface NodeDrops {
  readonly book: DropBook
  left: number
  undecided: number
}

/** A line for each kind of drop that grew, at each refresh. */
export class DropsView implements View {
  readonly #options: DropsViewOptions
  readonly #nodes = new Map<string, NodeDrops>()

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
    const {book} = this.#nodeOf(state)
    if (kind === 'drops') book.add(readDropReport(records))
    if (kind === 'drop-copies') book.keep(readDropCopies(records))
    return Promise.resolve()
  }

  async drained(state: NodeState): Promise<void> {
    const rows = this.#nodeOf(state).book.takeChanged()
    await this.#write(rows.map((row) => this.#lines(row, state)).join(''))
  }

  notice(node: string, text: string): void {
    this.#options.stage.notices.say(node, text)
  }

  ended(): Promise<void> {
    return Promise.resolve()
  }

  async finish(): Promise<void> {
    const {run} = this.#options.stage
    for (const {summary} of run.summaries(0)) await this.#write(this.#summary(summary))
  }

  #lines(row: DropRow, state: NodeState): string {
    const {stage, palette, request} = this.#options
    const {timeFormat, form} = request.run.view
    const node = this.#nodeOf(state)
    const {names} = stage.run
    const {shown, left, undecided} = chooseDrop(row, {
      names,
      clauses: request.run.filter.names,
      network: node.book.networkOf(row.kind),
    })
    node.left += left
    node.undecided += undecided
    if (shown.count === 0) return ''
    const clockOffsetNs = BigInt(state.hello.clockOffsetNs)
    if (this.#isJson)
      return dropObjects(shown, {node: state.node, timeNs: state.nowNs, clockOffsetNs}).map(jsonLine).join('')
    if (!request.all && meaningOf(row.kind).isBenign) return ''
    return dropText(shown, {
      palette,
      time: formatTime(state.nowNs, timeFormat, state.startNs),
      isWide: form === 'wide',
      node: stage.hasNodes ? state.node : undefined,
    })
  }

  #summary(summary: Summary): string {
    const {stage, palette} = this.#options
    const nodes = stage.run.nodes.filter((state) => isOf(summary, state)).map((state) => this.#nodeOf(state))
    const sums = joinDropSums(nodes.map((node) => this.#sumsOf(node)))
    const benign = nodes.reduce((sum, {book}) => sum + book.totalOf((kind) => meaningOf(kind).isBenign), 0)
    if (this.#isJson)
      return jsonLine({...summaryObject(summary, {timeNs: nowNs(), top: []}), ...dropFields(sums, benign)})
    const title = placeOf(summary)
    return `${dropSummary(sums, {title, seconds: summary.seconds, palette})}${removedText(summary, palette)}\n`
  }

  #sumsOf({book, left, undecided}: NodeDrops): DropSums {
    const hidden = this.#options.request.all ? 0 : book.totalOf((kind) => meaningOf(kind).isBenign)
    return {...book.rest, total: book.total, hidden, left, undecided, copied: book.copied}
  }

  get #isJson(): boolean {
    return this.#options.request.run.view.form === 'json'
  }

  #nodeOf({key}: NodeState): NodeDrops {
    const node = this.#nodes.get(key) ?? {book: new DropBook(), left: 0, undecided: 0}
    this.#nodes.set(key, node)
    return node
  }

  #write(text: string): Promise<void> {
    return this.#options.stage.sink.write(text)
  }
}
