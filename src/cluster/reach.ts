import {setTimeout as delay} from 'node:timers/promises'
import {agentNotStarted, type PluginError, tunnelRefused} from '../errors.ts'
import {explain, isCode, isStatus} from './api-failure.ts'
import {get} from './api.ts'
import type {ClusterConnection} from './connection.ts'
import type {LaunchedAgent} from './launched-agent.ts'
import {leases} from './objects.ts'
import {PodNews} from './pod-news.ts'
import {probe} from './probe.ts'

const kubeletsOwn = 'The words are those of the kubelet and the container runtime there.'

export type LaunchStep = 'created' | 'accepted' | 'pulling' | 'started' | 'connected'
export type Progress = (step: LaunchStep, detail: string) => void

export interface Reach {
  readonly port: number
  readonly signal: AbortSignal
  readonly progress: Progress
}

const knockMs = 50
/** A kubelet that lives takes a pod within a second. */
const acceptMs = 6000
/** From acceptance to a running container, an image pull not counted. */
const startMs = 20_000
/** The same where events may not be read, so that a pull cannot be told from a stall. */
const blindStartMs = 120_000
/** The kubelet tries again what it warned about, once or twice within this. */
const warningMs = 5000
/** From a running container to an agent that answers. */
const answerMs = 8000
/** An API server that restarts is waited for. */
const unreachableMs = 6000
/** An event is written a moment after what it tells of. */
const eventLagMs = 3000

/** Resolves when the agent's port answers; throws as soon as it is known that it will not. */
export async function waitUntilReachable(
  connection: ClusterConnection,
  agent: LaunchedAgent,
  reach: Reach,
): Promise<void> {
  const over = new AbortController()
  const launch = new Launch(connection, agent, {...reach, signal: AbortSignal.any([reach.signal, over.signal])})
  const failure = agent.ended.then(async (error) => {
    throw await launch.withKubeletsWords(error)
  })
  try {
    await Promise.race([failure, launch.knock(), launch.losePatience(), aborted(reach.signal)])
    reach.progress('connected', agent.pod)
  } finally {
    over.abort()
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error), {once: true})
  })
}

class Launch {
  readonly #connection: ClusterConnection
  readonly #agent: LaunchedAgent
  readonly #reach: Reach
  readonly #news: PodNews
  readonly #since: Partial<Record<LaunchStep | 'warned', number>> = {created: Date.now()}
  #lastAnswer = 'nothing listens'

  constructor(connection: ClusterConnection, agent: LaunchedAgent, reach: Reach) {
    this.#connection = connection
    this.#agent = agent
    this.#reach = reach
    this.#news = new PodNews(({reason, message = '', type}) => {
      if (reason === 'Pulling') this.#step('pulling', message)
      if (reason === 'Pulled') {
        // This event may come before the status that tells the same.
        this.#step('accepted', agent.node)
        this.#since.accepted = Date.now()
      }
      if (type === 'Warning') this.#since.warned ??= Date.now()
    })
    const {namespace, uid} = agent.place
    void this.#news.listen(connection, {namespace, uid}, reach.signal)
    agent.onVerdict(({state}) => {
      if (state === 'accepted' || state === 'running') this.#step('accepted', agent.node)
      if (state === 'running') this.#step('started', agent.node)
    })
  }

  #step(step: LaunchStep, detail: string): void {
    if (this.#since[step] !== undefined) return
    this.#since[step] = Date.now()
    this.#reach.progress(step, detail)
  }

  /** The pod's status lags by up to a second behind its container, so the port itself is asked. */
  async knock(): Promise<void> {
    const {signal, port} = this.#reach
    const {namespace, name} = this.#agent.place
    let unreachableSince: number | undefined
    for (;;) {
      await delay(this.#news.isPulling ? knockMs * 5 : knockMs, undefined, {signal})
      if (this.#since.accepted === undefined) continue
      try {
        await probe(this.#connection, {namespace, pod: name, port}, signal)
        return
      } catch (cause) {
        signal.throwIfAborted()
        if (isStatus(cause, 401, 403))
          throw explain(this.#connection, cause, {verb: 'get', resource: 'pods/portforward', namespace})
        this.#lastAnswer = cause instanceof Error ? cause.message : String(cause)
        if (!isCode(cause, 'server-unreachable')) unreachableSince = undefined
        else if (Date.now() - (unreachableSince ??= Date.now()) > unreachableMs) throw cause
      }
    }
  }

  /** Throws when the next step is overdue, with whatever words there are. */
  async losePatience(): Promise<never> {
    const {signal} = this.#reach
    for (;;) {
      await delay(200, undefined, {signal})
      if (this.#isOver('started', answerMs)) throw tunnelRefused(this.#agent.node, this.#lastAnswer)
      if (this.#since.started !== undefined || this.#news.isPulling) continue
      if (this.#isOver('warned', warningMs)) throw this.#stalled()
      if (this.#isOver('accepted', this.#news.heardAnything ? startMs : blindStartMs)) throw this.#stalled()
      if (this.#since.accepted === undefined && this.#isOver('created', acceptMs)) throw await this.#notTaken()
    }
  }

  /** A pod that is turned away by a taint is deleted by the control plane while the kubelet says why it will not have it. */
  async withKubeletsWords(error: Error): Promise<Error> {
    if (!isCode(error, 'pod-vanished')) return error
    const {signal} = this.#reach
    const limit = Date.now() + eventLagMs
    while (this.#news.lastWarning === undefined && Date.now() < limit && !signal.aborted) await delay(knockMs)
    const words = this.#news.lastWarning
    if (words === undefined) return error
    return agentNotStarted(this.#agent.node, `its pod was deleted; before that: ${words}`, kubeletsOwn)
  }

  #isOver(step: LaunchStep | 'warned', limitMs: number): boolean {
    const since = this.#since[step]
    return since !== undefined && Date.now() - since > limitMs
  }

  #stalled(): PluginError {
    const words = this.#news.lastWarning ?? 'the kubelet took the pod and says nothing more'
    return agentNotStarted(this.#agent.node, words, kubeletsOwn)
  }

  async #notTaken(): Promise<PluginError> {
    const {node} = this.#agent
    const seen = await this.#lastSign()
    return agentNotStarted(
      node,
      `its kubelet has not taken the pod within ${acceptMs / 1000} s${seen}`,
      `Check the kubelet on that node: kubectl describe node ${node}`,
    )
  }

  /** Each kubelet renews its lease every 10 s. */
  async #lastSign(): Promise<string> {
    try {
      const {signal} = this.#reach
      const {spec} = await get(this.#connection, leases, {
        namespace: 'kube-node-lease',
        name: this.#agent.node,
        signal: AbortSignal.any([signal, AbortSignal.timeout(1000)]),
      })
      const renewed = Date.parse(spec?.renewTime ?? '')
      return Number.isNaN(renewed) ? '' : `, and last gave a sign ${Math.round((Date.now() - renewed) / 1000)} s ago`
    } catch {
      return '' // most users may not read leases
    }
  }
}
