import {dropObjects, dropText} from '../events/drop-lines.ts'
import type {ShownDrop} from '../events/drop-shown.ts'
import {meaningOf} from '../events/drop-words.ts'
import type {NodeState} from '../events/node-state.ts'
import {sharedKernelText} from '../events/shared-kernels.ts'
import {startObject} from '../events/summary-json.ts'
import {jsonLine} from '../output/json.ts'
import {formatTime} from '../output/time.ts'
import type {RecordKind} from '../protocol/batch.ts'
import {DropNodes, type DropsViewOptions} from './drop-nodes.ts'
import type {View} from './view.ts'

/** A line for each kind of drop that grew, at each refresh. */
export class DropsView implements View {
  readonly #options: DropsViewOptions
  readonly #nodes: DropNodes

  constructor(options: DropsViewOptions) {
    this.#options = options
    this.#nodes = new DropNodes(options)
  }

  async started(state: NodeState): Promise<void> {
    const shared = sharedKernelText(state, this.#options.stage.run.nodes)
    if (shared !== undefined) this.notice(state.key, shared)
    if (this.#isJson) return this.#write(jsonLine(startObject(state)))
    this.notice(state.key, `Counting dropped packets, kernel ${state.hello.kernel}.`)
  }

  /** Nothing is attached to interfaces. */
  changed(): Promise<void> {
    return Promise.resolve()
  }

  recorded(state: NodeState, kind: RecordKind, records: Uint8Array): Promise<void> {
    this.#nodes.learn(state, kind, records)
    return Promise.resolve()
  }

  async drained(state: NodeState): Promise<void> {
    const rows = this.#nodes.take(state)
    await this.#write(rows.map((row) => this.#lines(row, state)).join(''))
  }

  notice(node: string, text: string): void {
    this.#options.stage.notices.say(node, text)
  }

  ended(): Promise<void> {
    return Promise.resolve()
  }

  async finish(): Promise<void> {
    const {stage, request} = this.#options
    for (const {summary} of stage.run.summaries(0))
      await this.#write(this.#nodes.summary(summary, {isAll: request.all}))
  }

  #lines(drop: ShownDrop, state: NodeState): string {
    const {stage, palette, request} = this.#options
    const {timeFormat, form} = request.run.view
    const clockOffsetNs = BigInt(state.hello.clockOffsetNs)
    if (this.#isJson)
      return dropObjects(drop, {node: state.node, timeNs: state.nowNs, clockOffsetNs}).map(jsonLine).join('')
    if (!request.all && meaningOf(drop.kind).isBenign) return ''
    return dropText(drop, {
      palette,
      time: formatTime(state.nowNs, timeFormat, state.startNs),
      isWide: form === 'wide',
      node: stage.hasNodes ? state.node : undefined,
    })
  }

  get #isJson(): boolean {
    return this.#options.request.run.view.form === 'json'
  }

  #write(text: string): Promise<void> {
    return this.#options.stage.sink.write(text)
  }
}
