/** What is told beside counts of flows, where `feeds` asks for it. Layouts in `src/generated`. */
const recordKinds = [
  /** struct packet_copy and its bytes, one after the other, each padded to 8 bytes. */
  'copies',
  /** Exact counts by chain of headers, cumulative. */
  'chains',
  'neighbours',
  'retransmissions',
  /** Exact counts by reason and place, cumulative. */
  'drops',
  /** One dropped packet each, within a budget: a struct and its bytes, padded to 8 bytes. */
  'drop-copies',
  /** What the rings of the others had no room for, cumulative. */
  'losses',
  /** Who had clients, in names: what changed, cumulative. */
  'clients',
  /** struct connection_change: one that opened or closed each. */
  'connections',
] as const
export type RecordKind = (typeof recordKinds)[number]

/**
 * A binary message: 16 bytes of header, then raw records as the kernel wrote them (layouts in `src/generated`).
 * Little-endian: kind u32, sequence u32, generation u32, records u32.
 */
export const batchKinds = ['flows', 'totals', ...recordKinds] as const
export type BatchKind = (typeof batchKinds)[number]

export interface Batch {
  readonly kind: BatchKind
  /** Counts every message that carries counts, from 0; a gap or a repeat is a bug, a repeat after a resume is skipped. */
  readonly sequence: number
  readonly generation: number
  readonly count: number
  readonly records: Uint8Array
}

export const batchHeaderBytes = 16

export function writeBatchHeader(target: Uint8Array, batch: Omit<Batch, 'records'>): void {
  const view = new DataView(target.buffer, target.byteOffset, batchHeaderBytes)
  view.setUint32(0, batchKinds.indexOf(batch.kind), true)
  view.setUint32(4, batch.sequence, true)
  view.setUint32(8, batch.generation, true)
  view.setUint32(12, batch.count, true)
}

/** Views into the message, no copy. Throws RangeError on anything that no agent of this version sends. */
export function readBatch(message: Uint8Array): Batch {
  if (message.byteLength < batchHeaderBytes)
    throw new RangeError(`a batch of ${message.byteLength} bytes has no header`)
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const kind = batchKinds[view.getUint32(0, true)]
  if (kind === undefined) throw new RangeError(`batch kind ${view.getUint32(0, true)} is unknown`)
  return {
    kind,
    sequence: view.getUint32(4, true),
    generation: view.getUint32(8, true),
    count: view.getUint32(12, true),
    records: message.subarray(batchHeaderBytes),
  }
}
