import {judge, type Verdict} from '../binding/verdict.ts'
import type {NodeState} from '../events/node-state.ts'
import {startObject, summaryObject} from '../events/summary-json.ts'
import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import {jsonLine} from '../output/json.ts'
import type {Answer} from '../protocol/binding.ts'
import {bindObjects} from './bindcheck-lines.ts'
import type {BindcheckRequest} from './bindcheck-request.ts'
import type {Stage} from './run-nodes.ts'
import {nowNs} from './show-run.ts'
import type {View} from './view.ts'

export interface BindcheckViewOptions {
  readonly stage: Stage
  readonly request: BindcheckRequest
  readonly palette: Palette
}

/** The answer of each place, when it has come. */
export class BindcheckView implements View {
  readonly #options: BindcheckViewOptions
  readonly #verdicts = new Map<string, readonly Verdict[]>()

  constructor(options: BindcheckViewOptions) {
    this.#options = options
  }

  /** Every place that answered can hold what was asked about. */
  get coexist(): boolean {
    return [...this.#verdicts.values()].flat().every(({coexist}) => coexist)
  }

  async started(state: NodeState): Promise<void> {
    if (this.#isJson) await this.#write(jsonLine(startObject(state)))
  }

  async answered(state: NodeState, answer: Answer): Promise<void> {
    const protocols = this.#options.request.run.bindcheck?.protocols ?? []
    const verdicts = protocols.map((protocol) => judge(answer, protocol))
    this.#verdicts.set(state.key, verdicts)
    if (this.#isJson) {
      const lines = bindObjects(answer, protocols, {node: state.node, timeNs: nowNs()})
      return this.#write(lines.map(jsonLine).join(''))
    }
    await this.#write(verdicts.map(({sentences}) => `${escapeText(sentences.join(' '))}\n`).join(''))
  }

  notice(node: string, text: string): void {
    this.#options.stage.notices.say(node, text)
  }

  changed(): Promise<void> {
    return Promise.resolve()
  }

  drained(): Promise<void> {
    return Promise.resolve()
  }

  ended(): Promise<void> {
    return Promise.resolve()
  }

  async finish(): Promise<void> {
    if (!this.#isJson) return
    const timeNs = nowNs()
    for (const {summary} of this.#options.stage.run.summaries(0)) {
      const verdicts = this.#options.stage.run.nodes
        .filter(({node}) => summary.node === '*' || summary.node === node)
        .flatMap(({key}) => this.#verdicts.get(key) ?? [])
      const answers = verdicts.map(({protocol, class: kind, coexist, sentences}) => ({
        protocol,
        class: kind,
        coexist,
        answer: sentences.join(' '),
      }))
      const coexist = verdicts.length === 0 ? null : verdicts.every((verdict) => verdict.coexist)
      await this.#write(jsonLine({...summaryObject(summary, {timeNs, top: []}), coexist, answers}))
    }
  }

  get #isJson(): boolean {
    return this.#options.request.run.view.form === 'json'
  }

  #write(text: string): Promise<void> {
    return this.#options.stage.sink.write(text)
  }
}
