import {badUsage, noNodeMatches, noTarget, targetNotFound, unfitTarget} from '../errors.ts'
import {explain, isStatus} from './api-failure.ts'
import {get, list} from './api.ts'
import type {ClusterConnection} from './connection.ts'
import type {NodeTarget} from './manifest.ts'
import {nearNames} from './near-names.ts'
import {type ContainerStatus, type Node, nodes, type Pod, pods} from './objects.ts'

export interface TargetRequest {
  /** `node/NAME`, `NAME`, `pod/NAME` in the connection's namespace, `pod/NAMESPACE/NAME`. */
  readonly targets: readonly string[]
  readonly allNodes?: boolean
  /** On nodes. */
  readonly selector?: string
  readonly signal?: AbortSignal
  /** What was left out of --all-nodes and of a selector, and what a target turned out to be. */
  readonly warn?: (text: string) => void
}

/** Where agents go, in the order they were named and each place once. Looks first whether they can be there. */
export async function resolveTargets(
  connection: ClusterConnection,
  request: TargetRequest,
): Promise<readonly NodeTarget[]> {
  const {targets, allNodes = false, selector} = request
  if (targets.length > 0 && (allNodes || selector !== undefined))
    throw badUsage('Targets are named and chosen at once', 'Name targets, or use --all-nodes or --selector.')
  if (targets.length > 0)
    return distinct(await Promise.all(targets.map((each) => resolveOne(connection, each, request))))
  const found = await listNodes(connection, request)
  if (allNodes || selector !== undefined) return fitNodes(found, request)
  if (found.length !== 1) throw noTarget(found.map(nameOf))
  return found.map((node) => fitNode(node))
}

function distinct(targets: readonly NodeTarget[]): readonly NodeTarget[] {
  const keyOf = ({node, pod}: NodeTarget) => (pod === undefined || pod.hostNetwork ? node : `${node}/${pod.uid}`)
  return [...new Map(targets.map((target) => [keyOf(target), target])).values()]
}

function resolveOne(connection: ClusterConnection, target: string, request: TargetRequest): Promise<NodeTarget> {
  const [kind = '', ...names] = target.includes('/') ? target.split('/') : ['node', target]
  const [first = '', second = ''] = names
  if (names.every((name) => name !== '')) {
    if (['node', 'nodes', 'no'].includes(kind) && names.length === 1) return resolveNode(connection, first, request)
    if (['pod', 'pods', 'po'].includes(kind) && names.length === 1)
      return resolvePod(connection, {namespace: connection.namespace, name: first}, request)
    if (['pod', 'pods', 'po'].includes(kind) && names.length === 2)
      return resolvePod(connection, {namespace: first, name: second}, request)
  }
  throw badUsage(`"${target}" is no target`, 'A target is node/NAME, pod/NAME, pod/NAMESPACE/NAME or local.')
}

async function resolveNode(connection: ClusterConnection, name: string, {signal}: TargetRequest): Promise<NodeTarget> {
  try {
    return fitNode(await get(connection, nodes, {name, signal}))
  } catch (cause) {
    // Who may not look at nodes may still have a pod there: the kubelet will tell.
    if (isStatus(cause, 403)) return {node: name}
    if (!isStatus(cause, 404)) throw explain(connection, cause, {verb: 'get', resource: 'nodes'})
    const known = await namesOf(list(connection, nodes, {signal}))
    throw targetNotFound({kind: 'node', name, near: nearNames(name, known)})
  }
}

async function resolvePod(
  connection: ClusterConnection,
  {namespace, name}: {readonly namespace: string; readonly name: string},
  {signal, warn}: TargetRequest,
): Promise<NodeTarget> {
  try {
    const pod = await get(connection, pods, {namespace, name, signal})
    const target = fitPod(pod, {namespace, name})
    if (target.pod?.hostNetwork === true)
      warn?.(`pod/${name} uses its node's network: node/${target.node} is observed, with all that passes there.`)
    await resolveNode(connection, target.node, {targets: [], ...(signal && {signal})})
    return target
  } catch (cause) {
    if (!isStatus(cause, 404)) throw explain(connection, cause, {verb: 'get', resource: 'pods', namespace})
    const known = await namesOf(list(connection, pods, {namespace, signal}))
    throw targetNotFound({kind: 'pod', name, namespace, near: nearNames(name, known)})
  }
}

/** For advice only: no names when they may not be listed. */
const namesOf = (asked: Promise<{items?: readonly (Node | Pod)[]}>): Promise<readonly string[]> =>
  asked.then(
    ({items = []}) => items.map(nameOf),
    () => [],
  )

const nameOf = ({metadata}: Node | Pod): string => metadata?.name ?? ''

async function listNodes(connection: ClusterConnection, {selector, signal}: TargetRequest): Promise<readonly Node[]> {
  try {
    const {items = []} = await list(connection, nodes, {query: {labelSelector: selector}, signal})
    if (items.length === 0 && selector !== undefined) throw noNodeMatches(selector)
    return items
  } catch (cause) {
    if (selector !== undefined && isStatus(cause, 400))
      throw badUsage(
        `--selector ${selector} is no label selector`,
        'Write it as role=web, role!=web, role or "role in (web, db)".',
      )
    throw explain(connection, cause, {verb: 'list', resource: 'nodes'})
  }
}

/** Of many nodes, those that cannot take an agent are left out, and said. */
function fitNodes(found: readonly Node[], {warn}: TargetRequest): readonly NodeTarget[] {
  const fit = found.filter((node) => whyUnfit(node) === undefined)
  if (fit.length === 0) return found.map(fitNode)
  for (const node of found) {
    const why = whyUnfit(node)
    if (why !== undefined) warn?.(`${why}; left out.`)
  }
  return fit.map(fitNode)
}

function fitNode(node: Node): NodeTarget {
  const why = whyUnfit(node)
  if (why !== undefined) throw unfitTarget(why, 'Choose another node: kubectl get nodes')
  return {node: nameOf(node)}
}

function whyUnfit(node: Node): string | undefined {
  const system = node.metadata?.labels?.['kubernetes.io/os']
  if (system !== undefined && system !== 'linux') return `Node "${nameOf(node)}" runs ${system}, and eBPF needs Linux`
  const ready = node.status?.conditions?.find(({type}) => type === 'Ready')
  if (ready === undefined || ready.status === 'True') return undefined
  // The kubelet's words are a sentence of their own.
  return `Node "${nameOf(node)}" is not ready: ${(ready.message ?? ready.reason ?? ready.status).replace(/\.$/, '')}`
}

function fitPod({metadata, spec, status = {}}: Pod, {namespace, name}: {namespace: string; name: string}): NodeTarget {
  const {phase = 'Unknown'} = status
  if (phase === 'Succeeded' || phase === 'Failed')
    throw unfitTarget(`Pod "${name}" has ended (${phase})`, 'Its network is gone. Name a pod that runs.')
  const containers = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]
  const running = containers.filter(({state}) => state?.running !== undefined)
  if (spec?.nodeName === undefined || running.length === 0)
    throw unfitTarget(
      `Pod "${name}" has no running container (${phase}${whyWaiting(containers)})`,
      `See why: kubectl describe pod ${name} -n ${namespace}`,
    )
  const ids = running.map(({containerID = ''}) => containerID.replace(/^.*:\/\//, ''))
  const hostNetwork = spec.hostNetwork === true
  return {node: spec.nodeName, pod: {namespace, name, uid: metadata?.uid ?? '', containers: ids, hostNetwork}}
}

function whyWaiting(containers: readonly ContainerStatus[]): string {
  const reason = containers.map(({state}) => state?.waiting?.reason).find((each) => each !== undefined)
  return reason === undefined ? '' : `, ${reason}`
}
