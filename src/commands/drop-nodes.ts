import {DropBook} from '../events/drop-book.ts'
import {type ChosenDrop, chooseDrop, type ShownDrop} from '../events/drop-shown.ts'
import {dropFields, type DropSums, dropSummary, joinDropSums} from '../events/drop-summary.ts'
import {meaningOf} from '../events/drop-words.ts'
import type {NodeState} from '../events/node-state.ts'
import {summaryObject} from '../events/summary-json.ts'
import {countedOnce} from '../events/shared-kernels.ts'
import {isOf, type Summary} from '../events/summary.ts'
import {placeOf, removedText} from '../events/summary-text.ts'
import {jsonLine} from '../output/json.ts'
import type {RecordKind} from '../protocol/batch.ts'
import {readDropCopies, readDropReport} from '../protocol/drops.ts'
import type {DropsRequest} from './drops-request.ts'
import type {ViewOptions} from './line-view.ts'
import {nowNs} from './show-run.ts'

/** Of one node: what the kernel told, and what the filter on names made of it. */
interface NodeDrops {
  readonly book: DropBook
  left: number
  undecided: number
}

/** What the nodes of a run dropped, whichever way it is shown. */
export class DropNodes {
  readonly #options: ViewOptions<DropsRequest>
  readonly #nodes = new Map<string, NodeDrops>()

  constructor(options: ViewOptions<DropsRequest>) {
    this.#options = options
  }

  learn(state: NodeState, kind: RecordKind, records: Uint8Array): void {
    const {book} = this.#nodeOf(state)
    if (kind === 'drops') book.add(readDropReport(records))
    if (kind === 'drop-copies') book.keep(readDropCopies(records))
  }

  /** What grew since the last call and the filter on names wants, with names. */
  take(state: NodeState): readonly ShownDrop[] {
    const {names} = this.#options.stage.run
    const clauses = this.#options.request.run.filter.names
    const node = this.#nodeOf(state)
    const chosen = node.book
      .takeChanged()
      .map((row): ChosenDrop => chooseDrop(row, {names, clauses, network: node.book.networkOf(row.kind)}))
    for (const {left, undecided} of chosen) {
      node.left += left
      node.undecided += undecided
    }
    return chosen.map(({shown}) => shown).filter(({count}) => count > 0)
  }

  /** `isAll`: benign ones were shown. */
  sums(states: readonly NodeState[], {isAll}: {readonly isAll: boolean}): DropSums {
    const [only, ...others] = states
    const of = (state: NodeState): DropSums => sumsOf(this.#nodeOf(state), isAll)
    return only !== undefined && others.length === 0 ? of(only) : joinDropSums(countedOnce(states).map(of))
  }

  /** The last lines of a run. */
  summary(summary: Summary, shown: {readonly isAll: boolean}): string {
    const {stage, palette, request} = this.#options
    const states = stage.run.nodes.filter((state) => isOf(summary, state))
    const sums = this.sums(states, shown)
    if (request.run.view.form === 'json')
      return jsonLine({...summaryObject(summary, {timeNs: nowNs(), top: []}), ...dropFields(sums)})
    const title = placeOf(summary)
    return `${dropSummary(sums, {title, seconds: summary.seconds, palette})}${removedText(summary, palette)}\n`
  }

  #nodeOf({key}: NodeState): NodeDrops {
    const node = this.#nodes.get(key) ?? {book: new DropBook(), left: 0, undecided: 0}
    this.#nodes.set(key, node)
    return node
  }
}

function sumsOf({book, left, undecided}: NodeDrops, isAll: boolean): DropSums {
  const benign = book.totalOf((kind) => meaningOf(kind).isBenign)
  return {...book.rest, total: book.total, benign, hidden: isAll ? 0 : benign, left, undecided, copied: book.copied}
}
