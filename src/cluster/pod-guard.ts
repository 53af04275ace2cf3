import {type ChildProcess, spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {notBuilt} from '../errors.ts'
import {type Errand, writeErrand} from './errand.ts'
import type {ConnectOptions} from './kubeconfig.ts'

/** Sees that pods, and filters of clsact, go even when this process is killed: a reaper outlives it, with its end of a pipe as the sign. */
export class PodGuard implements Disposable {
  readonly #options: ConnectOptions
  #reaper: ChildProcess | undefined

  constructor(options: ConnectOptions) {
    this.#options = options
  }

  /** Returns the release, for when the pod is known to be gone. */
  guard(namespace: string, pod: string): () => void {
    this.#reaper ??= this.#start()
    this.#send({type: 'guard', namespace, pod})
    return () => this.#send({type: 'release', namespace, pod})
  }

  /** `cleanup`: the arguments of that verb which remove the filters. Returns the release, for when nothing can be left. */
  guardFilters(cleanup: readonly string[]): () => void {
    this.#reaper ??= this.#start()
    this.#send({type: 'guard-filters', cleanup})
    return () => this.#send({type: 'release-filters', cleanup})
  }

  /** Ends the reaper. Pods and filters that were not released are its to remove. */
  [Symbol.dispose](): void {
    this.#reaper?.stdin?.end()
    this.#reaper = undefined
  }

  #start(): ChildProcess {
    // A session of its own: neither Ctrl-C nor a closed terminal reaches it.
    const reaper = spawn(process.execPath, [reaperProgram()], {detached: true, stdio: ['pipe', 'ignore', 'ignore']})
    reaper.on('error', () => undefined) // without a reaper the pod's own deadline remains
    reaper.stdin.on('error', () => undefined)
    reaper.unref()
    reaper.stdin.write(writeErrand({type: 'connect', options: this.#options}))
    return reaper
  }

  #send(errand: Errand): void {
    this.#reaper?.stdin?.write(writeErrand(errand))
  }
}

/** Beside the bundle, in the bundle's parent, or beside this source. */
function reaperProgram(): string {
  const candidates = ['reaper.js', '../reaper.js', 'reaper.ts'].map((path) => join(import.meta.dirname, path))
  const found = candidates.find((path) => existsSync(path))
  if (found === undefined) throw notBuilt(candidates.join(', '))
  return found
}
