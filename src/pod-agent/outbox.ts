/** Text, or a header and the records that follow it: joined by the socket, so that records are not copied once more. */
export type Message = string | readonly [header: Uint8Array, records: Uint8Array]

interface Kept {
  readonly sequence: number
  readonly message: Message
  readonly bytes: number
}

/**
 * Every message that carries counts, from the moment it is made until the client has acknowledged it.
 * A client that comes back gets what it lacks in order: no count twice, none left out.
 */
export class Outbox {
  #kept: Kept[] = []
  #next = 0
  #bytes = 0

  /** The number that the next message will have. */
  get next(): number {
    return this.#next
  }

  get unacknowledgedBytes(): number {
    return this.#bytes
  }

  add(make: (sequence: number) => Message): Message {
    const message = make(this.#next)
    const bytes =
      typeof message === 'string' ? Buffer.byteLength(message) : message[0].byteLength + message[1].byteLength
    this.#kept.push({sequence: this.#next, message, bytes})
    this.#next += 1
    this.#bytes += bytes
    return message
  }

  /** Acknowledges everything up to this number; numbers that were never sent are ignored. */
  acknowledge(sequence: number): void {
    if (sequence >= this.#next) return
    const remaining = this.#kept.findIndex((each) => each.sequence > sequence)
    const done = this.#kept.splice(0, remaining === -1 ? this.#kept.length : remaining)
    for (const each of done) this.#bytes -= each.bytes
  }

  /** The number of the first message that is still kept, or the next one's. */
  get first(): number {
    return this.#kept[0]?.sequence ?? this.#next
  }

  kept(): readonly Message[] {
    return this.#kept.map(({message}) => message)
  }
}
