/** Holds the entries used last, at most `limit`, and counts what it had to forget. */
export class BoundedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>()
  readonly #limit: number
  readonly #forget: ((value: Value) => void) | undefined
  /** All before it were forgotten or used again. */
  #walk: IterableIterator<Key> | undefined
  /** Entries set since it last went on. */
  #idle = 0
  #last: Key | undefined
  forgotten = 0

  /** Whoever keeps something beside hears what was forgotten. */
  constructor(limit: number, forget?: (value: Value) => void) {
    this.#limit = limit
    this.#forget = forget
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  /** Makes it the entry used last. */
  set(key: Key, value: Value): void {
    if (key !== this.#last) this.#entries.delete(key)
    this.#last = key
    this.#entries.set(key, value)
    if (this.#entries.size > this.#limit) this.#forgetOldest()
    // V8 keeps all that a map has grown out of while an iterator stands there.
    else if (++this.#idle > this.#entries.size) this.#walk = undefined
  }

  /** One walk serves many: a new one would pass again what was deleted since the map last grew. */
  #forgetOldest(): void {
    this.#idle = 0
    this.#walk ??= this.#entries.keys()
    let oldest = this.#walk.next()
    if (oldest.done === true) {
      this.#walk = this.#entries.keys()
      oldest = this.#walk.next()
    }
    if (oldest.done === true) return
    const value = this.#entries.get(oldest.value)
    this.#entries.delete(oldest.value)
    this.forgotten++
    if (value !== undefined) this.#forget?.(value)
  }

  getOrMake(key: Key, make: () => Value): Value {
    const value = this.#entries.get(key) ?? make()
    this.set(key, value)
    return value
  }

  delete(key: Key): void {
    this.#entries.delete(key)
  }

  entries(): IterableIterator<[Key, Value]> {
    return this.#entries.entries()
  }

  values(): IterableIterator<Value> {
    return this.#entries.values()
  }
}
