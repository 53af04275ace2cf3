/** One consumer, one producer that cannot wait: what was pushed is read in order, and an error comes after what preceded it. */
export class Queue<Item> {
  #items: Item[] = []
  #failure: Error | undefined
  #wake: (() => void) | undefined

  push(item: Item): void {
    this.#items.push(item)
    this.#wake?.()
  }

  fail(error: Error): void {
    this.#failure ??= error
    this.#wake?.()
  }

  /** Throws the failure once everything pushed before it was taken. */
  async take(): Promise<Item> {
    for (;;) {
      const item = this.#items.shift()
      if (item !== undefined) return item
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
  }
}
