import type {DropSample, Observation} from '../diagnosis/observation.ts'
import {decodeFrame} from '../packet/decode.ts'
import type {RecordKind} from '../protocol/batch.ts'
import {type DropCopy, readDropCopies} from '../protocol/drops.ts'
import {readRetransmissions} from './retransmission.ts'

/** What a feed brought that no line is made of, for the rules to judge by. `offsetNs`: from the kernel's clock to time since 1970. */
export function* readEvidence(kind: RecordKind, records: Uint8Array, offsetNs: bigint): Generator<Observation> {
  if (kind === 'retransmissions')
    for (const each of readRetransmissions(records, offsetNs)) yield {type: 'retransmission', ...each}
  if (kind === 'drop-copies')
    for (const copy of readDropCopies(records))
      yield {type: 'drop', timeNs: BigInt(copy.monotonicNs) + offsetNs, drop: sampleOf(copy)}
}

const sampleOf = ({reason, symbol, interface: name, bytes, length}: DropCopy): DropSample => ({
  reason,
  packet: decodeFrame({link: 'none', bytes: Buffer.from(bytes, 'base64'), length}),
  ...(symbol === undefined ? {} : {symbol}),
  ...(name === undefined ? {} : {interface: name}),
})
