import {setTimeout as delay} from 'node:timers/promises'
import {type BatchKind, batchHeaderBytes, writeBatchHeader} from '../protocol/batch.ts'
import type {Drained} from '../protocol/message.ts'
import {chainCountLayout, flowLineLayout} from '../generated/kernel-layout.ts'
import type {Conversation} from './conversation.ts'
import type {FlowPrograms} from './flow-programs.ts'

export const pieceBytes = 128 << 10

/** Moves what the kernel has counted to the client. */
export class Drains {
  readonly #programs: FlowPrograms
  readonly #conversation: Conversation
  #totals = Buffer.alloc(0)
  #chains = Buffer.alloc(0)

  constructor(programs: FlowPrograms, conversation: Conversation) {
    this.#programs = programs
    this.#conversation = conversation
  }

  /** All counts up to now, in one run of sequence numbers. A client that reads slowly slows this down, and the kernel's other generation counts on. Tells how many lines there were. */
  async drain({final}: {readonly final: boolean}): Promise<{readonly lines: number}> {
    const {generation, monotonicNs} = await this.#programs.swap()
    let lines = 0
    for (const piece of this.#programs.tables.take(pieceBytes)) {
      const count = piece.byteLength / flowLineLayout.size
      this.#send('flows', generation, {records: piece, count})
      lines += count
      while (!this.#conversation.canTakeMore) await delay(10)
    }
    const totals = Buffer.from(this.#programs.tables.totals())
    if (final || !totals.equals(this.#totals)) this.#send('totals', generation, {records: totals, count: 1})
    this.#totals = totals
    this.#sendChains(generation, final)
    this.#conversation.count((sequence) => {
      const drained: Drained = {type: 'drained', sequence, generation, monotonicNs: String(monotonicNs), final}
      return JSON.stringify(drained)
    })
    return {lines}
  }

  /** Cumulative, as the totals are. */
  #sendChains(generation: number, final: boolean): void {
    const records = Buffer.from(this.#programs.readChains() ?? [])
    if (records.byteLength === 0 || (!final && records.equals(this.#chains))) return
    this.#send('chains', generation, {records, count: records.byteLength / chainCountLayout.size})
    this.#chains = records
  }

  #send(kind: BatchKind, generation: number, {records, count}: {records: Uint8Array; count: number}): void {
    this.#conversation.count((sequence) => {
      const header = new Uint8Array(batchHeaderBytes)
      writeBatchHeader(header, {kind, sequence, generation, count})
      return [header, records]
    })
  }
}
