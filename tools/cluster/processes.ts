import {spawn} from 'node:child_process'
import {closeSync, openSync, readFileSync, writeFileSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import type {Paths} from './layout.ts'

export interface RunOptions {
  readonly input?: string | Uint8Array
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** What ends within a second needs no collector of garbage, nor another thread for it: a third of kubectl's CPU. */
const once = {GOGC: 'off', GOMAXPROCS: '1'}
/** What stays collects less often: memory is not what two cores are short of. */
const forLong = {GOGC: '400'}

/** Runs a command to its end and returns what it printed; a failure carries its stderr. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const [file = '', ...rest] = argv
  const limit = AbortSignal.timeout(options.timeoutMs ?? 30_000)
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit
  const env = {...process.env, ...once}
  const child = spawn(file, rest, {stdio: 'pipe', signal, killSignal: 'SIGKILL', env})
  const printed = {stdout: '', stderr: ''}
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text))
  // A command that ends without reading all of its input is judged by its status, not by the broken pipe.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  }).catch((error: unknown) => {
    throw new Error(`${argv.join(' ')}: ${limit.aborted ? 'ran into its time limit' : String(error)}`, {cause: error})
  })
  if (status !== 0) throw new Error(`${argv.join(' ')}: status ${String(status)}\n${printed.stderr || printed.stdout}`)
  return printed.stdout
}

export const runs = async (argv: readonly string[], options: RunOptions = {}): Promise<boolean> =>
  run(argv, options).then(
    () => true,
    () => false,
  )

/** Side by side; a failure is thrown when all have come to rest, so that none goes on behind a clean-up. */
export async function allSettled(steps: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(steps)).find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}

export interface Waiting {
  readonly timeoutMs: number
  readonly everyMs?: number
  readonly signal?: AbortSignal
}

/** Asks until the answer is yes; `what` is the sentence's subject when it never is. */
export async function waitFor(what: string, isSo: () => Promise<boolean> | boolean, waiting: Waiting): Promise<void> {
  const end = Date.now() + waiting.timeoutMs
  while (!(await isSo())) {
    waiting.signal?.throwIfAborted()
    if (Date.now() > end) throw new Error(`${what}: not within ${String(waiting.timeoutMs / 1000)} s`)
    await sleep(waiting.everyMs ?? 100)
  }
}

/** What is kept of a started program: enough to find it again, and to start it the same way. */
interface Daemon {
  readonly argv: readonly string[]
  readonly pid: number
  readonly startTicks: string
}

export function startDaemon(paths: Paths, name: string, argv: readonly string[]): void {
  const [file = '', ...rest] = argv
  const log = openSync(paths.log(name), 'a')
  const child = spawn(file, rest, {
    detached: true,
    stdio: ['ignore', log, log],
    env: {...process.env, ...forLong},
  })
  closeSync(log)
  if (child.pid === undefined) throw new Error(`${name}: ${file} cannot be started`)
  child.unref()
  const daemon: Daemon = {argv, pid: child.pid, startTicks: startTicks(child.pid) ?? ''}
  writeFileSync(paths.daemon(name), JSON.stringify(daemon))
}

export function restartDaemon(paths: Paths, name: string): void {
  if (isRunning(paths, name)) throw new Error(`${name} runs already`)
  startDaemon(paths, name, readDaemon(paths, name).argv)
}

export function isRunning(paths: Paths, name: string): boolean {
  const {pid, startTicks: ticks} = readDaemon(paths, name)
  return startTicks(pid) === ticks
}

/** Ends a program at once and waits until it is gone. */
export async function killDaemon(paths: Paths, name: string): Promise<void> {
  if (!isRunning(paths, name)) return
  process.kill(readDaemon(paths, name).pid, 'SIGKILL')
  await waitFor(`the end of ${name}`, () => !isRunning(paths, name), {timeoutMs: 5000, everyMs: 20})
}

/** The last lines that a component wrote, for the message about its failure. */
export function lastLines(paths: Paths, name: string): string {
  return readFileSync(paths.log(name), 'utf8').trimEnd().split('\n').slice(-8).join('\n')
}

// The cast: we wrote this file ourselves in startDaemon.
const readDaemon = (paths: Paths, name: string) => JSON.parse(readFileSync(paths.daemon(name), 'utf8')) as Daemon

/** When a process began, in clock ticks since boot: with the id it names one process for good. Gone and zombie are undefined. */
export function startTicks(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
