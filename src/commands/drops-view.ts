import {dropObjects, dropText} from '../events/drop-lines.ts'
import type {ShownDrop} from '../events/drop-shown.ts'
import {meaningOf} from '../events/drop-words.ts'
import type {NodeState} from '../events/node-state.ts'
import {sharedKernelText} from '../events/shared-kernels.ts'
import {startObject} from '../events/summary-json.ts'
import {jsonLine} from '../output/json.ts'
import {formatTime} from '../output/time.ts'
import type {RecordKind} from '../protocol/batch.ts'
import {DropNodes} from './drop-nodes.ts'
import type {DropsRequest} from './drops-request.ts'
import {LineView, type ViewOptions} from './line-view.ts'

/** A line for each kind of drop that grew, at each refresh. */
export class DropsView extends LineView<DropsRequest> {
  readonly #nodes: DropNodes

  constructor(options: ViewOptions<DropsRequest>) {
    super(options)
    this.#nodes = new DropNodes(options)
  }

  async started(state: NodeState): Promise<void> {
    const shared = sharedKernelText(state, this.options.stage.run.nodes)
    if (shared !== undefined) this.notice(state.key, shared)
    if (this.isJson) return this.write(jsonLine(startObject(state)))
    this.notice(state.key, `Counting dropped packets, kernel ${state.hello.kernel}.`)
  }

  recorded(state: NodeState, kind: RecordKind, records: Uint8Array): Promise<void> {
    this.#nodes.learn(state, kind, records)
    return Promise.resolve()
  }

  async drained(state: NodeState): Promise<void> {
    const rows = this.#nodes.take(state)
    await this.write(rows.map((row) => this.#lines(row, state)).join(''))
  }

  async finish(): Promise<void> {
    const {stage, request} = this.options
    for (const {summary} of stage.run.summaries(0)) await this.write(this.#nodes.summary(summary, {isAll: request.all}))
  }

  #lines(drop: ShownDrop, state: NodeState): string {
    const {stage, palette, request} = this.options
    const {timeFormat, form} = request.run.view
    const clockOffsetNs = BigInt(state.hello.clockOffsetNs)
    if (this.isJson)
      return dropObjects(drop, {node: state.node, timeNs: state.nowNs, clockOffsetNs}).map(jsonLine).join('')
    if (!request.all && meaningOf(drop.kind).isBenign) return ''
    return dropText(drop, {
      palette,
      time: formatTime(state.nowNs, timeFormat, state.startNs),
      isWide: form === 'wide',
      node: stage.hasNodes ? state.node : undefined,
    })
  }
}
