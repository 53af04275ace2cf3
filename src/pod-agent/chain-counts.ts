import {chainCountLayout, chainKeyLayout} from '../generated/kernel-layout.ts'
import {readAll} from './native/bpf-map.ts'
import type {Libbpf} from './native/libbpf.ts'

/** Different chains that find a place; an operator's network has a dozen. */
export const chainRoom = 1024

const tallySize = chainCountLayout.size - chainCountLayout.tally

/** One struct chain_count for each chain, summed over CPUs. */
export function readChainCounts(libbpf: Libbpf, {fd, cpus}: {readonly fd: number; readonly cpus: number}): Uint8Array {
  const pieces: Uint8Array[] = []
  const sizes = {keySize: chainKeyLayout.size, valueSize: cpus * tallySize}
  for (const {keys, values, count} of readAll(libbpf, {fd, ...sizes})) {
    for (let entry = 0; entry < count; entry++) {
      const record = new Uint8Array(chainCountLayout.size)
      record.set(keys.subarray(entry * sizes.keySize, (entry + 1) * sizes.keySize))
      const tallies = values.subarray(entry * sizes.valueSize, (entry + 1) * sizes.valueSize)
      addTallies(new DataView(record.buffer, chainCountLayout.tally), tallies)
      pieces.push(record)
    }
  }
  return Buffer.concat(pieces)
}

function addTallies(sum: DataView, tallies: Uint8Array): void {
  const view = new DataView(tallies.buffer, tallies.byteOffset, tallies.byteLength)
  for (let at = 0; at < tallies.byteLength; at += tallySize) {
    for (let word = 0; word < tallySize; word += 8) {
      sum.setBigUint64(word, sum.getBigUint64(word, true) + view.getBigUint64(at + word, true), true)
    }
  }
}
