import type {Duplex} from 'node:stream'
import {podVanished, type PluginError} from '../errors.ts'
import {explain} from './api-failure.ts'
import type {ClusterConnection} from './connection.ts'
import {type FollowedPod, followPod} from './follow.ts'
import {PodStream} from './pod-stream.ts'
import {judge, type Verdict} from './pod-status.ts'
import {removePod} from './remove-pod.ts'

export interface Placed {
  readonly pod: FollowedPod
  readonly node: string
  readonly port: number
  /** Called once the pod is gone. */
  readonly release: () => void
}

export interface RemoveHow {
  /** The agent said that it stopped: the kubelet, which takes seconds to notice, need not confirm it. */
  readonly hasStopped?: boolean
  readonly limitMs?: number
}

/** An agent's pod from its creation to its removal. */
export class LaunchedAgent implements AsyncDisposable {
  readonly node: string
  /** Namespace and name. */
  readonly pod: string
  /** Settles with the reason when the agent is gone for good. */
  readonly ended: Promise<Error>
  readonly #connection: ClusterConnection
  readonly #placed: Placed
  readonly #following = new AbortController()
  readonly #listeners = new Set<(verdict: Verdict) => void>()
  #verdict: Verdict = {state: 'waiting'}
  #removal: Promise<void> | undefined

  constructor(connection: ClusterConnection, placed: Placed) {
    this.#connection = connection
    this.#placed = placed
    this.node = placed.node
    this.pod = `${placed.pod.namespace}/${placed.pod.name}`
    this.ended = new Promise((resolve) => {
      void this.#follow().then((failure) => failure !== undefined && resolve(failure))
    })
  }

  get place(): FollowedPod {
    return this.#placed.pod
  }

  onVerdict(listen: (verdict: Verdict) => void): void {
    this.#listeners.add(listen)
  }

  /** A fresh stream to the agent's port; what the agent says first tells that it is there. */
  async open(signal?: AbortSignal): Promise<Duplex> {
    const {pod, port} = this.#placed
    try {
      return await PodStream.open(this.#connection, {namespace: pod.namespace, pod: pod.name, port}, signal)
    } catch (cause) {
      throw explain(this.#connection, cause, {
        verb: 'get',
        resource: 'pods/portforward',
        namespace: pod.namespace,
      })
    }
  }

  /** Deletes the pod and waits until it is gone. */
  remove(how: RemoveHow = {}): Promise<void> {
    this.#removal ??= this.#remove(how)
    return this.#removal
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove()
  }

  async #remove({hasStopped = false, limitMs}: RemoveHow): Promise<void> {
    // A kubelet that never took the pod will not confirm its end; a container that ended has nothing left to end.
    const force = hasStopped || this.#verdict.state === 'waiting' || this.#verdict.state === 'failed'
    this.#following.abort()
    await removePod(this.#connection, {...this.#placed.pod, force, limitMs})
    this.#placed.release()
  }

  /** Resolves with nothing when the following was ended by this side. */
  async #follow(): Promise<Error | undefined> {
    const {pod, node} = this.#placed
    try {
      for await (const state of followPod(this.#connection, pod, this.#following.signal)) {
        this.#tell(judge(state, node))
        if (this.#verdict.state === 'failed') return this.#verdict.failure
      }
      return this.#fail(podVanished(node, 'somebody deleted it'))
    } catch (cause) {
      if (this.#following.signal.aborted) return undefined
      const attempt = {verb: 'watch', resource: 'pods', namespace: pod.namespace}
      const failure = explain(this.#connection, cause, attempt)
      return failure instanceof Error ? failure : undefined
    }
  }

  #fail(failure: PluginError): PluginError {
    this.#tell({state: 'failed', failure})
    return failure
  }

  #tell(verdict: Verdict): void {
    this.#verdict = verdict
    for (const listen of this.#listeners) listen(verdict)
  }
}
