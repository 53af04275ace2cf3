import {Command, Errors, Flags} from '@oclif/core'
import {inspect, stripVTControlCharacters} from 'node:util'
import {badUsage, PluginError} from './errors.ts'
import {type ColourChoice, isColoured, palette} from './output/colour.ts'
import {escapeText} from './output/escape.ts'
import {nearest} from './output/nearest.ts'
import {type TimeFormat, timeFormats} from './output/time.ts'

export const exitStatus = {fine: 0, found: 1, couldNotLook: 2, bug: 70} as const
const reports = 'https://github.com/kubectl-ipv6/kubectl-ipv6/issues'

const cluster = {helpGroup: 'CLUSTER'}
const shown = {helpGroup: 'OUTPUT'}

/** What every verb takes. */
export const baseFlags = {
  namespace: Flags.string({...cluster, char: 'n', summary: 'Namespace of pod/NAME targets.'}),
  kubeconfig: Flags.string({...cluster, summary: 'Path to the kubeconfig file; KUBECONFIG is honoured.'}),
  context: Flags.string({...cluster, summary: 'Name of the kubeconfig context.'}),
  cluster: Flags.string({...cluster, summary: 'Name of the kubeconfig cluster.'}),
  user: Flags.string({...cluster, summary: 'Name of the kubeconfig user.'}),
  as: Flags.string({...cluster, summary: 'User to impersonate.'}),
  'as-group': Flags.string({
    ...cluster,
    multiple: true,
    multipleNonGreedy: true,
    summary: 'Group to impersonate; repeatable.',
  }),
  output: Flags.string({
    ...shown,
    char: 'o',
    options: ['text', 'wide', 'live', 'json'],
    summary:
      'text (default when piped), wide, live (default on a terminal, where the verb has it) or json (JSON lines).',
  }),
  color: Flags.custom<ColourChoice>({
    ...shown,
    options: ['auto', 'always', 'never'],
    default: 'auto',
    summary: 'Colour the output; NO_COLOR is honoured.',
  })(),
  'time-format': Flags.custom<TimeFormat>({
    ...shown,
    options: [...timeFormats],
    default: 'local',
    summary: 'How times are written; JSON lines always carry RFC 3339.',
  })(),
  quiet: Flags.boolean({...shown, char: 'q', summary: 'Results only, no progress and no notices.'}),
  verbose: Flags.boolean({...shown, char: 'v', summary: 'Say more on stderr.'}),
  help: Flags.help({...shown, char: 'h', summary: 'Show this help.', description: ''}),
}

/** The one place that catches: what a person can act on becomes two sentences, anything else a report of a bug. */
export abstract class BaseCommand extends Command {
  static override baseFlags = baseFlags

  protected override async catch(error: Error): Promise<void> {
    const known = Object.keys({...this.ctor.baseFlags, ...this.ctor.flags}).map((name) => `--${name}`)
    process.exitCode = reportFailure(error, {verb: this.id, flags: known, argv: this.argv})
    this.parsed = true // what could not be parsed was told: oclif would warn about it with NODE_ENV=development
    await Promise.resolve()
  }
}

export interface FailureContext {
  readonly verb?: string | undefined
  readonly flags?: readonly string[]
  readonly argv: readonly string[]
  /** Where it failed, when the run has several places. */
  readonly place?: string
}

/** Writes the failure to stderr and returns the exit status. */
export function reportFailure(error: unknown, context: FailureContext): number {
  if (error instanceof Errors.ExitError) return error.oclif.exit ?? exitStatus.fine
  const {argv} = context
  const {bad, quiet} = palette(
    isColoured(colourChoice(argv), {isTerminal: process.stderr.isTTY, environment: process.env}),
  )
  const failure = actionable(error, context)
  if (failure === undefined) {
    const trace = error instanceof Error ? (error.stack ?? error.message) : inspect(error)
    process.stderr.write(
      `${bad('This is a bug in kubectl ipv6.')} Please report it with the lines below: ${reports}\n${quiet(safe(trace))}\n`,
    )
    return exitStatus.bug
  }
  const because = argv.includes('-v') || argv.includes('--verbose') ? quiet(causes(failure)) : ''
  const where = context.place === undefined ? '' : `${context.place}: `
  process.stderr.write(
    `${bad('error:')} ${asSentence(`${where}${failure.message}`)}\n${because}${asAdvice(failure.advice)}\n`,
  )
  return exitStatus.couldNotLook
}

function actionable(error: unknown, context: FailureContext): PluginError | undefined {
  if (error instanceof PluginError) return error
  return error instanceof Errors.CLIError ? usageFailure(error, context) : undefined
}

/** oclif's own words for a command line that it cannot read, made ours. */
function usageFailure(error: Error, {verb, flags = []}: FailureContext): PluginError {
  const help = `Run: kubectl ipv6 ${verb === undefined ? '' : `${verb} `}--help`
  const [unknown] = 'flags' in error && Array.isArray(error.flags) ? (error.flags as unknown[]) : []
  if (typeof unknown === 'string') {
    const near = nearest(unknown, flags)
    return badUsage(`There is no flag ${unknown}`, near === undefined ? help : `Did you mean ${near}? ${help}`)
  }
  const [message = ''] = stripVTControlCharacters(error.message)
    .replace(/^Parsing (--\S+) \n\tE/, '$1: e')
    .replace(/^Parsing --\S+ \n\t/, '')
    .split('\nSee more help')
  return badUsage(message.replaceAll(/\s*\n\s*/g, ' '), help)
}

export function unknownVerb(verb: string, verbs: readonly string[]): PluginError {
  const near = nearest(verb, verbs)
  return badUsage(
    `There is no verb "${verb}"`,
    near === undefined ? `Verbs: ${verbs.join(', ')}.` : `Did you mean: kubectl ipv6 ${near}`,
  )
}

const safe = (text: string): string => text.split('\n').map(escapeText).join('\n')

const asSentence = (text: string): string =>
  /[.!?…:]$/.test(text) || text.includes('\n') ? safe(text) : `${safe(text)}.`

/** A command at the end of an advice is for copying: no full stop is put behind it. */
const asAdvice = (text: string): string => (/kubectl |--\S+$|\S\/\S+$/.test(text) ? safe(text) : asSentence(text))

function causes(error: Error): string {
  const {cause} = error
  return cause instanceof Error ? `because: ${safe(cause.message)}\n${causes(cause)}` : ''
}

function colourChoice(argv: readonly string[]): ColourChoice {
  const at = argv.findIndex((word) => word === '--color' || word.startsWith('--color='))
  const value = at === -1 ? undefined : (argv[at]?.split('=')[1] ?? argv[at + 1])
  return value === 'always' || value === 'never' ? value : 'auto'
}
