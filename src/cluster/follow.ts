import {setTimeout as delay} from 'node:timers/promises'
import {isStatus} from './api-failure.ts'
import {get} from './api.ts'
import type {ClusterConnection} from './connection.ts'
import {type Pod, pods} from './objects.ts'
import {watch} from './watch.ts'

export interface FollowedPod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
}

const firstPauseMs = 100
const longestPauseMs = 3000

/** Each state of one pod, until it is gone. A watch that breaks is started again for as long as the signal lets it; refusals are thrown. */
export async function* followPod(
  connection: ClusterConnection,
  {namespace, name, uid, resourceVersion}: FollowedPod,
  signal: AbortSignal,
): AsyncGenerator<Pod> {
  let version: string | undefined = resourceVersion
  let pause = firstPauseMs
  for (;;) {
    try {
      if (version === undefined) {
        const pod = await get(connection, pods, {namespace, name, signal})
        if (pod.metadata?.uid !== uid) return
        version = pod.metadata.resourceVersion
        yield pod
      }
      const query = {fieldSelector: `metadata.name=${name}`, resourceVersion: version}
      for await (const {type, object} of watch(connection, pods, {namespace, query, signal})) {
        version = object.metadata?.resourceVersion ?? version
        pause = firstPauseMs
        if (type === 'DELETED') return
        if (type !== 'BOOKMARK') yield object
      }
    } catch (cause) {
      signal.throwIfAborted()
      if (isStatus(cause, 404)) return
      if (isStatus(cause, 401, 403)) throw cause
      version = undefined
      await delay(pause, undefined, {signal})
      pause = Math.min(pause * 2, longestPauseMs)
    }
  }
}
