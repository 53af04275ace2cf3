import {podRefused, podSecurityRefused, unfitTarget} from '../errors.ts'
import {ApiFailure, explain, isCode} from './api-failure.ts'
import {create, remove} from './api.ts'
import type {ClusterConnection} from './connection.ts'
import type {FollowedPod} from './follow.ts'
import type {PodManifest} from './manifest.ts'
import {pods} from './objects.ts'

export interface Creation {
  readonly signal: AbortSignal
  /** Called when it is certain that no pod was left behind. */
  readonly release: () => void
}

/** Creates the pod, or says in one sentence who refused it. */
export async function createPod(
  connection: ClusterConnection,
  manifest: PodManifest,
  {signal, release}: Creation,
): Promise<FollowedPod> {
  const {name = '', namespace = ''} = manifest.metadata ?? {}
  try {
    const {metadata = {}} = await create(connection, pods, {namespace, body: manifest, signal})
    const {uid = '', resourceVersion = ''} = metadata
    return {namespace, name, uid, resourceVersion}
  } catch (cause) {
    // Without an answer the request may still have arrived; the name is ours alone.
    if (!(cause instanceof ApiFailure)) await remove(connection, pods, {namespace, name, graceSeconds: 0}).catch(never)
    else release()
    throw cause instanceof ApiFailure ? refusal(connection, cause, namespace) : cause
  }
}

/** The failure to report is the first one; whoever guards the pod goes on trying. */
const never = (): undefined => undefined

function refusal(connection: ClusterConnection, cause: ApiFailure, namespace: string): unknown {
  const violations = /violates PodSecurity "([^"]+)": ([\s\S]*)$/.exec(cause.message)
  if (violations !== null)
    return podSecurityRefused(namespace, `it enforces ${violations[1] ?? ''}; ${violations[2] ?? ''}`, cause)
  if (cause.status === 404)
    return unfitTarget(`There is no namespace "${namespace}"`, 'Choose one with --agent-namespace.')
  const explained = explain(connection, cause, {verb: 'create', resource: 'pods', namespace})
  if (!isCode(explained, 'api-refused')) return explained
  // A quota, a webhook, a policy, a service account that is missing: they say it themselves.
  return podRefused(namespace, cause.message.replace(/^pods "[^"]*" is forbidden: /, ''), cause)
}
