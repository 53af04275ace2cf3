import {explain, isStatus} from './api-failure.ts'
import {list} from './api.ts'
import type {ClusterConnection} from './connection.ts'
import {labelOf, ourPods, readCompactTime, targetAnnotation} from './manifest.ts'
import {type Metadata, type Pod, pods} from './objects.ts'
import {removePod} from './remove-pod.ts'

/** An agent's pod that is in the cluster, whoever started it. */
export interface Leftover {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly run: string
  readonly node: string
  /** As the person who started it named it. */
  readonly target: string
  readonly phase: string
  readonly created: Date | undefined
  readonly expires: Date | undefined
  /** It runs, or its image is still pulled, and its time is not over: somebody may be waiting for it just now. An agent without a client ends by itself. */
  readonly isInUse: boolean
}

export interface LeftoverRequest {
  /** Where to look when the whole cluster may not be listed. */
  readonly agentNamespace: string
  readonly now?: Date
  readonly signal?: AbortSignal
}

/** Every agent's pod in the cluster, or in the agents' namespace for those who may not see more. */
export async function findLeftovers(
  connection: ClusterConnection,
  {agentNamespace, now = new Date(), signal}: LeftoverRequest,
): Promise<readonly Leftover[]> {
  const query = {labelSelector: ourPods}
  try {
    const {items = []} = await list(connection, pods, {query, signal}).catch((cause: unknown) => {
      if (!isStatus(cause, 403)) throw cause
      return list(connection, pods, {namespace: agentNamespace, query, signal})
    })
    return items.map((pod) => leftover(pod, now))
  } catch (cause) {
    throw explain(connection, cause, {verb: 'list', resource: 'pods', namespace: agentNamespace})
  }
}

/** Deletes it and waits until it is gone. */
export const removeLeftover = (connection: ClusterConnection, found: Leftover): Promise<void> =>
  removePod(connection, {...found, force: !isAlive(found.phase)})

function leftover({metadata = {}, spec, status}: Pod, now: Date): Leftover {
  const {namespace = '', name = '', uid = '', creationTimestamp} = metadata
  const expires = readCompactTime(metadata.labels?.[labelOf.expires] ?? '')
  const phase = status?.phase ?? 'Unknown'
  return {
    namespace,
    name,
    uid,
    ...origin(metadata),
    node: spec?.nodeName ?? '',
    phase,
    created: creationTimestamp === undefined ? undefined : new Date(creationTimestamp),
    expires,
    isInUse: isAlive(phase) && (expires === undefined || expires > now),
  }
}

const isAlive = (phase: string): boolean => phase === 'Running' || phase === 'Pending'

const origin = ({labels = {}, annotations = {}}: Metadata): {run: string; target: string} => ({
  run: labels[labelOf.run] ?? '',
  target: annotations[targetAnnotation] ?? '',
})
