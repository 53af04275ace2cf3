import {findingsOf} from '../binding/findings.ts'
import {judge, type Verdict} from '../binding/verdict.ts'
import {FindingLedger, sumCounts} from '../diagnosis/finding-ledger.ts'
import {findingObject} from '../events/finding-text.ts'
import type {NodeState} from '../events/node-state.ts'
import {isOf} from '../events/summary.ts'
import {type FindingCounts, startObject, summaryObject} from '../events/summary-json.ts'
import {jsonLine, type JsonValue} from '../output/json.ts'
import type {Answer, BindAnswer} from '../protocol/binding.ts'
import {bindObjects, deliveryObject, idObject, listenerObject, trialObject} from './bindcheck-lines.ts'
import type {BindcheckRequest} from './bindcheck-request.ts'
import {answerText, type Told} from './bindcheck-text.ts'
import {ContainerNames} from './container-names.ts'
import {LineView, type ViewOptions} from './line-view.ts'
import {outputWidth} from './output-width.ts'
import {nowNs} from './show-run.ts'

interface Judged {
  readonly verdicts: readonly Verdict[]
  readonly counts: FindingCounts
}

/** Lines longer than this are hard to read, however wide the terminal. */
const widest = 100
const narrowest = 40

/** The answer of each place, when it has come. */
export class BindcheckView extends LineView<BindcheckRequest> {
  readonly #judged = new Map<string, Judged>()
  readonly #containers: ContainerNames

  constructor(options: ViewOptions<BindcheckRequest>) {
    super(options)
    const {request, stage} = options
    this.#containers = new ContainerNames(request.run.cluster, stage.interruption.signal)
  }

  /** Every place that answered can hold what was asked about. */
  get coexist(): boolean {
    return [...this.#judged.values()].flatMap(({verdicts}) => verdicts).every(({coexist}) => coexist)
  }

  async started(state: NodeState): Promise<void> {
    if (this.isJson) await this.write(jsonLine(startObject(state)))
  }

  async answered(state: NodeState, told: Answer): Promise<void> {
    if (told.type !== 'bind') return
    const {protocols = [], addresses = []} = this.options.request.run.bindcheck ?? {}
    const answer = {...told, holders: await this.#containers.name(state, told.holders)}
    const verdicts = protocols.map((protocol) => judge(answer, {protocol, addresses}))
    const origin = {node: state.node, timeNs: nowNs()}
    const findings = findingsOf(answer, verdicts, origin.timeNs)
    const ledger = new FindingLedger()
    for (const each of findings) ledger.add(each)
    this.#judged.set(state.key, {verdicts, counts: ledger.counts()})
    if (!this.isJson) return this.write(this.#text({place: placeText(state, answer), answer, verdicts, findings}))
    const lines = [
      ...answer.holders.map((holder) => listenerObject(holder, answer.netns, origin)),
      ...bindObjects(answer, protocols, origin),
      ...answer.trials.map((trial) => trialObject(trial, answer.port, origin)),
      ...answer.deliveries.map((delivery) => deliveryObject(delivery, origin)),
      ...answer.ids.map((trial) => idObject(trial, origin)),
      ...findings.map((finding) => findingObject({finding, count: 1, isDue: true}, state.node)),
    ]
    await this.write(lines.map(jsonLine).join(''))
  }

  async finish(): Promise<void> {
    if (!this.isJson) return
    const {run} = this.options.stage
    const timeNs = nowNs()
    for (const {summary} of run.summaries(0)) {
      const own = run.nodes.filter((state) => isOf(summary, state)).flatMap(({key}) => this.#judged.get(key) ?? [])
      const findings = sumCounts(own.map(({counts}) => counts))
      const verdicts = own.flatMap((judged) => judged.verdicts)
      const coexist = verdicts.length === 0 ? null : verdicts.every((verdict) => verdict.coexist)
      const answers = verdicts.map(answerObject)
      await this.write(jsonLine({...summaryObject(summary, {timeNs, top: [], findings}), coexist, answers}))
    }
  }

  #text(told: Told): string {
    const {request, palette} = this.options
    return answerText(told, {
      paint: palette,
      width: Math.min(widest, Math.max(narrowest, outputWidth(80))),
      showsMatrix: request.showsMatrix,
    })
  }
}

function placeText({target, node, hello}: NodeState, {netns}: BindAnswer): string {
  const where = target === 'local' ? 'this machine' : target.startsWith('node/') ? target : `${target} on ${node}`
  return `${where}, kernel ${hello.kernel}, network namespace ${netns}`
}

const answerObject = ({protocol, class: kind, coexist, sentences}: Verdict): JsonValue => ({
  protocol,
  class: kind,
  coexist,
  answer: sentences.join(' '),
})
