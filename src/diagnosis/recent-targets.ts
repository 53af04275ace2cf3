interface Asked {
  at: number
  isAnswered: boolean
}

/** Different names of the last seconds, wherever the window begins; at most `limit` of them, those named last. */
export class RecentTargets {
  readonly #seconds: number
  readonly #limit: number
  /** Those named longest ago first. */
  readonly #asked = new Map<string, Asked>()
  #answered = 0

  constructor({seconds, limit}: {readonly seconds: number; readonly limit: number}) {
    this.#seconds = seconds
    this.#limit = limit
  }

  /** As of the last question. */
  get size(): number {
    return this.#asked.size
  }

  get silent(): number {
    return this.#asked.size - this.#answered
  }

  ask(target: string, at: number): void {
    const asked = this.#asked.get(target) ?? {at, isAnswered: false}
    asked.at = at
    this.#asked.delete(target)
    this.#asked.set(target, asked)
    for (const [oldest, {at: then, isAnswered}] of this.#asked) {
      if (at - then <= this.#seconds && this.#asked.size <= this.#limit) return
      this.#asked.delete(oldest)
      if (isAnswered) this.#answered--
    }
  }

  answer(target: string): void {
    const asked = this.#asked.get(target)
    if (asked === undefined || asked.isAnswered) return
    asked.isAnswered = true
    this.#answered++
  }
}
