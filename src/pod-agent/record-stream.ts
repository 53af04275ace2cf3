import {batchHeaderBytes, type RecordKind, writeBatchHeader} from '../protocol/batch.ts'
import type {Conversation} from './conversation.ts'

/** Records that were written since the last call, and how many. */
interface Ring {
  take(): {readonly records: Uint8Array; readonly count: number}
}

/** Moves records from a ring to the client as they are. */
export class RecordStream {
  readonly #conversation: Conversation
  readonly #kind: RecordKind
  readonly #ring: Ring

  constructor(conversation: Conversation, {kind, ring}: {readonly kind: RecordKind; readonly ring: Ring}) {
    this.#conversation = conversation
    this.#kind = kind
    this.#ring = ring
  }

  /** What is in the ring now; from here on it is neither lost nor told twice. */
  send(): void {
    const {records, count} = this.#ring.take()
    if (count === 0) return
    this.#conversation.count((sequence) => {
      const header = new Uint8Array(batchHeaderBytes)
      writeBatchHeader(header, {kind: this.#kind, sequence, generation: 0, count})
      return [header, records]
    })
  }
}
