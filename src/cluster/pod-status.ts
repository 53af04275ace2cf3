import {constants} from 'node:os'
import {agentEnded, agentNotStarted, type AgentsWords, fromAgent, podVanished, type PluginError} from '../errors.ts'
import type {ContainerStatus, Pod} from './objects.ts'

/** What a pod's status means to the launch: nothing yet, the agent's container runs, or why it never will (again). */
export type Verdict =
  | {readonly state: 'waiting' | 'accepted' | 'running'}
  | {readonly state: 'failed'; readonly failure: PluginError; readonly code?: string}

const imageReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
])
/** The container runtime's, for a container whose program never ran. */
const startFailures = new Set(['StartError', 'ContainerCannotRun'])
const notReasons = new Set(['ContainerCreating', 'PodInitializing', undefined])

export function judge(pod: Pod, node: string): Verdict {
  const {status = {}, metadata} = pod
  const {waiting, running, terminated} = status.containerStatuses?.[0]?.state ?? {}
  if (terminated !== undefined) return endedBy(terminated, node)
  if (status.phase === 'Failed') return failed(podFailed(node, status.reason, status.message))
  if (metadata?.deletionTimestamp !== undefined) return failed(podVanished(node, 'somebody deleted it'))
  if (waiting !== undefined && !notReasons.has(waiting.reason)) return failed(notStarted(node, waiting))
  if (running !== undefined) return {state: 'running'}
  return {state: status.startTime === undefined ? 'waiting' : 'accepted'}
}

const failed = (failure: PluginError, code?: string): Verdict => ({
  state: 'failed',
  failure,
  ...(code !== undefined && {code}),
})

type Waiting = NonNullable<NonNullable<ContainerStatus['state']>['waiting']>
type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>

function notStarted(node: string, {reason = 'unknown', message}: Waiting): PluginError {
  const advice = imageReasons.has(reason)
    ? 'Name an image the node can have (--agent-image), with --image-pull-secret where it is private; see --image-pull-policy.'
    : 'The words are those of the kubelet and the container runtime on that node.'
  return agentNotStarted(node, withWords(reason, message), advice)
}

function podFailed(node: string, reason = 'unknown', message?: string): PluginError {
  if (reason === 'DeadlineExceeded')
    return agentNotStarted(node, 'its time was over (--max-duration)', 'Run it again with a longer --max-duration.')
  const advice =
    reason === 'Evicted'
      ? 'The node is short of something; the kubelet chose this pod to go.'
      : 'The kubelet of that node turned the pod away; the words are its own.'
  return agentNotStarted(node, withWords(reason, message), advice)
}

const withWords = (reason: string, message = ''): string => (message === '' ? reason : `${reason}: ${message}`)

/** FallbackToLogsOnError: the message holds the last lines of the agent's stderr. */
function endedBy({message = '', reason = '', exitCode, signal}: Terminated, node: string): Verdict {
  if (startFailures.has(reason)) return failed(notStarted(node, {reason, message}))
  const told = agentsOwnWords(message)
  if (told !== undefined) return failed(fromAgent(told), told.code)
  const how = signal !== undefined && signal !== 0 ? `killed by signal ${signal}` : statusText(exitCode)
  const why = reason === 'OOMKilled' ? 'it was out of memory' : `${how}${reason === 'Error' ? '' : `, ${reason}`}`
  return failed(agentEnded([why, lastLines(message)].filter((each) => each !== '').join('\n')))
}

/** Without what it says when all is well. */
const lastLines = (text: string): string => {
  const lines = text.trimEnd().split('\n').filter((line) => !line.startsWith('{"listening":')) // prettier-ignore
  return lines.slice(-8).join('\n').trim()
}

/** Runtimes tell a signal as 128 and its number. */
function statusText(exitCode: number | undefined): string {
  const signal = Object.entries(constants.signals).find(([, number]) => number === (exitCode ?? 0) - 128)?.[0]
  return signal === undefined ? `exit status ${exitCode ?? '?'}` : `killed by ${signal}`
}

function agentsOwnWords(text: string): AgentsWords | undefined {
  const line = text
    .split('\n')
    .reverse()
    .find((each) => each.startsWith('{"type":"failed"'))
  if (line === undefined) return undefined
  try {
    const {code, message, advice, because} = JSON.parse(line) as Partial<Record<keyof AgentsWords, unknown>> // checked below
    if (typeof code === 'string' && typeof message === 'string' && typeof advice === 'string')
      return {code, message, advice, ...(typeof because === 'string' && {because})}
  } catch {
    return undefined // the kubelet cuts long logs at 2048 bytes
  }
  return undefined
}
