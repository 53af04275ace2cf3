import {flowObject} from '../events/flow-json.ts'
import {type FlowRow, RowReader} from '../events/flow-row.ts'
import {Alignment, flowCells} from '../events/flow-text.ts'
import type {NodeState} from '../events/node-state.ts'
import type {RunState} from '../events/run-state.ts'
import {interfaceLine, startObject, summaryObject} from '../events/summary-json.ts'
import type {Palette} from '../output/colour.ts'
import {jsonLine} from '../output/json.ts'
import {formatTime, type TimeFormat} from '../output/time.ts'
import {hookedText, InterfaceNews} from './interface-news.ts'
import type {Notices} from './notices.ts'
import type {Sink} from './sink.ts'
import type {InterfaceChange} from '../protocol/message.ts'
import {nowNs} from './show-run.ts'
import type {View} from './view.ts'

export interface StreamOptions {
  readonly run: RunState
  readonly sink: Sink
  readonly notices: Notices
  readonly top: number
  /** When the summary is made; absent: by this machine's clock. */
  readonly nowNs?: () => bigint
}

export interface TextOptions extends StreamOptions {
  readonly palette: Palette
  readonly timeFormat: TimeFormat
  readonly isWide: boolean
  /** Several nodes: each line says which. */
  readonly hasNodes: boolean
}

/** So many lines are made before the reader is asked whether it is ready for more. */
const linesAWrite = 256

/** One line a flow and refresh. */
abstract class StreamView implements View {
  protected readonly options: StreamOptions

  constructor(options: StreamOptions) {
    this.options = options
  }

  abstract started(state: NodeState): Promise<void>
  protected abstract line(row: FlowRow, state: NodeState): string
  abstract changed(state: NodeState, change: InterfaceChange): Promise<void>
  abstract finish(): Promise<void>

  async drained(state: NodeState): Promise<void> {
    await this.#tell(state, state.book.takeChanged())
    this.options.run.ledgerOf(state).forget(state)
  }

  /** What has to make room is told before it goes, the rest when the refresh is whole. */
  async filled(state: NodeState): Promise<void> {
    const {isChanged} = state.book.columns
    await this.#tell(
      state,
      state.book.excess().filter((slot) => isChanged[slot] === 1),
    )
    this.options.run.ledgerOf(state).forget(state)
  }

  async #tell(state: NodeState, slots: Iterable<number>): Promise<void> {
    const {run, sink} = this.options
    const reader = new RowReader(state, run.names)
    const ledger = run.ledgerOf(state)
    let lines: string[] = []
    for (const slot of slots) {
      if (!ledger.isShown(reader, slot)) continue
      lines.push(this.line(reader.row(slot), state))
      reader.told(slot)
      if (lines.length < linesAWrite) continue
      await sink.write(lines.join(''))
      lines = []
    }
    await sink.write(lines.join(''))
  }

  notice(node: string, text: string): void {
    this.options.notices.say(node, text)
  }
}

export class JsonView extends StreamView {
  override started(state: NodeState): Promise<void> {
    return this.options.sink.write(jsonLine(startObject(state)))
  }

  override changed(state: NodeState, change: InterfaceChange): Promise<void> {
    return this.options.sink.write(jsonLine(interfaceLine(state, change, nowNs())))
  }

  protected override line(row: FlowRow, state: NodeState): string {
    return jsonLine(flowObject(row, state.nowNs))
  }

  override async finish(): Promise<void> {
    const {run, sink, top} = this.options
    const timeNs = (this.options.nowNs ?? nowNs)()
    for (const each of run.summaries(top))
      await sink.write(jsonLine(summaryObject(each.summary, {timeNs, top: each.top})))
  }
}

export class TextView extends StreamView {
  readonly #options: TextOptions
  readonly #alignment = new Alignment()
  readonly #news = new Map<string, InterfaceNews>()

  constructor(options: TextOptions) {
    super(options)
    this.#options = options
  }

  override started({key, hello, isCapture}: NodeState): Promise<void> {
    if (isCapture) return Promise.resolve()
    this.notice(key, `Observing ${hookedText(hello)}, kernel ${hello.kernel}.`)
    return Promise.resolve()
  }

  /** Told with the next refresh. */
  override changed({key, isCapture}: NodeState, change: InterfaceChange): Promise<void> {
    if (isCapture) return Promise.resolve()
    const news = this.#news.get(key) ?? new InterfaceNews()
    this.#news.set(key, news)
    news.add(change)
    return Promise.resolve()
  }

  override async drained(state: NodeState): Promise<void> {
    this.#tellNews()
    await super.drained(state)
  }

  ended(): Promise<void> {
    this.#tellNews()
    return Promise.resolve()
  }

  #tellNews(): void {
    for (const [node, news] of this.#news) for (const line of news.take()) this.notice(node, line)
  }

  protected override line(row: FlowRow, state: NodeState): string {
    const {palette, timeFormat, isWide, hasNodes} = this.#options
    const time = formatTime(row.lastNs, timeFormat, state.startNs)
    const cells = flowCells(row, {palette, time, seconds: state.drainSeconds, isWide, hasNodes})
    return `${this.#alignment.pad(cells)}\n`
  }

  override async finish(): Promise<void> {
    this.#tellNews()
    const {run, sink, top, palette} = this.#options
    const {summaryText} = await import('../events/summary-text.ts')
    for (const each of run.summaries(top)) await sink.write(summaryText(each.summary, {top: each.top, palette}))
  }
}
