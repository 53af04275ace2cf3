import {setTimeout as delay} from 'node:timers/promises'

/** Why a run is over. */
export type EndReason = 'asked' | 'signal' | 'silence' | 'deadline' | 'deserted'

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
/** How long a client may take to read its last counts. Who asked may be behind a slow tunnel, one that has fallen silent is hardly there. */
const patienceMs: Readonly<Record<EndReason, number>> = {asked: 20_000, signal: 3000, deadline: 3000, deserted: 3000, silence: 1000} // prettier-ignore

/** Settles with the first reason to end; a failure rejects it. */
export class Ending implements Disposable {
  readonly reached: Promise<EndReason>
  readonly #controller = new AbortController()
  readonly #deadline: NodeJS.Timeout
  #settle: {resolve: (reason: EndReason) => void; reject: (cause: unknown) => void}
  #silence: NodeJS.Timeout | undefined
  readonly #signalled = Promise.withResolvers<unknown>()
  readonly #onSignal = (): void => {
    this.#signalled.resolve(undefined)
    this.end('signal')
  }

  constructor(maxDurationMs: number) {
    const {promise, resolve, reject} = Promise.withResolvers<EndReason>()
    this.reached = promise
    this.reached.catch(() => undefined)
    this.#settle = {resolve, reject}
    this.#deadline = setTimeout(() => this.end('deadline'), maxDurationMs)
    for (const signal of signals) process.on(signal, this.#onSignal)
  }

  /** Aborted as soon as the end is reached. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  end(reason: EndReason): void {
    this.#settle.resolve(reason)
    this.#controller.abort()
  }

  /** Waits for a run's last work, whose client may not read, as long as the reason allows; a signal that follows it says that nobody waits any more. */
  async finish(work: Promise<void>): Promise<void> {
    const over = (reason: EndReason): Promise<void> => delay(patienceMs[reason], undefined, {ref: false})
    const signalled = this.#signalled.promise.then(() => over('signal'))
    await Promise.race([work, this.reached.then(over), signalled])
  }

  fail(cause: unknown): void {
    this.#settle.reject(cause)
    this.#controller.abort()
  }

  /** Ends when `silentMs` has grown to this, looked at no more often than needed. */
  watchSilence(silenceMs: number, silentMs: () => number): void {
    const remaining = silenceMs - silentMs()
    if (remaining <= 0) this.end('silence')
    else this.#silence = setTimeout(() => this.watchSilence(silenceMs, silentMs), remaining + 1)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#deadline)
    clearTimeout(this.#silence)
    for (const signal of signals) process.off(signal, this.#onSignal)
  }
}
