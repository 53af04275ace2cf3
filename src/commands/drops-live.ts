import {dropText} from '../events/drop-lines.ts'
import {dropDetails, dropScreen} from '../events/drop-screen.ts'
import {type DropOrder, dropOrders, DropTable, type RankedDrops} from '../events/drop-table.ts'
import {firstChoice, type LiveChoice} from '../events/live-choice.ts'
import type {LiveMoment} from '../events/live-moment.ts'
import type {NodeState} from '../events/node-state.ts'
import {sharedKernelText} from '../events/shared-kernels.ts'
import type {LiveScreen} from '../output/live/frame.ts'
import {formatTime} from '../output/time.ts'
import type {RecordKind} from '../protocol/batch.ts'
import {DropNodes} from './drop-nodes.ts'
import type {DropsRequest} from './drops-request.ts'
import type {ViewOptions} from './line-view.ts'
import {LivePicture, type LiveSubject} from './live-picture.ts'
import {titleOf} from './output-form.ts'
import type {View} from './view.ts'

/** Kinds told again, by how many, when the screen has gone. */
const mostAtEnd = 10

/** Kinds of drops on the whole screen, sorted, until a key or the end of the run. */
export class DropsLiveView implements View, LiveSubject<DropOrder> {
  readonly orders = dropOrders
  readonly #options: ViewOptions<DropsRequest>
  readonly #nodes: DropNodes
  readonly #picture: LivePicture<DropOrder>
  readonly #table = new DropTable()
  readonly #waiting = new Map<NodeState, number>()
  #ranked: RankedDrops = {rows: [], kinds: 0, rate: 0}
  #isAll: boolean

  constructor(options: ViewOptions<DropsRequest>) {
    this.#options = options
    this.#nodes = new DropNodes(options)
    this.#isAll = options.request.all
    this.#picture = new LivePicture(this, {...options.stage, palette: options.palette})
  }

  started(state: NodeState): Promise<void> {
    this.#picture.open()
    this.#picture.show(state.key, `Counting dropped packets, kernel ${state.hello.kernel}.`, {isPassing: true})
    const shared = sharedKernelText(state, this.#options.stage.run.nodes)
    if (shared !== undefined) this.notice(state.key, shared)
    return Promise.resolve()
  }

  recorded(state: NodeState, kind: RecordKind, records: Uint8Array): Promise<void> {
    this.#nodes.learn(state, kind, records)
    return Promise.resolve()
  }

  drained(state: NodeState): Promise<void> {
    const seconds = (this.#waiting.get(state) ?? 0) + state.drainSeconds
    // While paused the node's book goes on counting; the pause then counts as one long refresh.
    this.#waiting.set(state, this.#picture.isPaused ? seconds : 0)
    if (this.#picture.isPaused) return Promise.resolve()
    this.#table.add(state, {rows: this.#nodes.take(state), seconds})
    this.#picture.refresh()
    return Promise.resolve()
  }

  notice(node: string, text: string): void {
    this.#picture.notice(node, text)
  }

  ended(node: string): Promise<void> {
    const {nodes} = this.#options.stage.run
    // What it dropped in its last moments belongs to no refresh, and others go on.
    for (const state of nodes.filter(({key}) => key === node))
      this.#table.add(state, {rows: this.#nodes.take(state), seconds: Infinity})
    if (nodes.length > 1) this.notice(node, 'Ended.')
    return Promise.resolve()
  }

  async finish(): Promise<void> {
    this.#picture.close()
    const {run, sink} = this.#options.stage
    for (const state of run.nodes) this.#table.add(state, {rows: this.#nodes.take(state), seconds: state.drainSeconds})
    await sink.write(this.#mostDropped())
    const shown = {isAll: this.#isAll}
    for (const {summary} of run.summaries(0)) await sink.write(this.#nodes.summary(summary, shown))
  }

  rank(choice: LiveChoice<DropOrder>): readonly string[] {
    this.#ranked = this.#table.rank(choice, {isAll: this.#isAll})
    return this.#ranked.rows.map(({key}) => key)
  }

  rate(): number {
    return this.#ranked.rate
  }

  details(row: string): readonly string[] {
    const found = this.#ranked.rows.find(({key}) => key === row)
    return found === undefined ? [] : dropDetails(found)
  }

  press(letter: string): 'changed' | 'unknown' {
    if (letter !== 'a') return 'unknown'
    this.#isAll = !this.#isAll
    return 'changed'
  }

  screen(moment: LiveMoment<DropOrder>): LiveScreen {
    const {request, stage} = this.#options
    const sums = this.#nodes.sums(stage.run.nodes, {isAll: this.#isAll})
    return dropScreen({...moment, ranked: this.#ranked, sums, isAll: this.#isAll, title: titleOf(request.run)})
  }

  /** What stood on the screen is gone with it: the kinds that counted most, a line each. */
  #mostDropped(): string {
    const {stage, palette, request} = this.#options
    const {timeFormat} = request.run.view
    const {rows} = this.#table.rank(firstChoice<DropOrder>('packets'), {isAll: this.#isAll})
    const lines = rows.slice(0, mostAtEnd).map((row) =>
      dropText(row, {
        palette,
        time: formatTime(row.lastNs, timeFormat, stage.run.nodes.find(({node}) => node === row.node)?.startNs ?? 0n),
        isWide: false,
        node: stage.hasNodes ? row.node : undefined,
      }),
    )
    return lines.join('')
  }
}
