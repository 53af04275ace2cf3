import {type RecordLosses, writeLosses} from '../protocol/losses.ts'
import type {TracePrograms} from './trace-programs.ts'

/** What the other rings had no room for, told as a ring tells its records: when there is something new. */
export class LossRing {
  readonly #traces: Pick<TracePrograms, 'losses'>
  #told = 0

  constructor(traces: Pick<TracePrograms, 'losses'>) {
    this.#traces = traces
  }

  take(): {readonly records: Uint8Array; readonly count: number} {
    const {neighbours, retransmissions, dropCopies: drops} = this.#traces.losses
    const losses: RecordLosses = {neighbours, retransmissions, drops}
    const sum = neighbours + retransmissions + drops
    if (sum === this.#told) return {records: new Uint8Array(), count: 0}
    this.#told = sum
    return {records: writeLosses(losses), count: 1}
  }
}
