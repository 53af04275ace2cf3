import {isMulticast} from '../diagnosis/address-text.ts'
import {severities, type Severity} from '../diagnosis/finding.ts'
import {readCopies} from '../events/copies.ts'
import {NdpNode, type NdpNews} from '../events/ndp-node.ts'
import {readNeighbourChanges} from '../events/neighbour-change.ts'
import {shortName} from '../events/flow-text.ts'
import type {NodeState} from '../events/node-state.ts'
import {situationLines} from '../events/situation.ts'
import {interfaceLine, startObject} from '../events/summary-json.ts'
import type {Palette} from '../output/colour.ts'
import {jsonLine} from '../output/json.ts'
import type {TimeFormat} from '../output/time.ts'
import {decodeFrame} from '../packet/decode.ts'
import type {RecordKind} from '../protocol/batch.ts'
import type {NodeFacts} from '../protocol/facts.ts'
import type {InterfaceChange} from '../protocol/message.ts'
import {ending, isAsked, told} from './ndp-lines.ts'
import type {NdpRequest} from './ndp-request.ts'
import type {OutputForm} from './observe-request.ts'
import type {Stage} from './run-nodes.ts'
import {nowNs} from './show-run.ts'
import type {View} from './view.ts'

export interface NdpViewOptions {
  readonly stage: Stage
  readonly request: NdpRequest
  readonly palette: Palette
  readonly timeFormat: TimeFormat
  readonly form: OutputForm
}

/** A line for each thing that happens, as it happens. */
export class NdpView implements View {
  readonly #options: NdpViewOptions
  readonly #nodes = new Map<string, NdpNode>()
  readonly #facts = new Map<string, NodeFacts>()

  constructor(options: NdpViewOptions) {
    this.#options = options
  }

  hasFound(severity: Severity): boolean {
    return [...this.#nodes.values()].some((node) => node.hasFound(severity))
  }

  async started(state: NodeState): Promise<void> {
    this.#nodes.set(state.key, new NdpNode(state.node, {hearsAll: false}))
    if (this.#isJson) return this.#write(jsonLine(startObject(state)))
    const hooked = state.hello.interfaces.filter(({hooks}) => hooks.length > 0).length
    this.notice(
      state.key,
      `Listening on ${hooked} of ${state.hello.interfaces.length} interfaces, kernel ${state.hello.kernel}.`,
    )
  }

  async changed(state: NodeState, change: InterfaceChange): Promise<void> {
    if (this.#isJson) return this.#write(jsonLine(interfaceLine(state, change, nowNs())))
    this.notice(state.key, `${change.interface.name}: ${change.change}`)
  }

  async recorded(state: NodeState, kind: RecordKind, records: Uint8Array): Promise<void> {
    const node = this.#nodeOf(state)
    const offsetNs = BigInt(state.hello.clockOffsetNs)
    if (kind === 'neighbours') return this.#tell(state, changesIn(records, {node, state, offsetNs}))
    if (kind !== 'copies') return
    let text = ''
    for (const copy of readCopies(records)) {
      const met = {
        timeNs: copy.monotonicNs + offsetNs,
        interface: state.interfaces.nameOf(copy.interfaceIndex),
        direction: copy.direction,
        packet: decodeFrame(copy.frame),
      }
      for (const news of node.hear(met)) text += this.#told(state, news)
    }
    await this.#write(text)
  }

  async informed(state: NodeState, facts: NodeFacts): Promise<void> {
    if (!this.#facts.has(state.key) && !this.#isJson) {
      const observed = new Set(state.interfaces.all.map(({name}) => name))
      for (const line of situationLines(facts, (name) => observed.has(name))) this.notice(state.key, line)
    }
    this.#facts.set(state.key, facts)
    await this.#tell(state, this.#nodeOf(state).observe({type: 'facts', timeNs: nowNs(), facts}))
  }

  async drained(state: NodeState): Promise<void> {
    state.book.takeChanged()
    await this.#tell(state, this.#nodeOf(state).tick(state.nowNs))
  }

  notice(node: string, text: string): void {
    this.#options.stage.notices.say(node, text)
  }

  ended(): Promise<void> {
    return Promise.resolve()
  }

  async finish(): Promise<void> {
    const {run} = this.#options.stage
    for (const state of run.nodes) await this.#tell(state, this.#nodeOf(state).rest())
    const timeNs = nowNs()
    const findings = this.#counts()
    const {palette, form} = this.#options
    for (const {summary} of run.summaries(0))
      await this.#write(ending(summary, form, {palette, timeNs, findings: findings(summary.node)}))
  }

  get #isJson(): boolean {
    return this.#options.form === 'json'
  }

  #nodeOf(state: NodeState): NdpNode {
    const node = this.#nodes.get(state.key) ?? new NdpNode(state.node, {hearsAll: false})
    this.#nodes.set(state.key, node)
    return node
  }

  async #tell(state: NodeState, all: Iterable<NdpNews>): Promise<void> {
    let text = ''
    for (const news of all) text += this.#told(state, news)
    await this.#write(text)
  }

  #told(state: NodeState, news: NdpNews): string {
    const {request, stage, palette, timeFormat, form} = this.#options
    if (!isAsked(news, request)) return ''
    return told(news, form, {
      nodeName: state.node,
      palette,
      timeFormat,
      startNs: state.startNs,
      isWide: form === 'wide',
      node: stage.hasNodes ? state.node : undefined,
      facts: this.#facts.get(state.key),
      labelOf: (address) => shortName(stage.run.names.lookup(address)),
    })
  }

  #write(text: string): Promise<void> {
    return this.#options.stage.sink.write(text)
  }

  /** By the name that a summary carries; `*` is all of them. */
  #counts(): (node: string) => Readonly<Record<Severity, number>> {
    const states = this.#options.stage.run.nodes
    return (name) => {
      const counts = {info: 0, warning: 0, error: 0, critical: 0}
      for (const state of states) {
        if (name !== '*' && state.node !== name) continue
        for (const severity of severities) counts[severity] += this.#nodeOf(state).counts[severity]
      }
      return counts
    }
  }
}

interface ChangeContext {
  readonly node: NdpNode
  readonly state: NodeState
  readonly offsetNs: bigint
}

/** Groups have entries too, which nobody ever asks for. */
function* changesIn(records: Uint8Array, {node, state, offsetNs}: ChangeContext): Generator<NdpNews> {
  for (const {monotonicNs, change} of readNeighbourChanges(records, (index) => state.interfaces.get(index)?.name))
    if (!isMulticast(change.ip)) yield* node.learn({timeNs: monotonicNs + offsetNs, change})
}
