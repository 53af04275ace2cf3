/** Ctrl-C, SIGTERM, SIGHUP and a closed pipe end a run in order, all the same way; a further one says what is waited for. */
export class Interruption implements Disposable {
  readonly #controller = new AbortController()
  readonly #explain: () => void
  readonly #onSignal = (): void => this.ask()
  #timer: NodeJS.Timeout | undefined

  constructor(explain: () => void) {
    this.#explain = explain
    for (const signal of signals) process.on(signal, this.#onSignal)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** What a person asks for: the first time it ends the run, then it explains. */
  ask(): void {
    if (this.#controller.signal.aborted) this.#explain()
    this.#controller.abort()
  }

  stop(): void {
    this.#controller.abort()
  }

  /** setTimeout holds 31 bits: what is longer is beyond the agent's own limit anyway. */
  stopAfter(ms: number): void {
    this.#timer ??= setTimeout(() => this.stop(), Math.min(ms, 2 ** 31 - 1))
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    for (const signal of signals) process.off(signal, this.#onSignal)
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
