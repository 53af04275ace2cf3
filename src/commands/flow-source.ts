import type {ClusterConnection} from '../cluster/connection.ts'
import type {LaunchStep} from '../cluster/launch.ts'
import type {LaunchedAgent} from '../cluster/launched-agent.ts'
import type {LaunchOptions, NodeTarget} from '../cluster/manifest.ts'
import {PodGuard} from '../cluster/pod-guard.ts'
import {shortDuration} from '../output/quantity.ts'
import type {Stopped} from '../protocol/message.ts'
import type {AgentSettings} from '../protocol/settings.ts'
import {createIdentity, type Identity} from '../session/identity.ts'
import {LocalAgent} from '../session/local-agent.ts'
import {merge} from '../session/merge.ts'
import type {End, FlowSource, SourceEvent} from '../session/source.ts'
import {cleanupArguments} from './cleanup-arguments.ts'
import {ClsactWatch} from './clsact-watch.ts'
import type {ObserveRequest} from './observe-request.ts'

/** Either side that has heard nothing for so long gives up: with the agent's own end, a node is clean within 15 s. */
const silenceMs = 10_000
const startLagMs = 5000
/** What is left is gone within 15 s, a pod's start included. */
const sweepMs = 12_000

export interface SourceOptions {
  readonly identity: Identity
  readonly settings: AgentSettings
  /** Aborted to end in order. */
  readonly stop: AbortSignal
}

export interface ClusterOptions extends SourceOptions {
  readonly connection: ClusterConnection
  readonly launch: LaunchOptions
  readonly guard: PodGuard
  readonly progress: (node: string, step: LaunchStep) => void
}

/** What every agent of the run is told. */
export function planRun(request: ObserveRequest): {readonly identity: Identity; readonly settings: AgentSettings} {
  const identity = createIdentity()
  const {hook, interfaces, flows, intervalMs, maxDurationMs, filter, feeds, bindcheck, listeners, sweep, clients} =
    request
  const {run, publicKey} = identity
  const settings = {run, publicKey, port: 0, hook, interfaces, flows, intervalMs, silenceMs, maxDurationMs}
  return {
    identity,
    settings: {
      ...settings,
      filter: filter.kernel,
      feeds,
      ...(bindcheck && {bindcheck}),
      ...(listeners && {listeners}),
      ...(sweep && {sweep}),
      ...(clients && {clients}),
    },
  }
}

/** The agent on this machine. Its failure to start is thrown: there is nothing else to show. */
export async function* observeLocal(options: SourceOptions): FlowSource {
  using guard = new PodGuard({})
  const clsact = new ClsactWatch('local', () => guard.guardFilters(['local']))
  let end: End = {}
  for await (const event of lookLocally(options)) {
    if (event.type === 'end') end = event.end
    else yield clsact.see(event)
  }
  yield* clsact.after(end, () => sweepLocal(options.settings))
  yield {type: 'end', node: 'local', end}
}

/** Returns when the agent's process is gone. */
async function* lookLocally({identity, settings, stop}: SourceOptions): AsyncGenerator<SourceEvent, void> {
  const starting = LocalAgent.start(settings)
  // While the agent starts, on another processor: its WebSocket is a tenth of what there is to load.
  const loading = import('../session/watch-agent.ts')
  await using agent = await starting
  const {watchAgent} = await loading
  yield* toTheEnd(watchAgent(agent, {identity, silenceMs, stop}), {node: 'local', settings, stop})
  const trouble = await agent.close()
  if (trouble !== undefined) yield {type: 'notice', node: 'local', text: trouble}
}

/** Removes what killed runs left on clsact, and tells what that was. */
async function* sweepLocal(planned: AgentSettings): AsyncGenerator<SourceEvent, void> {
  const {identity, settings} = sweepPlan(planned)
  const {watchAgent} = await import('../session/watch-agent.ts')
  await using agent = await LocalAgent.start(settings)
  yield* watchAgent(agent, {identity, silenceMs, stop: AbortSignal.timeout(sweepMs)})
}

async function* sweepNode(
  target: NodeTarget,
  options: Omit<ClusterOptions, 'identity' | 'stop'>,
): AsyncGenerator<SourceEvent, void> {
  const {identity, settings} = sweepPlan(options.settings)
  const stop = AbortSignal.timeout(sweepMs)
  const {watchAgent} = await import('../session/watch-agent.ts')
  const agent = await launch(target, {...options, identity, settings, stop})
  try {
    yield* watchAgent(agent, {identity, silenceMs, stop})
  } finally {
    await agent.remove({hasStopped: true})
  }
}

/** As another run, whose key the first agent never had. */
function sweepPlan(settings: AgentSettings): {readonly identity: Identity; readonly settings: AgentSettings} {
  const identity = createIdentity()
  const {run, publicKey} = identity
  return {identity, settings: {...settings, run, publicKey, sweep: true, maxDurationMs: 2 * sweepMs}}
}

/** One agent a target, side by side; the failure of one is told in its `end` and leaves the others alone. */
export const observeCluster = (targets: readonly NodeTarget[], options: ClusterOptions): FlowSource =>
  merge(targets.map((target) => observeTarget(target, options)))

async function* observeTarget(target: NodeTarget, options: ClusterOptions): AsyncGenerator<SourceEvent, void> {
  const {identity, settings, stop, guard} = options
  const {watchAgent} = await import('../session/watch-agent.ts')
  let agent: LaunchedAgent | undefined
  try {
    agent = await launch(target, options)
  } catch (failure) {
    yield {type: 'end', node: target.node, end: stop.aborted ? {} : {failure: asError(failure)}}
    return
  }
  const clsact = new ClsactWatch(target.node, () => guard.guardFilters(cleanupArguments(target, options.launch)))
  let told = false
  try {
    const limits = {node: target.node, settings, stop}
    for await (const event of toTheEnd(watchAgent(agent, {identity, silenceMs, stop}), limits)) {
      if (event.type !== 'end') {
        yield clsact.see(event)
        continue
      }
      told = true
      const end = await withoutPod(agent, event.end)
      if (end.pod !== undefined) yield* clsact.after(end, () => sweepNode(target, options))
      yield {...event, end}
    }
  } finally {
    // Without an end the reader left; with one, a pod that stays has been told and leaves the other nodes alone.
    if (!told) await agent.remove()
  }
}

async function launch(target: NodeTarget, options: ClusterOptions): Promise<LaunchedAgent> {
  // The Kubernetes client is heavy: a run on this machine never loads it.
  const {launchAgent} = await import('../cluster/launch.ts')
  const {connection, settings, launch: launchOptions, guard, progress, stop} = options
  return launchAgent(connection, {
    target,
    settings,
    options: launchOptions,
    signal: stop,
    guard,
    progress: (step) => progress(target.node, step),
  })
}

/** An agent whose time is up ends as one that was asked to: what nobody here asked for is told. */
export async function* toTheEnd(
  events: AsyncGenerator<SourceEvent, Stopped>,
  {node, settings, stop}: Omit<SourceOptions, 'identity'> & {readonly node: string},
): AsyncGenerator<SourceEvent, void> {
  const startedMs = performance.now()
  let end: End
  try {
    end = {stopped: yield* events}
    // Its clock began a moment before ours.
    if (!stop.aborted && performance.now() - startedMs > settings.maxDurationMs - startLagMs)
      yield {type: 'notice', node, text: `Ended by --max-duration ${shortDuration(settings.maxDurationMs)}.`}
  } catch (failure) {
    end = {failure: asError(failure)}
  }
  yield {type: 'end', node, end}
}

/** The run's last word on a node comes after its pod is gone. */
async function withoutPod(agent: LaunchedAgent, end: End): Promise<End> {
  try {
    await agent.remove({hasStopped: end.stopped !== undefined})
    return {...end, pod: agent.pod}
  } catch (failure) {
    return {failure: asError(failure), ...end}
  }
}

const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)))
