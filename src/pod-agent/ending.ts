/** Why a run is over. */
export type EndReason = 'asked' | 'signal' | 'silence' | 'deadline'

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/** Settles with the first reason to end; a failure rejects it. */
export class Ending implements Disposable {
  readonly reached: Promise<EndReason>
  readonly #controller = new AbortController()
  readonly #deadline: NodeJS.Timeout
  #settle: {resolve: (reason: EndReason) => void; reject: (cause: unknown) => void}
  #silence: NodeJS.Timeout | undefined
  readonly #onSignal = (): void => this.end('signal')

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
