import {isMulticast} from '../address/scope.ts'
import type {Severity} from '../diagnosis/finding.ts'
import {sumCounts} from '../diagnosis/finding-ledger.ts'
import {readCopies} from '../events/copies.ts'
import {readEvidence} from '../events/evidence.ts'
import {NdpNode, type NdpNews} from '../events/ndp-node.ts'
import {identityOf, type Passage, Passages} from '../events/ndp-passage.ts'
import {readNeighbourChanges} from '../events/neighbour-change.ts'
import {NodeNames} from '../events/node-names.ts'
import type {NodeState} from '../events/node-state.ts'
import {isOf, type Summary} from '../events/summary.ts'
import {situationLines, situationObject} from '../events/situation.ts'
import {interfaceLine, startObject} from '../events/summary-json.ts'
import {jsonLine} from '../output/json.ts'
import {decodeFrame} from '../packet/decode.ts'
import type {RecordKind} from '../protocol/batch.ts'
import type {NodeFacts} from '../protocol/facts.ts'
import type {InterfaceChange} from '../protocol/message.ts'
import {hookedText} from './interface-news.ts'
import {LineView} from './line-view.ts'
import {ending, isAsked, told} from './ndp-lines.ts'
import type {NdpRequest} from './ndp-request.ts'
import {nowNs} from './show-run.ts'

/** A line for each thing that happens, as it happens. */
export class NdpView extends LineView<NdpRequest> {
  readonly #nodes = new Map<string, NdpNode>()
  readonly #names = new Map<string, NodeNames>()
  readonly #facts = new Map<string, NodeFacts>()
  /** Their `start` line waits for the facts, which come with it. */
  readonly #starting = new Set<NodeState>()

  hasFound(severity: Severity): boolean {
    return [...this.#nodes.values()].some((node) => node.hasFound(severity))
  }

  started(state: NodeState): Promise<void> {
    if (this.isJson) {
      this.#starting.add(state)
      return Promise.resolve()
    }
    this.notice(state.key, `Listening on ${hookedText(state.hello)}, kernel ${state.hello.kernel}.`)
    return Promise.resolve()
  }

  async changed(state: NodeState, change: InterfaceChange): Promise<void> {
    await this.#start(state)
    if (this.isJson) return this.write(jsonLine(interfaceLine(state, change, nowNs())))
    this.notice(state.key, `${change.interface.name}: ${change.change}`)
  }

  async recorded(state: NodeState, kind: RecordKind, records: Uint8Array): Promise<void> {
    const node = this.#nodeOf(state)
    const offsetNs = BigInt(state.hello.clockOffsetNs)
    if (kind === 'neighbours') return this.#tell(state, changesIn(records, {node, state, offsetNs}))
    if (kind !== 'copies') return this.#tell(state, node.observe(readEvidence(kind, records, offsetNs)))
    const passages = new Passages({isJoined: !this.isJson})
    for (const {monotonicNs, interfaceIndex, direction, frame} of readCopies(records)) {
      const packet = decodeFrame(frame)
      const met = {
        timeNs: monotonicNs + offsetNs,
        interface: state.interfaces.nameOf(interfaceIndex),
        direction,
        packet,
      }
      this.#namesOf(state).hear(met)
      for (const news of node.hear(met)) passages.add(news, identityOf(frame, packet))
    }
    await this.#show(state, passages)
  }

  async informed(state: NodeState, facts: NodeFacts): Promise<void> {
    const isFirst = !this.#facts.has(state.key)
    this.#facts.set(state.key, facts)
    this.#namesOf(state).learn(facts)
    if (isFirst && !this.isJson)
      for (const line of situationLines(facts, isObserved(state))) this.notice(state.key, line)
    await this.#tell(state, this.#nodeOf(state).observe([{type: 'facts', timeNs: nowNs(), facts}]))
  }

  async drained(state: NodeState): Promise<void> {
    state.book.takeChanged()
    await this.#tell(state, this.#nodeOf(state).drained(state))
  }

  async finish(): Promise<void> {
    const {run} = this.options.stage
    for (const state of run.nodes) await this.#tell(state, this.#nodeOf(state).rest(state.nowNs))
    const timeNs = nowNs()
    const {palette, request} = this.options
    const {form = 'text'} = request.run.view
    for (const {summary} of run.summaries(0))
      await this.write(ending(summary, form, {palette, timeNs, findings: this.#countsOf(summary)}))
  }

  #nodeOf(state: NodeState): NdpNode {
    const {request, stage} = this.options
    const {icmpTypes: types, expected} = request
    const node =
      this.#nodes.get(state.key) ??
      new NdpNode(state.node, {hearsAll: false, types, expected, knowledge: stage.knowledge})
    this.#nodes.set(state.key, node)
    return node
  }

  #namesOf({key}: NodeState): NodeNames {
    const names = this.#names.get(key) ?? new NodeNames(this.options.stage.run.names)
    this.#names.set(key, names)
    return names
  }

  async #start(state: NodeState): Promise<void> {
    if (!this.#starting.delete(state)) return
    const facts = this.#facts.get(state.key)
    const situation = facts === undefined ? undefined : situationObject(facts, isObserved(state))
    await this.write(jsonLine(startObject(state, situation)))
  }

  async #tell(state: NodeState, all: Iterable<NdpNews>): Promise<void> {
    const passages = new Passages({isJoined: !this.isJson})
    for (const news of all) passages.add(news)
    await this.#show(state, passages)
  }

  async #show(state: NodeState, {all}: Passages): Promise<void> {
    await this.#start(state)
    await this.write(all.map((passage) => this.#told(state, passage)).join(''))
  }

  #told(state: NodeState, {news, later}: Passage): string {
    const {request, stage, palette} = this.options
    const {form = 'text', timeFormat} = request.run.view
    if (!isAsked(news, request)) return ''
    return told(news, form, {
      later,
      nodeName: state.node,
      palette,
      timeFormat,
      startNs: state.startNs,
      isWide: form === 'wide',
      node: stage.hasNodes ? state.node : undefined,
      facts: this.#facts.get(state.key),
      labelOf: this.#namesOf(state).labelOf,
    })
  }

  #countsOf(summary: Summary): Readonly<Record<Severity, number>> {
    const states = this.options.stage.run.nodes.filter((state) => isOf(summary, state))
    return sumCounts(states.map((state) => this.#nodeOf(state).counts))
  }
}

function isObserved({interfaces}: NodeState): (name: string) => boolean {
  const observed = new Set(interfaces.all.map(({name}) => name))
  return (name) => observed.has(name)
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
