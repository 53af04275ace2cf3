import {chainCountLayout as layout, chainKeyLayout as key} from '../generated/kernel-layout.ts'
import {chainEnds, type ChainEnd, type Direction, directions, families, type Family} from '../generated/words.ts'

/** Packets since the start that had these extension headers in this order. */
export interface ChainCount {
  readonly direction: Direction
  readonly family: Family
  /** Protocol numbers, at most 16. */
  readonly headers: readonly number[]
  /** What follows them; in a later fragment, what its Fragment header names. Of a chain that did not end: the header that could not be read. */
  readonly protocol: number
  readonly end: ChainEnd
  readonly packets: number
  readonly bytes: number
}

/** Reads the records of a `chains` batch (struct chain_count of bpf/flow.h). Each batch replaces the one before. */
export function readChains(records: Uint8Array): readonly ChainCount[] {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
  const count = Math.floor(records.byteLength / layout.size)
  return Array.from({length: count}, (_, index) => readChain(view, index * layout.size))
}

function readChain(view: DataView, at: number): ChainCount {
  const depth = view.getUint8(at + key.depth)
  return {
    direction: directions[view.getUint8(at + key.direction)] ?? 'ingress',
    family: families[view.getUint8(at + key.family)] ?? 'ipv6',
    headers: Array.from({length: depth}, (_, index) => view.getUint8(at + key.headers + index)),
    protocol: view.getUint8(at + key.protocol),
    end: chainEnds[view.getUint8(at + key.end)] ?? 'decoded',
    packets: Number(view.getBigUint64(at + layout.tally, true)),
    bytes: Number(view.getBigUint64(at + layout.tally + 8, true)),
  }
}
