import {acceptsOf} from '../binding/words.ts'
import {ClientBook, type ClientListener, heaviest, type NamedTally, tallyKey, typeOf} from '../events/client-book.ts'
import {clientObject, connectionObject, kindsObject, workloadObject} from '../events/client-json.ts'
import {countedOnce, sharedKernelText} from '../events/shared-kernels.ts'
import {clientSummaryObject} from '../events/client-summary.ts'
import {clientSummaryText, connectionText, listenerBlock} from '../events/client-text.ts'
import {workloadRows} from '../events/client-workloads.ts'
import {type ConnectionChange, readChanges} from '../events/connection-change.ts'
import type {NodeState} from '../events/node-state.ts'
import {startObject, summaryObject} from '../events/summary-json.ts'
import {isOf, type Summary} from '../events/summary.ts'
import {placeOf, removedText} from '../events/summary-text.ts'
import {jsonLine, type JsonValue} from '../output/json.ts'
import {formatTime, rfc3339} from '../output/time.ts'
import type {RecordKind} from '../protocol/batch.ts'
import type {ListeningNamespace} from '../protocol/binding.ts'
import {type ClientReport, readClientReport} from '../protocol/clients.ts'
import {type LineOrigin, listenerObject} from './bindcheck-lines.ts'
import type {ClientsRequest} from './clients-request.ts'
import {ContainerNames} from './container-names.ts'
import {LineView, type ViewOptions} from './line-view.ts'
import {outputWidth} from './output-width.ts'
import {nowNs} from './show-run.ts'

/** Pairs told at each refresh, heaviest first: where nobody has a name, each address is one. */
const mostWorkloads = 200

/** Clients by listening socket, as they come, and connections where they were asked for. */
export class ClientsView extends LineView<ClientsRequest> {
  readonly #books = new Map<string, ClientBook>()
  readonly #containers: ContainerNames
  /** Of each node, as last told. */
  readonly #listening = new Map<string, readonly ListeningNamespace[]>()

  constructor(options: ViewOptions<ClientsRequest>) {
    super(options)
    const {request, stage} = options
    this.#containers = new ContainerNames(request.run.cluster, stage.interruption.signal)
  }

  async started(state: NodeState): Promise<void> {
    const shared = sharedKernelText(state, this.options.stage.run.nodes)
    if (shared !== undefined) this.notice(state.key, shared)
    if (this.isJson) return this.write(jsonLine(startObject(state)))
    this.notice(state.key, `Counting clients, kernel ${state.hello.kernel}.`)
  }

  async recorded(state: NodeState, kind: RecordKind, records: Uint8Array): Promise<void> {
    if (kind === 'clients') this.#bookOf(state).add(await this.#withNames(state, readClientReport(records)))
    if (kind !== 'connections') return
    await this.write([...readChanges(records)].map((change) => this.#changeLine(change, state)).join(''))
  }

  async drained(state: NodeState): Promise<void> {
    const book = this.#bookOf(state)
    const changed = book.takeChanged()
    if (changed.size === 0) return
    const tallies = book.tallies()
    const grown = (all: readonly NamedTally[]): boolean => all.some((tally) => changed.has(tallyKey(tally)))
    const listeners = book.listeners(tallies).filter(({clients}) => grown(clients))
    const origin = {node: state.node, timeNs: state.nowNs}
    if (!this.isJson) {
      const options = {...this.#textOptions(state, state.nowNs), top: this.options.request.top}
      return this.write(listeners.map((listener) => listenerBlock(listener, options)).join(''))
    }
    const lines = listeners.flatMap((listener) => {
      const {network, socket, clients} = listener
      const held = socket === undefined ? goneObject(listener, origin) : listenerObject(socket, network, origin)
      const top = heaviest(clients, this.options.request.top).filter((tally) => changed.has(tallyKey(tally)))
      return [{...held, clients: kindsObject(listener)}, ...top.map((tally) => clientObject(tally, origin))]
    })
    const pairs = workloadRows(tallies)
      .slice(0, mostWorkloads)
      .filter(({tallies: all}) => grown(all))
    await this.write([...lines, ...pairs.map((row) => workloadObject(row, origin))].map(jsonLine).join(''))
  }

  async finish(): Promise<void> {
    const {run} = this.options.stage
    for (const {summary} of run.summaries(0)) await this.write(this.#summary(summary))
  }

  async #withNames(state: NodeState, report: ClientReport): Promise<ClientReport> {
    const told = report.listeners ?? this.#listening.get(state.key) ?? []
    this.#listening.set(state.key, told)
    const isNews = report.listeners !== undefined
    if (!isNews && !told.some(({sockets}) => this.#containers.mayKnowMore(state, sockets))) return report
    const listeners: ListeningNamespace[] = []
    for (const each of told) listeners.push({...each, sockets: await this.#containers.name(state, each.sockets)})
    return {...report, listeners}
  }

  #changeLine(change: ConnectionChange, state: NodeState): string {
    const {names} = this.options.stage.run
    const ends = {source: names.lookup(change.client.ip), destination: names.lookup(change.listener.ip)}
    const {clauses} = this
    if (!ClientBook.isShown(clauses, ends)) return ''
    const timeNs = change.timeNs + BigInt(state.hello.clockOffsetNs)
    return this.isJson
      ? jsonLine(connectionObject(change, ends, {node: state.node, timeNs}))
      : connectionText(change, ends, this.#textOptions(state, timeNs))
  }

  #summary(summary: Summary): string {
    const {stage, palette} = this.options
    const states = stage.run.nodes.filter((state) => isOf(summary, state))
    const books = countedOnce(states).map((state) => this.#bookOf(state))
    const tallies = books.flatMap((book) => book.tallies())
    const losses = ClientBook.joinLosses(books)
    if (this.isJson) {
      const untold = books.map((book) => Math.max(0, workloadRows(book.tallies()).length - mostWorkloads))
      const workloadsUntold = untold.reduce((sum, each) => sum + each, 0)
      const counted = {...clientSummaryObject(tallies, losses), workloadsUntold}
      return jsonLine({...summaryObject(summary, {timeNs: nowNs(), top: []}), ...counted})
    }
    const title = placeOf(summary)
    const workloads = workloadRows(tallies)
    return `${clientSummaryText({title, seconds: summary.seconds, tallies, workloads, losses, palette, width: outputWidth(Infinity)})}${removedText(summary, palette)}\n`
  }

  #textOptions(state: NodeState, timeNs: bigint) {
    const {stage, palette, request} = this.options
    const time = formatTime(timeNs, request.run.view.timeFormat, state.startNs)
    return {palette, time, width: outputWidth(Infinity), node: stage.hasNodes ? state.node : undefined}
  }

  get clauses() {
    return this.options.request.run.filter.names
  }

  #bookOf({key}: NodeState): ClientBook {
    const book = this.#books.get(key) ?? new ClientBook(this.options.stage.run.names, this.clauses)
    this.#books.set(key, book)
    return book
  }
}

/** Nobody listened any more when it was looked for: what its address and its clients say of it. */
function goneObject(
  {network, protocol, listener, port, clients}: ClientListener,
  origin: LineOrigin,
): Readonly<Record<string, JsonValue>> {
  const isDual = clients.some((tally) => typeOf(tally) === 'v4_mapped_v6')
  const v6only = isDual ? false : null
  const accepts = acceptsOf({address: listener, v6only: !isDual})
  return {kind: 'listener', time: rfc3339(origin.timeNs), node: origin.node, protocol, address: listener, port, v6only, accepts, netns: network} // prettier-ignore
}
