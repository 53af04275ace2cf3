import {connect} from '../cluster/connection.ts'
import type {ClusterConnection} from '../cluster/connection.ts'
import {clusterFacts, readServicePrefixes} from '../cluster/facts.ts'
import {type LaunchStep, orderPod} from '../cluster/launch.ts'
import type {LaunchOptions, NodeTarget, Toleration} from '../cluster/manifest.ts'
import {manifestText} from '../cluster/manifest-text.ts'
import {followNames} from '../cluster/names.ts'
import {checkPermissions} from '../cluster/permissions.ts'
import {PodGuard} from '../cluster/pod-guard.ts'
import {resolveTargets} from '../cluster/targets.ts'
import type {ClusterKnowledge} from '../diagnosis/observation.ts'
import {badUsage} from '../errors.ts'
import type {Names} from '../events/names.ts'
import {merge} from '../session/merge.ts'
import type {FlowSource} from '../session/source.ts'
import {filterNames} from './filter-names.ts'
import {observeCluster, planRun} from './flow-source.ts'
import type {Interruption} from './interruption.ts'
import type {Notices} from './notices.ts'
import {namedEvents, type Place, placeName, placeOf} from './places.ts'
import type {AgentRequest, ObserveRequest} from './observe-request.ts'

export interface OpenedCluster extends AsyncDisposable {
  readonly source: FlowSource
  readonly names: Names
  readonly knowledge: ClusterKnowledge
  /** By the name that their events carry. */
  readonly places: ReadonlyMap<string, Place>
}

interface OpenContext {
  readonly version: string
  readonly notices: Notices
  readonly interruption: Interruption
}

/** Finds the targets, and gives the stream of what agents there tell once it is read. */
export async function openCluster(request: ObserveRequest, context: OpenContext): Promise<OpenedCluster> {
  const {notices, interruption, version} = context
  const connection = connect(request.cluster)
  const [targets] = await Promise.all([
    targetsOf(connection, request, context),
    checkPermissions(connection, request.agent.namespace, interruption.signal),
  ])
  const naming = new AbortController()
  const following = {signal: naming.signal, warn: (text: string) => notices.say('', text)}
  const names = followNames(connection, following)
  const servicePrefixes = request.feeds.facts ? startReading(readServicePrefixes(connection, following)) : () => []
  try {
    await filterNames(names, {clauses: request.filter.names, stop: interruption.signal, notices})
  } catch (cause) {
    naming.abort()
    throw cause
  }
  const guard = new PodGuard(request.cluster)
  const options = {
    ...planRun(request),
    stop: interruption.signal,
    connection,
    launch: launchOptions(request.agent, version),
    guard,
  }
  const each = targets.map((target) => {
    const name = placeName(target)
    const progress = (_: string, step: LaunchStep): void => notices.step(name, stepWords[step])
    return namedEvents(observeCluster([target], {...options, progress}), name)
  })
  const places = new Map(targets.map((target) => [placeName(target), placeOf(target)]))
  return {
    source: settling(merge(each), notices),
    names: names.table,
    knowledge: (node) => clusterFacts(names.table, {node, servicePrefixes}),
    places,
    [Symbol.asyncDispose]: () => {
      naming.abort()
      notices.settle()
      guard[Symbol.dispose]()
      return Promise.resolve()
    },
  }
}

/** Nothing yet, until it has come. */
function startReading(reading: Promise<readonly string[]>): () => readonly string[] {
  let known: readonly string[] = []
  void reading.then((all) => (known = all))
  return () => known
}

const stepWords: Readonly<Record<LaunchStep, string>> = {
  created: 'pod created, waiting for its node …',
  accepted: 'on its node, starting …',
  pulling: 'pulling the image …',
  started: 'started, connecting …',
  connected: 'connected, attaching …',
}

async function* settling(source: FlowSource, notices: Notices): FlowSource {
  for await (const event of source) {
    if (event.type === 'start') notices.settle()
    yield event
  }
}

/** What --dry-run prints: the pods that would be created, as `kubectl apply -f -` takes them. */
export async function manifestsOf(request: ObserveRequest, version: string): Promise<string> {
  if (request.targets.includes('local'))
    throw badUsage('The target local creates nothing in a cluster', 'Leave --dry-run out.')
  const connection = connect(request.cluster)
  const signal = AbortSignal.timeout(30_000)
  const targets = await resolveTargets(connection, {...request, signal})
  const {settings} = planRun(request)
  const options = launchOptions(request.agent, version)
  const manifests = targets.map((target) => orderPod({target, settings, options, signal}).manifest)
  return manifestText(manifests, request.view.form === 'json' ? 'json' : 'yaml')
}

function targetsOf(
  connection: ClusterConnection,
  request: ObserveRequest,
  {notices, interruption}: OpenContext,
): Promise<readonly NodeTarget[]> {
  return resolveTargets(connection, {...request, signal: interruption.signal, warn: (text) => notices.say('', text)})
}

function launchOptions(agent: AgentRequest, version: string): LaunchOptions {
  const {namespace, image, imagePullPolicy, imagePullSecrets, tolerations, profile} = agent
  return {
    agentNamespace: namespace,
    image: image ?? `ghcr.io/kubectl-ipv6/pod-agent:${version}`,
    ...(imagePullPolicy === undefined ? {} : {imagePullPolicy}),
    imagePullSecrets,
    profile,
    tolerations: tolerations.map(readToleration),
  }
}

/** As `kubectl taint` writes what is to be tolerated: key[=value][:effect]. */
function readToleration(text: string): Toleration {
  const [, key, value, effect] =
    /^([^=:\s]+)(?:=([^:\s]*))?(?::(NoSchedule|PreferNoSchedule|NoExecute))?$/.exec(text) ?? []
  if (key === undefined)
    throw badUsage(
      `--toleration ${text} is no toleration`,
      'Write it as key, key=value, key:NoSchedule or key=value:NoExecute.',
    )
  return {
    key,
    ...(value === undefined ? {operator: 'Exists'} : {operator: 'Equal', value}),
    ...(effect === undefined ? {} : {effect}),
  }
}
