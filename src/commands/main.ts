import {run} from '@oclif/core'
import {existsSync, readFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'
import {reportFailure, unknownVerb} from '../base-command.ts'
import {cannotWrite} from '../errors.ts'

const words = {'-h': '--help', '--version': 'version', '-V': 'version', help: '--help'} as const

/** For what no promise carried to `main`: says it and returns the exit status. */
export const reportBug = (error: unknown): number => reportFailure(error, {argv: process.argv})

/** Runs one command line and returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const output = watchOutput()
  const status = await answer(argv)
  const failure = await output()
  return failure === undefined ? status : Math.max(status, reportFailure(failure, {argv}))
}

/** Results that could not be written fail the run, however it ended; a reader that has gone (`| head`, a closed terminal) is no failure. */
function watchOutput(): () => Promise<Error | undefined> {
  let failure: Error | undefined
  // oclif's own listener throws what is not EPIPE, in the middle of the run.
  process.stdout.removeAllListeners('error')
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    const hasReaderGone = cause.code === 'EPIPE' || (cause.code === 'EIO' && process.stdout.isTTY)
    if (!hasReaderGone && cause.code !== 'ERR_STREAM_DESTROYED') failure ??= cannotWrite(cause)
  })
  process.stderr.on('error', () => undefined) // there is nowhere left to say it
  return async () => {
    await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
    return failure
  }
}

async function answer(argv: readonly string[]): Promise<number> {
  const [first = '--help', ...rest] = argv
  try {
    if (first === '__complete') {
      const {complete} = await import('./completion.ts')
      await complete(rest)
      return 0
    }
    const [verb, ...others] = spoken(first, rest)
    if (!verb.startsWith('-')) {
      const {commands} = await import('./index.ts')
      if (!Object.hasOwn(commands, verb)) throw unknownVerb(verb, Object.keys(commands))
    }
    await run([verb, ...others], packageOptions())
  } catch (error) {
    return reportFailure(error, {argv})
  }
  return Number(process.exitCode ?? 0)
}

/** `help observe` is `observe --help`. */
function spoken(first: string, rest: readonly string[]): readonly [string, ...string[]] {
  const [topic] = rest
  if (first === 'help' && topic !== undefined) return [topic, '--help']
  return [Object.hasOwn(words, first) ? words[first as keyof typeof words] : first, ...rest] // hasOwn does not narrow strings
}

/** oclif looks for commands itself unless it is told: this spares it the search and works in a bundle. */
function packageOptions(): {readonly root: string; readonly pjson: never} {
  const here = import.meta.dirname
  const root = rootAbove(here)
  const target = relative(root, existsSync(join(here, 'index.ts')) ? join(here, 'index.ts') : join(here, 'commands.js'))
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown> // our own file
  const oclif = {
    bin: 'kubectl-ipv6',
    // There are no topics; with a space, oclif would take the first argument for the rest of a verb.
    topicSeparator: ':',
    helpClass: {target, identifier: 'PluginHelp'},
    helpOptions: {maxWidth: 110, flagSortOrder: 'none'},
    commands: {strategy: 'explicit', target, identifier: 'commands'},
  }
  return {root, pjson: {...manifest, oclif} as never} // oclif's own type lists fields that it fills in itself
}

function rootAbove(folder: string): string {
  const parent = dirname(folder)
  return existsSync(join(folder, 'package.json')) || parent === folder ? folder : rootAbove(parent)
}
