import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {setTimeout as delay} from 'node:timers/promises'
import {type Errand, readErrand} from './errand.ts'
import type {ConnectOptions} from './kubeconfig.ts'

/** A program of its own: when the plugin ends without a word (SIGKILL, out of memory), it removes the pods and the filters that the plugin had guarded. */
const longestMs = 10 * 60_000
const firstPauseMs = 500
const longestPauseMs = 15_000
/** Trying again changes none of these. */
const hopeless = ['no-kubeconfig', 'bad-kubeconfig', 'not-in-kubeconfig', 'not-allowed']

/** A process that was killed has let go of everything by then; one that lives still ends in order. */
const dyingMs = 3000

interface Left {
  readonly options: ConnectOptions
  readonly pods: readonly Errand[]
  readonly filters: readonly (readonly string[])[]
}

/** What the plugin asked for until its end of the pipe closed. */
async function listen(): Promise<Left> {
  const guarded = new Map<string, Errand>()
  const filters = new Map<string, readonly string[]>()
  let options: ConnectOptions = {}
  for await (const line of createInterface({input: process.stdin})) {
    const errand = readErrand(line)
    if (errand?.type === 'connect') options = errand.options
    if (errand?.type === 'guard') guarded.set(`${errand.namespace}/${errand.pod}`, errand)
    if (errand?.type === 'release') guarded.delete(`${errand.namespace}/${errand.pod}`)
    if (errand?.type === 'guard-filters') filters.set(errand.cleanup.join(' '), errand.cleanup)
    if (errand?.type === 'release-filters') filters.delete(errand.cleanup.join(' '))
    if (errand?.type === 'done') guarded.clear()
  }
  return {options, pods: [...guarded.values()], filters: [...filters.values()]}
}

async function reap(options: ConnectOptions, errand: Errand): Promise<void> {
  if (errand.type !== 'guard') return
  // Loaded only now: a reaper that has nothing to do stays small.
  const [{connect}, {removePod}, {isCode}] = await Promise.all([
    import('./connection.ts'),
    import('./remove-pod.ts'),
    import('./api-failure.ts'),
  ])
  const start = Date.now()
  for (let pause = firstPauseMs; Date.now() - start < longestMs; pause = Math.min(pause * 2, longestPauseMs)) {
    try {
      await removePod(connect(options), {namespace: errand.namespace, name: errand.pod})
      return
    } catch (cause) {
      if (isCode(cause, ...hopeless)) return
      await delay(pause) // nobody reads what it says; the pod's own deadline comes after the last attempt
    }
  }
}

/** As the plugin is called, in a process of its own: what removes filters needs all of it. */
async function sweep(options: ConnectOptions, cleanup: readonly string[]): Promise<void> {
  const program = ['cli.js', '../cli.ts']
    .map((path) => join(import.meta.dirname, path))
    .find((path) => existsSync(path))
  if (program === undefined) return
  const argv = [program, 'cleanup', ...(cleanup.includes('local') ? [] : connectFlags(options)), ...cleanup]
  const start = Date.now()
  for (let pause = firstPauseMs; Date.now() - start < longestMs; pause = Math.min(pause * 2, longestPauseMs)) {
    const child = spawn(process.execPath, argv, {stdio: 'ignore'})
    const [status] = (await once(child, 'exit')) as [number | null]
    if (status === 0) return
    await delay(pause)
  }
}

/** The namespace of a pod is with the target. */
function connectFlags({kubeconfig, context, cluster, user, as, asGroup = []}: ConnectOptions): readonly string[] {
  const given = Object.entries({kubeconfig, context, cluster, user, as}).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  )
  return [...given, ...asGroup.map((group) => `--as-group=${group}`)]
}

for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => undefined)
const {options, pods, filters} = await listen()
await Promise.all(pods.map((errand) => reap(options, errand)))
if (filters.length > 0) await delay(dyingMs)
for (const each of filters) await sweep(options, each)
process.exit(0)
