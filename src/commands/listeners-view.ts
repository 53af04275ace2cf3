import {listenerFindings} from '../binding/listener-findings.ts'
import type {ServedPod} from '../binding/served.ts'
import type {NamedContainer} from '../cluster/pod-containers.ts'
import {FindingLedger} from '../diagnosis/finding-ledger.ts'
import type {Finding, Severity} from '../diagnosis/finding.ts'
import {findingObject} from '../events/finding-text.ts'
import type {NodeState} from '../events/node-state.ts'
import {startObject, summaryObject} from '../events/summary-json.ts'
import {escapeText} from '../output/escape.ts'
import {jsonLine} from '../output/json.ts'
import type {Answer, ListeningNamespace} from '../protocol/binding.ts'
import {listenerObject} from './bindcheck-lines.ts'
import {foldedFinding, foldedLine} from './bindcheck-text.ts'
import {type Containers, withName} from './container-names.ts'
import {LineView} from './line-view.ts'
import type {ListenersRequest} from './listeners-request.ts'
import {servedPods} from './listeners-served.ts'
import {listenersTable, usesObject} from './listeners-text.ts'
import {outputWidth} from './output-width.ts'
import {nowNs} from './show-run.ts'

/** What the cluster knows of a node. */
interface Known {
  readonly containers: Containers
  readonly pods: readonly ServedPod[]
}

interface Shown {
  readonly state: NodeState
  readonly where: string
  readonly pods: readonly ServedPod[]
  readonly found: readonly Finding[]
}

/** Who waits for clients, by network namespace. */
export class ListenersView extends LineView<ListenersRequest> {
  readonly #ledger = new FindingLedger()

  hasFound(severity: Severity): boolean {
    return this.#ledger.isAtLeast(severity)
  }

  async started(state: NodeState): Promise<void> {
    if (this.isJson) await this.write(jsonLine(startObject(state)))
  }

  async answered(state: NodeState, answer: Answer): Promise<void> {
    if (answer.type !== 'listeners') return
    for (const text of answer.warnings) this.notice(state.key, text)
    const {containers, pods: known} = await this.#known(state)
    for (const namespace of answer.namespaces) {
      const pod = podOf(namespace, containers)
      if (!this.#isShown(state, namespace, pod)) continue
      const where = namespace.isOwn ? state.target : pod === undefined ? `network namespace ${namespace.netns}` : `pod/${pod.namespace}/${pod.pod}` // prettier-ignore
      const pods = known.filter((each) => each.containers.some((id) => namespace.containers.includes(id)))
      const named = {...namespace, sockets: namespace.sockets.map((each) => withName(each, containers))}
      const found = listenerFindings(named, {where, pods, timeNs: nowNs()})
      for (const each of found) this.#ledger.add(each)
      await this.#show(named, {state, where, pods, found})
    }
  }

  async finish(): Promise<void> {
    if (!this.isJson) return
    const timeNs = nowNs()
    for (const {summary} of this.options.stage.run.summaries(0))
      await this.write(jsonLine(summaryObject(summary, {timeNs, top: [], findings: this.#ledger.counts()})))
  }

  /** Without its pod's name, a namespace of a cluster's node may be another node's: the tests' nodes share one kernel. */
  #isShown({target}: NodeState, {isOwn}: ListeningNamespace, pod: NamedContainer | undefined): boolean {
    return isOwn || pod !== undefined || this.options.request.showsAll || target === 'local'
  }

  async #show(namespace: ListeningNamespace, {state, where, pods, found}: Shown): Promise<void> {
    const folded = found.map((finding) => ({finding, count: 1, isDue: true}))
    if (this.isJson) {
      const origin = {node: state.node, timeNs: nowNs()}
      const lines = namespace.sockets.map((socket) => ({...listenerObject(socket, namespace.netns, origin), ...(state.target !== 'local' && usesObject(socket, pods))})) // prettier-ignore
      const findings = folded.map((each) => findingObject(each, state.node))
      return this.write([...lines, ...findings].map(jsonLine).join(''))
    }
    const {palette} = this.options
    const title = palette.strong(escapeText(where))
    const setting = `bindv6only=${namespace.settings['ipv6.bindv6only'] ?? 'absent'}`
    const place = `network namespace ${namespace.netns}`
    const note = palette.quiet(where === place ? setting : `${place}, ${setting}`)
    // A pipe has lines of any length, for grep.
    const width = outputWidth(Infinity)
    const table = listenersTable(namespace.sockets, pods, {
      width,
      isWide: this.options.request.run.view.form === 'wide',
    })
    const head = foldedLine(`${title}  ${note}`, width).join('\n')
    const findings = found.flatMap((each) => foldedFinding(each, {paint: palette, width})).map((line) => `${line}\n`)
    await this.write(`${head}\n${table}${findings.join('')}\n`)
  }

  async #known({key, node, target}: NodeState): Promise<Known> {
    if (target === 'local') return {containers: new Map(), pods: []}
    // The Kubernetes client is heavy: a look at this machine never loads it.
    const [{readServing}, {containersIn}] = await Promise.all([import('../cluster/served-pods.ts'), import('../cluster/pod-containers.ts')]) // prettier-ignore
    const serving = await readServing(node, this.options.request.run.cluster, this.options.stage.interruption.signal)
    for (const text of serving.refusals) this.notice(key, text)
    return {containers: containersIn(serving.pods), pods: servedPods(serving)}
  }
}

/** Of the first container that the cluster knows. */
const podOf = ({containers}: ListeningNamespace, known: Containers): NamedContainer | undefined =>
  containers.map((id) => known.get(id)).find((each) => each !== undefined)
