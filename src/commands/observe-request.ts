import type {ConnectOptions} from '../cluster/connection.ts'
import {badUsage} from '../errors.ts'
import {type ColourChoice} from '../output/colour.ts'
import type {TimeFormat} from '../output/time.ts'
import type {BindQuestion, ListenersQuestion} from '../protocol/binding.ts'
import type {ClientsQuestion} from '../protocol/clients.ts'
import {type Feeds, type HookChoice, noFeeds, noInterface} from '../protocol/settings.ts'
import {captureRequest, type CaptureRequest} from './capture-request.ts'
import {parseDuration} from './duration.ts'
import {connectOptions, type FlagReader, type FlagValues, reader} from './flag-reader.ts'
import type {FlagToken} from './filter-token.ts'
import {type FlowFilter, parseFilter} from './filter.ts'
import {interfacePatterns} from './interface-patterns.ts'

/** A flow's packets between two refreshes are counted in 32 bits a CPU: 14 million packets a second fill them in 5 minutes, and no CPU takes so many. */
const longestIntervalMs = 300_000
/** The agent's timer takes 31 bits of milliseconds, 24.8 days. */
const longestRunMs = 24 * 86_400_000

export type OutputForm = 'text' | 'wide' | 'live' | 'json' | 'radvd'

/** A whole command line as values; nothing behind it sees a flag. */
export interface ObserveRequest {
  readonly targets: readonly string[]
  readonly allNodes: boolean
  readonly selector?: string
  readonly cluster: ConnectOptions
  readonly agent: AgentRequest
  readonly filter: FlowFilter
  readonly feeds: Feeds
  readonly interfaces: readonly string[]
  readonly hook: HookChoice
  readonly flows: number
  readonly intervalMs: number
  readonly maxDurationMs: number
  readonly durationMs?: number
  readonly view: ViewRequest
  /** Asked instead of observing. */
  readonly bindcheck?: BindQuestion
  readonly listeners?: ListenersQuestion
  readonly clients?: ClientsQuestion
  readonly sweep?: true
  /** A capture instead of targets. */
  readonly capture?: CaptureRequest
}

export interface AgentRequest {
  readonly namespace: string
  readonly image?: string
  readonly imagePullPolicy?: 'IfNotPresent' | 'Always' | 'Never'
  readonly imagePullSecrets: readonly string[]
  readonly tolerations: readonly string[]
  readonly profile: 'privileged' | 'restricted'
  readonly dryRun: boolean
}

export interface ViewRequest {
  /** Undefined: by where the output goes. */
  readonly form?: OutputForm
  readonly colour: ColourChoice
  readonly timeFormat: TimeFormat
  readonly top: number
  readonly isQuiet: boolean
  readonly isVerbose: boolean
}

export interface ParsedLine {
  readonly flags: FlagValues
  readonly targets: readonly string[]
  /** Every flag and argument in the order of the command line. */
  readonly raw: readonly (
    {readonly type: 'flag'; readonly flag: string; readonly input: string} | {readonly type: 'arg'}
  )[]
}

/** In their order, of which `--not` makes something. */
export const flagsOf = (raw: ParsedLine['raw']): readonly FlagToken[] =>
  raw.flatMap((token) => (token.type === 'flag' ? [token] : []))

export function observeRequest({flags, targets, raw}: ParsedLine): ObserveRequest {
  const text = reader(flags)
  const filter = parseFilter(flagsOf(raw))
  const request: ObserveRequest = {
    targets,
    allNodes: flags['all-nodes'] === true,
    ...text.optional('selector', 'selector'),
    cluster: connectOptions(text),
    agent: agentRequest(text, flags),
    filter,
    feeds: noFeeds,
    interfaces: notNone(interfacePatterns(text.list('interface'), filter.zone)),
    hook: (text.one('hook') ?? 'auto') as HookChoice, // oclif has checked it against the same list
    flows: powerOfTwo(Number(flags['flows'])),
    intervalMs: intervalOf(text),
    maxDurationMs: maxDurationOf(text),
    ...durationOf(text),
    view: viewRequest(text, flags),
    ...captureOf({flags, targets, raw}, text, filter),
  }
  refuseContradictions(request)
  return request
}

function captureOf(line: ParsedLine, text: FlagReader, filter: FlowFilter): Pick<ObserveRequest, 'capture'> {
  const path = text.one('input-file')
  if (path === undefined) return {}
  const given = line.raw.flatMap((token) => (token.type === 'flag' ? [token.flag] : []))
  const hasInterval = given.includes('interval')
  const capture = captureRequest(path, {
    given,
    targets: line.targets,
    names: filter.names.length,
    form: text.one('output'),
  })
  return {capture: {...capture, ...(hasInterval ? {intervalMs: intervalOf(text)} : {})}}
}

function notNone(patterns: readonly string[]): readonly string[] {
  if (!patterns.includes(noInterface)) return patterns
  throw badUsage(`No packet can match -i '${noInterface}', which leaves out every interface`, 'Leave it out.')
}

function intervalOf(text: FlagReader): number {
  const ms = parseDuration(text.one('interval') ?? '1s', 'interval')
  if (ms < 100) throw badUsage('--interval is shorter than 100ms', 'Use 100ms or more.')
  if (ms > longestIntervalMs)
    throw badUsage(
      '--interval is longer than 5m, and the kernel counts the packets of a flow between two refreshes in 32 bits, which could overflow',
      'Use 5m or less.',
    )
  return ms
}

function maxDurationOf(text: FlagReader): number {
  const ms = parseDuration(text.one('max-duration') ?? '1h', 'max-duration')
  if (ms > longestRunMs)
    throw badUsage('--max-duration is longer than 24d, the longest that an agent runs', 'Use 24d or less.')
  return ms
}

/** The kernel's table finds its lines by masking. */
function powerOfTwo(flows: number): number {
  if (Number.isInteger(Math.log2(flows))) return flows
  const next = 2 ** Math.ceil(Math.log2(flows))
  throw badUsage(`--flows ${flows} is not a power of two`, `Use --flows ${next}.`)
}

function agentRequest(text: FlagReader, flags: FlagValues): AgentRequest {
  return {
    namespace: text.one('agent-namespace') ?? 'kube-system',
    ...text.optional('agent-image', 'image'),
    ...(text.optional('image-pull-policy', 'imagePullPolicy') as Pick<AgentRequest, 'imagePullPolicy'>), // oclif has checked it
    imagePullSecrets: text.list('image-pull-secret'),
    tolerations: text.list('toleration'),
    profile: text.one('profile') === 'restricted' ? 'restricted' : 'privileged',
    dryRun: flags['dry-run'] === true,
  }
}

function viewRequest(text: FlagReader, flags: FlagValues): ViewRequest {
  return {
    ...(text.optional('output', 'form') as {form?: OutputForm}), // oclif has checked these three against their lists
    colour: (text.one('color') ?? 'auto') as ColourChoice,
    timeFormat: (text.one('time-format') ?? 'local') as TimeFormat,
    top: Number(flags['top']),
    isQuiet: flags['quiet'] === true,
    isVerbose: flags['verbose'] === true,
  }
}

function durationOf(text: FlagReader): {readonly durationMs?: number} {
  const duration = text.one('duration')
  return duration === undefined ? {} : {durationMs: parseDuration(duration, 'duration')}
}

function refuseContradictions({targets, allNodes, selector, filter, durationMs, maxDurationMs}: ObserveRequest): void {
  const isLocal = targets.includes('local')
  if (isLocal && (targets.length > 1 || allNodes || selector !== undefined))
    throw badUsage('The target local stands alone', 'Observe nodes and this machine in two runs.')
  if (isLocal && filter.names.length > 0)
    throw badUsage(
      'No packet can match a filter on names with the target local, which knows addresses only',
      'Filter by --ip instead.',
    )
  if (targets.length > 0 && (allNodes || selector !== undefined))
    throw badUsage('Targets, --all-nodes and --selector exclude each other', 'Use one of them.')
  if (allNodes && selector !== undefined)
    throw badUsage('--all-nodes and --selector exclude each other', 'Use one of them.')
  if (durationMs !== undefined && durationMs > maxDurationMs)
    throw badUsage('--duration is longer than --max-duration, at which the node ends the run', 'Raise --max-duration.')
}
