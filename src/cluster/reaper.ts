import {createInterface} from 'node:readline'
import {setTimeout as delay} from 'node:timers/promises'
import {type Errand, readErrand} from './errand.ts'
import type {ConnectOptions} from './kubeconfig.ts'

/** A program of its own: when the plugin ends without a word (SIGKILL, out of memory), it deletes the pods that the plugin had guarded. */
const longestMs = 10 * 60_000
const firstPauseMs = 500
const longestPauseMs = 15_000
/** Trying again changes none of these. */
const hopeless = ['no-kubeconfig', 'bad-kubeconfig', 'not-in-kubeconfig', 'not-allowed']

/** What the plugin asked for until its end of the pipe closed. */
async function listen(): Promise<{options: ConnectOptions; left: readonly Errand[]}> {
  const guarded = new Map<string, Errand>()
  let options: ConnectOptions = {}
  for await (const line of createInterface({input: process.stdin})) {
    const errand = readErrand(line)
    if (errand?.type === 'connect') options = errand.options
    if (errand?.type === 'guard') guarded.set(`${errand.namespace}/${errand.pod}`, errand)
    if (errand?.type === 'release') guarded.delete(`${errand.namespace}/${errand.pod}`)
    if (errand?.type === 'done') guarded.clear()
  }
  return {options, left: [...guarded.values()]}
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

for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => undefined)
const {options, left} = await listen()
await Promise.all(left.map((errand) => reap(options, errand)))
process.exit(0)
