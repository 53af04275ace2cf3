import {randomBytes, randomInt} from 'node:crypto'
import type {AgentSettings} from '../protocol/settings.ts'
import {isCode} from './api-failure.ts'
import type {ClusterConnection} from './connection.ts'
import {createPod} from './create-pod.ts'
import {LaunchedAgent} from './launched-agent.ts'
import {agentPod, entersPod, type LaunchOptions, type NodeTarget, type PodManifest} from './manifest.ts'
import type {PodGuard} from './pod-guard.ts'
import {type Progress, waitUntilReachable} from './reach.ts'

export type {PodGuard} from './pod-guard.ts'
export type {LaunchStep} from './reach.ts'

export interface LaunchRequest {
  readonly target: NodeTarget
  /** `port` and `containers` are filled in here. */
  readonly settings: AgentSettings
  readonly options: LaunchOptions
  readonly signal: AbortSignal
  readonly progress?: Progress
  readonly guard?: PodGuard
}

/** Below what kernels give to outgoing connections by default (32768), above what services use. */
const firstPort = 20_000
const afterLastPort = 30_000
const mostAttempts = 3

/** The pod that a launch would create, for --dry-run too. */
export function orderPod({target, settings, options}: LaunchRequest): {manifest: PodManifest; port: number} {
  const port = randomInt(firstPort, afterLastPort)
  const {containers = [], uid = ''} = target.pod ?? {}
  // The runtime's cgroup path names the pod too, with underscores under systemd: that outlives a container's restart.
  const places = entersPod(target) ? {containers: [...containers, uid, uid.replaceAll('-', '_')]} : {}
  const name = `kubectl-ipv6-${settings.run}-${randomBytes(3).toString('hex')}`
  const order = {name, target, settings: {...settings, ...places, port}, options, now: new Date()}
  return {manifest: agentPod(order), port}
}

/** Starts an agent on a node and resolves when it listens. Whatever fails, its pod is gone before the error is thrown. */
export async function launchAgent(connection: ClusterConnection, request: LaunchRequest): Promise<LaunchedAgent> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launchOnce(connection, request)
    } catch (cause) {
      // Another process of the node has that port; it is one of ten thousand.
      if (attempt === mostAttempts || !isCode(cause, 'port-taken')) throw cause
    }
  }
}

async function launchOnce(connection: ClusterConnection, request: LaunchRequest): Promise<LaunchedAgent> {
  const {target, signal, progress = () => undefined, guard} = request
  signal.throwIfAborted()
  const {manifest, port} = orderPod(request)
  const {name = '', namespace = ''} = manifest.metadata ?? {}
  // First the guard: no moment and no failure leaves a pod that nobody watches over.
  const release = guard?.guard(namespace, name) ?? (() => undefined)
  const pod = await createPod(connection, manifest, {signal, release})
  const agent = new LaunchedAgent(connection, {pod, node: target.node, port, release})
  try {
    progress('created', agent.pod)
    await waitUntilReachable(connection, agent, {port, signal, progress})
    return agent
  } catch (cause) {
    await agent.remove({limitMs: 3000}).catch(() => undefined) // why the launch failed matters more; the guard goes on trying
    throw cause
  }
}
