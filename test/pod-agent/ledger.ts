import {FlowLine} from '../../src/generated/flow-line.ts'
import {type DirectionTotals, readTotals, type Tally, type Totals} from '../../src/generated/totals.ts'
import {readBatch} from '../../src/protocol/batch.ts'
import type {Drained} from '../../src/protocol/message.ts'

/** Counts what an agent has said, over all its connections: no number twice, none left out. */
export class Ledger {
  received = -1
  drains = 0
  isFinal = false
  packets = 0
  bytes = 0
  /** Packets by destination port, UDP only. */
  readonly udp = new Map<number, number>()
  /** Records of copied packets, in pieces. */
  readonly copies: Uint8Array[] = []
  #totals: Totals | undefined

  /** Drains after which seen was not what became of it. */
  readonly imbalances: string[] = []

  /** Where it stops taking notice, as if the rest had been lost on the way. */
  deafAfter = Infinity

  enter(sequence: number, content: Uint8Array | Drained): void {
    if (sequence > this.deafAfter) return
    if (sequence !== this.received + 1) throw new Error(`message ${sequence} came after ${this.received}`)
    this.received = sequence
    if (content instanceof Uint8Array) {
      const {kind, records} = readBatch(content)
      if (kind === 'flows') this.#enterFlows(records)
      else if (kind === 'copies') this.copies.push(records)
      else if (kind === 'totals')
        this.#totals = readTotals(new DataView(records.buffer, records.byteOffset, records.byteLength))
      return
    }
    this.drains += 1
    this.isFinal = content.final
    const {seen, accounted} = this.balance
    const off = seen.packets - accounted.packets
    if (off !== 0) this.imbalances.push(`generation ${content.generation}, message ${sequence}: ${off} packets`)
  }

  /** Seen, and what became of it: equal when nothing was lost on the way. */
  get balance(): {seen: Tally; accounted: Tally} {
    const directions = Object.values(this.#totals?.directions ?? {})
    const sum = (of: (totals: (typeof directions)[number]) => readonly Tally[]): Tally => {
      const tallies = directions.flatMap((each) => of(each))
      return {packets: total(tallies.map((each) => each.packets)), bytes: total(tallies.map((each) => each.bytes))}
    }
    const elsewhere = sum(({otherFamily, rejected, overflow, undecodable}) => [
      otherFamily,
      rejected,
      overflow,
      ...Object.values(undecodable),
    ])
    const accounted = {packets: elsewhere.packets + this.packets, bytes: elsewhere.bytes + this.bytes}
    return {seen: sum(({seen}) => [seen]), accounted}
  }

  /** Of what came in, as of the last drain. */
  get ingress(): DirectionTotals {
    if (this.#totals === undefined) throw new Error('no totals have come')
    return this.#totals.directions.ingress
  }

  get overflow(): number {
    return total(Object.values(this.#totals?.directions ?? {}).map(({overflow}) => overflow.packets))
  }

  #enterFlows(records: Uint8Array): void {
    const lines = new FlowLine(records)
    for (let index = 0; index < lines.count; index++) {
      const line = lines.at(index)
      this.packets += line.packets
      this.bytes += line.bytes
      const port = line.destinationPort
      if (line.protocol === 17) this.udp.set(port, (this.udp.get(port) ?? 0) + line.packets)
    }
  }
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0)
