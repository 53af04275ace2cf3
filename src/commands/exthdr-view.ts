import type {Severity} from '../diagnosis/finding.ts'
import {sumCounts} from '../diagnosis/finding-ledger.ts'
import {readChains} from '../events/chains.ts'
import {readCopies} from '../events/copies.ts'
import {ExtensionNode, type ExtensionNews} from '../events/extension-node.ts'
import {countedOf, extensionFields, extensionSummary, extensionText} from '../events/extension-summary.ts'
import {packetChain} from '../events/extension-text.ts'
import {shortName} from '../events/flow-text.ts'
import {matchesNames} from '../events/name-filter.ts'
import type {NodeState} from '../events/node-state.ts'
import {interfaceLine, startObject, summaryObject} from '../events/summary-json.ts'
import {isOf, type Summary} from '../events/summary.ts'
import {summaryText} from '../events/summary-text.ts'
import {jsonLine} from '../output/json.ts'
import {decodeFrame} from '../packet/decode.ts'
import type {Packet} from '../packet/packet.ts'
import type {RecordKind} from '../protocol/batch.ts'
import type {NodeFacts} from '../protocol/facts.ts'
import type {InterfaceChange} from '../protocol/message.ts'
import {jsonOf, textOf} from './exthdr-lines.ts'
import type {ExthdrRequest} from './exthdr-request.ts'
import {hookedText} from './interface-news.ts'
import {LineView} from './line-view.ts'
import {nowNs} from './show-run.ts'

/** New chains and findings as they come, a packet of each chain and source a refresh, and exact tables at the end. */
export class ExthdrView extends LineView<ExthdrRequest> {
  readonly #nodes = new Map<string, ExtensionNode>()
  /** Node, chain and source of the packets shown since the last refresh. */
  readonly #shown = new Set<string>()

  hasFound(severity: Severity): boolean {
    return [...this.#nodes.values()].some((node) => node.hasFound(severity))
  }

  async started(state: NodeState): Promise<void> {
    if (this.isJson) return this.write(jsonLine(startObject(state)))
    this.notice(state.key, `Listening on ${hookedText(state.hello)}, kernel ${state.hello.kernel}.`)
    if (this.#clauses.length > 0)
      this.notice(
        state.key,
        'Counts by chain are of all packets: filters on names choose packets, sources and findings.',
      )
  }

  async changed(state: NodeState, change: InterfaceChange): Promise<void> {
    if (this.isJson) return this.write(jsonLine(interfaceLine(state, change, nowNs())))
    this.notice(state.key, `${change.interface.name}: ${change.change}`)
  }

  async recorded(state: NodeState, kind: RecordKind, records: Uint8Array): Promise<void> {
    if (kind === 'chains') return this.#tell(state, this.#nodeOf(state).learn(readChains(records), nowNs()))
    if (kind !== 'copies') return
    const offsetNs = BigInt(state.hello.clockOffsetNs)
    for (const {monotonicNs, interfaceIndex, direction, frame} of readCopies(records)) {
      const packet = decodeFrame(frame)
      if (!this.#isNamed(packet)) continue
      const timeNs = monotonicNs + offsetNs
      const met = {timeNs, interface: state.interfaces.nameOf(interfaceIndex), direction, packet}
      await this.#tell(state, this.#nodeOf(state).hear(met))
    }
  }

  async informed(state: NodeState, facts: NodeFacts): Promise<void> {
    await this.#tell(state, this.#nodeOf(state).observe({type: 'facts', timeNs: nowNs(), facts}))
  }

  async drained(state: NodeState): Promise<void> {
    state.book.takeChanged()
    this.options.stage.run.ledgerOf(state).forget(state)
    this.#shown.clear()
    await this.#tell(state, this.#nodeOf(state).tick(state.nowNs))
  }

  async finish(): Promise<void> {
    const {run} = this.options.stage
    for (const state of run.nodes) await this.#tell(state, this.#nodeOf(state).rest(state.nowNs))
    for (const {summary} of run.summaries(0)) await this.write(this.#ending(summary))
  }

  #ending(summary: Summary): string {
    const {stage, request, palette} = this.options
    const all = stage.run.nodes
      .filter((state) => isOf(summary, state))
      .map((state) => ({node: this.#nodeOf(state), ...countedOf(state.totals)}))
    const met = extensionSummary(all, request.run.view.top)
    const findings = sumCounts(all.map(({node}) => node.counts))
    if (this.isJson)
      return jsonLine({...summaryObject(summary, {timeNs: nowNs(), top: [], findings}), ...extensionFields(met)})
    return extensionText(met, palette, this.#labelOf) + summaryText(summary, {top: [], palette, findings})
  }

  get #clauses() {
    return this.options.request.run.filter.names
  }

  #isNamed({ip}: Packet): boolean {
    if (this.#clauses.length === 0) return true
    const {names} = this.options.stage.run
    const [source, destination] = [ip?.source, ip?.destination].map((each) => names.lookup(each ?? ''))
    return matchesNames(this.#clauses, {source, destination})
  }

  #nodeOf(state: NodeState): ExtensionNode {
    const node = this.#nodes.get(state.key) ?? new ExtensionNode(state.node, {hearsAll: false})
    this.#nodes.set(state.key, node)
    return node
  }

  async #tell(state: NodeState, all: Iterable<ExtensionNews>): Promise<void> {
    let text = ''
    for (const news of all) text += this.#told(state, news)
    await this.write(text)
  }

  #told(state: NodeState, news: ExtensionNews): string {
    const {request, stage, palette} = this.options
    if (request.isFindingsOnly && news.type !== 'finding') return ''
    if (this.isJson) return jsonOf(news, state.node)
    if (news.type === 'packet' && this.#isShownAlready(state, news.heard.packet)) return ''
    return textOf(news, {
      palette,
      timeFormat: request.run.view.timeFormat,
      startNs: state.startNs,
      isWide: request.run.view.form === 'wide',
      node: stage.hasNodes ? state.node : undefined,
      labelOf: this.#labelOf,
    })
  }

  #isShownAlready(state: NodeState, packet: Packet): boolean {
    const key = `${state.key} ${packet.ip?.source ?? ''} ${packetChain(packet)}`
    if (this.#shown.has(key)) return true
    this.#shown.add(key)
    return false
  }

  readonly #labelOf = (ip: string): string | undefined => shortName(this.options.stage.run.names.lookup(ip))
}
