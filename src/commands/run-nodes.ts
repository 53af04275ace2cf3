import {reportFailure} from '../base-command.ts'
import type {ClusterKnowledge} from '../diagnosis/observation.ts'
import {type Names, noNames} from '../events/names.ts'
import {RunState} from '../events/run-state.ts'
import type {FlowSource} from '../session/source.ts'
import type {CaptureRequest} from './capture-request.ts'
import type {CaptureOptions, OpenCapture} from './capture-source.ts'
import {observeLocal, planRun} from './flow-source.ts'
import {Interruption} from './interruption.ts'
import {Notices} from './notices.ts'
import type {ObserveRequest} from './observe-request.ts'
import {localPlace, type Place} from './places.ts'
import {watchReader} from './reader-watch.ts'
import {type RunClock, type RunOutcome, showRun} from './show-run.ts'
import {Sink} from './sink.ts'
import type {View} from './view.ts'

/** What a verb shows its run with. */
export interface Stage {
  readonly run: RunState
  readonly sink: Sink
  readonly notices: Notices
  readonly interruption: Interruption
  /** What the cluster says of a node; absent without one. */
  readonly knowledge?: ClusterKnowledge
  /** More than one place is looked at. */
  readonly hasNodes: boolean
  /** Of what is shown; absent: this machine's. */
  readonly clock?: RunClock
}

export interface NodeRun {
  readonly request: ObserveRequest
  readonly version: string
  readonly view: (stage: Stage) => Promise<View>
  /** Of a verb that reads captures. */
  readonly openCapture?: (capture: CaptureRequest, options: CaptureOptions) => Promise<OpenCapture>
}

/** One run over this machine or a cluster's nodes: asks, shows, and returns when they are clean again. */
export async function runNodes(nodeRun: NodeRun): Promise<void> {
  const {request, version} = nodeRun
  const notices = new Notices({...request.view, write: (text) => process.stderr.write(text)})
  if (request.agent.dryRun) return printManifests(request, version)
  using interruption = new Interruption(() =>
    notices.say('', 'Still waiting for the nodes to detach and to say what they removed.'),
  )
  const sink = new Sink(process.stdout, () => interruption.stop())
  using open = new DisposableStack()
  open.use(watchReader(() => interruption.stop()))
  const run = new Run(nodeRun, {notices, interruption, sink})
  report(await run.outcome())
}

/** The failure of the only node is the run's; with others beside it, each is told and the exit status says that something is missing. */
function report({failures, nodes}: RunOutcome): void {
  const [first] = failures
  if (first === undefined) return
  if (nodes === 1) throw first.failure
  const statuses = failures.map(({node, failure}) => reportFailure(failure, {argv: process.argv, place: node}))
  process.exitCode = Math.max(...statuses)
}

interface Scene {
  readonly names: Names
  readonly places: ReadonlyMap<string, Place>
}

type Means = Pick<Stage, 'notices' | 'interruption' | 'sink'>

class Run {
  readonly #run: NodeRun
  readonly #means: Means

  constructor(run: NodeRun, means: Means) {
    this.#run = run
    this.#means = means
  }

  async outcome(): Promise<RunOutcome> {
    const {capture, targets} = this.#run.request
    if (capture !== undefined) return await this.capture(capture)
    return await (targets[0] === 'local' ? this.local() : this.cluster())
  }

  async capture(capture: CaptureRequest): Promise<RunOutcome> {
    const {request, version, openCapture} = this.#run
    if (openCapture === undefined) throw new TypeError('this verb reads no captures')
    const {filter, interfaces, view} = request
    const {signal: stop} = this.#means.interruption
    const options = {filter: filter.kernel, interfaces, version, isQuiet: view.isQuiet, stop}
    await using opened = await openCapture(capture, options)
    return await this.#show(opened.source, opened)
  }

  async local(): Promise<RunOutcome> {
    const {interruption} = this.#means
    return this.#show(observeLocal({...planRun(this.#run.request), stop: interruption.signal}), {
      names: noNames,
      places: new Map([['local', localPlace]]),
    })
  }

  async cluster(): Promise<RunOutcome> {
    const {openCluster} = await import('./cluster-source.ts')
    const {request, version} = this.#run
    await using opened = await openCluster(request, {...this.#means, version})
    return await this.#show(opened.source, opened)
  }

  async #show(
    source: FlowSource,
    {names, places, clock, knowledge}: Pick<Stage, 'clock' | 'knowledge'> & Scene,
  ): Promise<RunOutcome> {
    const {filter, durationMs} = this.#run.request
    const {interruption} = this.#means
    const run = new RunState({names, clauses: filter.names})
    const told = clock === undefined ? {} : {clock}
    const known = knowledge === undefined ? {} : {knowledge}
    const view = await this.#run.view({...this.#means, run, hasNodes: places.size > 1, ...told, ...known})
    const onStart = (): void => {
      if (durationMs !== undefined) interruption.stopAfter(durationMs)
    }
    return showRun(source, {run, view, places, onStart, ...told})
  }
}

async function printManifests(request: ObserveRequest, version: string): Promise<void> {
  const {manifestsOf} = await import('./cluster-source.ts')
  process.stdout.write(await manifestsOf(request, version))
}
