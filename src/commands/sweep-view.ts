import type {NodeState} from '../events/node-state.ts'
import {escapeText} from '../output/escape.ts'
import {jsonLine} from '../output/json.ts'
import type {Answer} from '../protocol/binding.ts'
import {type SweptInterface, sweptText} from '../protocol/sweep.ts'
import type {Notices} from './notices.ts'
import type {Sink} from './sink.ts'
import type {View} from './view.ts'

interface SweepOptions {
  readonly sink: Sink
  readonly notices: Notices
  readonly isJson: boolean
  readonly isQuiet: boolean
}

/** What killed agents had left on clsact, a line an interface. */
export class SweepView implements View {
  readonly #options: SweepOptions

  constructor(options: SweepOptions) {
    this.#options = options
  }

  started(): Promise<void> {
    return Promise.resolve()
  }

  async answered(state: NodeState, answer: Answer): Promise<void> {
    if (answer.type !== 'sweep') return
    const {sink, isJson, isQuiet} = this.#options
    for (const each of answer.removed)
      await sink.write(isJson ? jsonLine(sweptObject(state, each)) : line(state, sweptText(each)))
    if (answer.removed.length === 0 && !isJson && !isQuiet)
      await sink.write(line(state, 'No killed agent left a filter on clsact.'))
  }

  notice(node: string, text: string): void {
    this.#options.notices.say(node, text)
  }

  finish(): Promise<void> {
    return Promise.resolve()
  }
}

const line = ({key}: NodeState, text: string): string => `${escapeText(key)}: ${escapeText(text)}\n`

const sweptObject = ({node, target}: NodeState, swept: SweptInterface) => ({
  kind: 'swept',
  time: new Date().toISOString(),
  node,
  target,
  ...swept,
})
