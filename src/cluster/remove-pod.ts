import {setTimeout as delay} from 'node:timers/promises'
import {podNotRemoved} from '../errors.ts'
import {explain, isStatus} from './api-failure.ts'
import {get, remove} from './api.ts'
import type {ClusterConnection} from './connection.ts'
import {pods} from './objects.ts'

export interface Removal {
  readonly namespace: string
  readonly name: string
  readonly uid?: string | undefined
  /** The kubelet is not asked: for a pod that it never took, or one whose container is known to have ended. */
  readonly force?: boolean
  readonly limitMs?: number | undefined
}

const politeMs = 8000
const longestMs = 12_000

/** Deletes the pod and waits until the API server has forgotten it; a kubelet that does not answer is not waited for. */
export async function removePod(connection: ClusterConnection, removal: Removal): Promise<void> {
  const {namespace, name, uid, force = false, limitMs = longestMs} = removal
  const start = Date.now()
  let isForced = force
  let failure: unknown
  let isAsked = false
  while (Date.now() - start < limitMs) {
    if (!isForced && Date.now() - start > politeMs) {
      isForced = true
      isAsked = false
    }
    try {
      if (!isAsked) await remove(connection, pods, {namespace, name, uid, ...(isForced && {graceSeconds: 0})})
      isAsked = true
      const left = await get(connection, pods, {namespace, name})
      if (uid !== undefined && left.metadata?.uid !== uid) return
      await delay(100)
    } catch (cause) {
      if (isStatus(cause, 404)) return
      if (isStatus(cause, 401, 403)) throw explain(connection, cause, {verb: 'delete', resource: 'pods', namespace})
      failure = cause
      await delay(300)
    }
  }
  throw podNotRemoved(namespace, name, failure)
}
