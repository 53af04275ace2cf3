import {writeSync} from 'node:fs'
import type {Size} from '../output/live/frame.ts'
import {type Key, readKeys} from '../output/live/keys.ts'
import {enterScreen, leaveScreen} from '../output/live/paint.ts'

export interface TerminalOptions {
  readonly onKey: (key: Key) => void
  /** The screen's content is unknown: draw all of it. */
  readonly onRedraw: () => void
}

/** The terminal while a live view is on it. However the process ends, short of SIGKILL, the screen it had before comes back. */
export class Terminal implements Disposable {
  readonly #options: TerminalOptions
  #isEntered = false
  readonly #onInput = (input: string): void => {
    for (const key of readKeys(input)) {
      if (key === 'suspend') this.#suspend()
      else this.#options.onKey(key)
    }
  }
  readonly #onExit = (): void => this.#restore()
  readonly #onContinue = (): void => this.#enter()
  readonly #onStop = (): void => this.#suspend()
  readonly #onResize = (): void => this.#options.onRedraw()

  constructor(options: TerminalOptions) {
    this.#options = options
    process.on('exit', this.#onExit)
    // Before anything is said about a bug: it would be said on the screen that goes.
    process.on('uncaughtExceptionMonitor', this.#onExit)
    process.on('SIGCONT', this.#onContinue)
    process.on('SIGTSTP', this.#onStop)
    process.stdout.on('resize', this.#onResize)
    process.stdin.setEncoding('utf8')
    process.stdin.on('error', ignoreHangUp)
    process.stdin.on('data', this.#onInput)
    this.#enter()
  }

  get size(): Size {
    return {columns: process.stdout.columns, rows: process.stdout.rows}
  }

  #enter(): void {
    process.stdin.setRawMode(true)
    process.stdin.resume()
    writeScreen(enterScreen)
    this.#isEntered = true
    this.#options.onRedraw()
  }

  #restore(): void {
    if (!this.#isEntered) return
    this.#isEntered = false
    writeScreen(leaveScreen)
    process.stdin.setRawMode(false)
  }

  /** Stopped as by the shell's own Ctrl-Z; agents wait for ten seconds. */
  #suspend(): void {
    this.#restore()
    process.kill(process.pid, 'SIGSTOP')
  }

  [Symbol.dispose](): void {
    this.#restore()
    process.stdin.pause()
    process.stdin.off('data', this.#onInput)
    process.stdout.off('resize', this.#onResize)
    process.off('SIGTSTP', this.#onStop)
    process.off('SIGCONT', this.#onContinue)
    process.off('uncaughtExceptionMonitor', this.#onExit)
    process.off('exit', this.#onExit)
  }
}

/** A terminal that was closed answers everything with EIO; SIGHUP ends the run then, and there is no screen left to restore. */
function ignoreHangUp(cause: unknown): void {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'EIO')) throw cause
}

function writeScreen(text: string): void {
  try {
    writeSync(1, text)
  } catch (cause) {
    ignoreHangUp(cause)
  }
}
