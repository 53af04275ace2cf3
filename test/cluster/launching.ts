import {expect} from 'vitest'
import {type ClusterConnection, connect} from '../../src/cluster/connection.ts'
import {launchAgent, type LaunchRequest} from '../../src/cluster/launch.ts'
import type {LaunchedAgent} from '../../src/cluster/launched-agent.ts'
import {ourPods} from '../../src/cluster/manifest.ts'
import {PluginError} from '../../src/errors.ts'
import type {Cluster} from './lab.ts'
import {standInOptions, standInSettings} from './stand-in.ts'

type Wanted = Partial<Omit<LaunchRequest, 'target'>> & {readonly behaviour?: string; readonly node?: string}

/** Launches the stand-in as the plugin launches its agent. */
export const launch = (connection: ClusterConnection, wanted: Wanted = {}): Promise<LaunchedAgent> =>
  launchAgent(connection, {
    target: {node: wanted.node ?? 'node1'},
    settings: standInSettings(...(wanted.behaviour === undefined ? [] : [wanted.behaviour])),
    options: standInOptions,
    signal: new AbortController().signal,
    ...wanted,
  })

export interface Failure {
  readonly code: string
  readonly message: string
  readonly advice: string
  readonly seconds: number
}

/** What a person reads when it fails, and how long it took. */
export async function failureOf(attempt: () => Promise<unknown>): Promise<Failure> {
  const start = performance.now()
  const failure: unknown = await attempt().then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(failure).toBeInstanceOf(PluginError)
  const {code, message, advice} = failure as PluginError // just checked
  return {code, message, advice, seconds: (performance.now() - start) / 1000}
}

/** Names of all agents' pods in the cluster. */
export const agentPods = async (cluster: Cluster): Promise<string> =>
  (await cluster.kubectl(['get', 'pods', '-A', '-l', ourPods, '-o', 'name'])).trim()

export const asUser = (kubeconfig: string): ClusterConnection => connect({kubeconfig})
