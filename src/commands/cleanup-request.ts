import {badUsage} from '../errors.ts'
import type {ConnectOptions} from '../cluster/connection.ts'
import {noFeeds} from '../protocol/settings.ts'
import {type ObserveRequest, observeRequest, type ParsedLine} from './observe-request.ts'

export interface CleanupRequest {
  readonly cluster: ConnectOptions
  readonly agentNamespace: string
  /** Also what may be in use. */
  readonly all: boolean
  readonly isDryRun: boolean
  readonly isJson: boolean
  readonly isQuiet: boolean
  /** Pods are looked for, unless this machine alone was named, or the reaper asks: nobody asked it for those of others. */
  readonly hasPods: boolean
  /** The reaper asks, which tries again for as long as this fails. */
  readonly isForReaper: boolean
  /** Where killed agents' filters are looked for. */
  readonly nodes?: ObserveRequest
}

/** No program is loaded: the agent's memory is what the smallest table takes. */
const flows = 64

export function cleanupRequest({flags, targets, raw}: ParsedLine): CleanupRequest {
  const run = observeRequest({flags: {...flags, flows, top: 0}, targets, raw})
  const hasNodes = targets.length > 0 || run.allNodes || run.selector !== undefined
  const isLocal = targets.includes('local')
  const isForReaper = flags['for-reaper'] === true
  const {agent, cluster, view} = run
  if (isLocal && flags['all'] === true)
    throw badUsage('--all is about pods, and the target local has none', 'Leave one of them out.')
  return {
    cluster,
    agentNamespace: agent.namespace,
    all: flags['all'] === true,
    isDryRun: agent.dryRun,
    isJson: view.form === 'json',
    isQuiet: view.isQuiet,
    hasPods: !isLocal && !isForReaper,
    isForReaper,
    ...(hasNodes ? {nodes: {...run, feeds: noFeeds, sweep: true}} : {}),
  }
}
