import type {ClusterConnection} from './connection.ts'
import {events, type KubernetesEvent} from './objects.ts'
import {watch} from './watch.ts'

/** What the kubelet says about a pod beside its status. Without permission to read events nothing is heard. */
export class PodNews {
  isPulling = false
  heardAnything = false
  lastWarning: string | undefined
  readonly #progress: (event: KubernetesEvent) => void

  constructor(progress: (event: KubernetesEvent) => void) {
    this.#progress = progress
  }

  async listen(
    connection: ClusterConnection,
    {namespace, uid}: {readonly namespace: string; readonly uid: string},
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const query = {fieldSelector: `involvedObject.uid=${uid}`}
      for await (const {type, object} of watch(connection, events, {namespace, query, signal}))
        if (type !== 'BOOKMARK') this.#hear(object)
    } catch {
      this.isPulling = false // no permission, or no connection: the pod's own status must do
    }
  }

  #hear(event: KubernetesEvent): void {
    this.heardAnything = true
    if (event.reason === 'Pulling') this.isPulling = true
    if (event.reason === 'Pulled' || event.reason === 'Failed') this.isPulling = false
    if (event.type === 'Warning') this.lastWarning = event.message
    // The control plane's, of a node whose taints the pod does not tolerate; it counts as normal.
    if (event.reason === 'TaintManagerEviction') this.lastWarning ??= `${event.reason}: ${event.message ?? ''}`
    this.#progress(event)
  }
}
