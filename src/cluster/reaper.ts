import {spawn} from 'node:child_process'
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
/** A process that was killed has let go of everything by then; one that lives still ends in order. */
const dyingMs = 3000
/** An agent that lives lets go of its filters when its pod goes, which a node that is away does not confirm. */
const podsMs = 30_000
/** Each takes a process of 0.1 GB. */
const sweepsAtOnce = 4

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
  const [{connect}, {removePod}, {isLasting}] = await Promise.all([
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
      if (isLasting(cause)) return
      await delay(pause) // nobody reads what it says; the pod's own deadline comes after the last attempt
    }
  }
}

/** A place that cannot be reached does not keep the others waiting. */
async function sweepAll(options: ConnectOptions, places: Left['filters']): Promise<void> {
  const start = Date.now()
  let left = places
  for (let pause = firstPauseMs; left.length > 0 && Date.now() - start < longestMs;) {
    const queue = left.values()
    const failed: (readonly string[])[] = []
    const lane = async (): Promise<void> => {
      for (const place of queue) if (!(await sweep(options, place))) failed.push(place)
    }
    await Promise.all(Array.from({length: sweepsAtOnce}, lane))
    left = failed
    if (left.length > 0) await delay(pause)
    pause = Math.min(pause * 2, longestPauseMs)
  }
}

/** As the plugin is called, in a process of its own: what removes filters needs all of it. */
async function sweep(options: ConnectOptions, cleanup: readonly string[]): Promise<boolean> {
  const program = ['cli.js', '../cli.ts']
    .map((path) => join(import.meta.dirname, path))
    .find((path) => existsSync(path))
  if (program === undefined) return false
  const connection = cleanup.includes('local') ? [] : connectFlags(options)
  const child = spawn(process.execPath, [program, 'cleanup', '--for-reaper', ...connection, ...cleanup], {
    stdio: 'ignore',
  })
  return await new Promise((resolve) => {
    child.once('exit', (status) => resolve(status === 0))
    child.once('error', () => resolve(false))
  })
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
const reaped = Promise.all(pods.map((errand) => reap(options, errand)))
if (filters.length > 0) {
  await Promise.race([reaped, delay(podsMs)])
  await delay(dyingMs)
  await sweepAll(options, filters)
}
await reaped
process.exit(0)
