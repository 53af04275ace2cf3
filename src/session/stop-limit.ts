/** An agent that was asked to stop gets further within this, or is given up; a dead one is noticed by its silence. */
const stopMs = 20_000

/** From the request to stop on an agent is waited for as long as it gets further, and no longer: also one that has never said hello. */
export class StopLimit implements Disposable {
  readonly #stop: AbortSignal
  readonly #begin: () => void
  #timer: NodeJS.Timeout | undefined

  constructor(stop: AbortSignal, giveUp: () => void) {
    this.#stop = stop
    this.#begin = () => (this.#timer = setTimeout(giveUp, stopMs))
    if (stop.aborted) this.#begin()
    else stop.addEventListener('abort', this.#begin)
  }

  /** Hundreds of interfaces take the kernel half a minute, and a slow tunnel takes its time for the last counts. */
  progress(): void {
    this.#timer?.refresh()
  }

  [Symbol.dispose](): void {
    this.#stop.removeEventListener('abort', this.#begin)
    clearTimeout(this.#timer)
  }
}
