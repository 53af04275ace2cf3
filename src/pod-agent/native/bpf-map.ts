import {aside} from './aside.ts'
import {check} from './failure.ts'
import type {Libbpf} from './libbpf.ts'
import {Struct} from './words.ts'

const noEntry = -2

export interface Batch {
  readonly keys: Uint8Array
  readonly values: Uint8Array
  readonly count: number
}

export interface Hash {
  readonly fd: number
  readonly keySize: number
  /** Of a map with a value for each CPU: of all of them. */
  readonly valueSize: number
}

/** Takes every entry out of a hash, in batches. The bytes of a batch are good until the next one. */
export function takeAll(libbpf: Libbpf, map: Hash): Generator<Batch> {
  return batches(map, {name: 'bpf_map_lookup_and_delete_batch', call: libbpf.takeBatch})
}

/** Reads every entry of a hash, in batches. The bytes of a batch are good until the next one. */
export function readAll(libbpf: Libbpf, map: Hash): Generator<Batch> {
  return batches(map, {name: 'bpf_map_lookup_batch', call: libbpf.lookupBatch})
}

function* batches(
  map: Hash,
  {name, call}: {readonly name: string; readonly call: Libbpf['takeBatch']},
): Generator<Batch> {
  const batch = 4096
  const keys = new Uint8Array(batch * map.keySize)
  const values = new Uint8Array(batch * map.valueSize)
  const position = new Uint8Array(128)
  const count = new Struct(4)
  let from: Uint8Array | null = null
  for (;;) {
    count.u32(0, batch)
    const result = call(map.fd, from, position, keys, values, count.bytes, null)
    if (result !== noEntry) check(name, result)
    if (count.read(0) > 0) yield {keys, values, count: count.read(0)}
    if (result === noEntry) return
    from = position
  }
}

/** Puts a map into its slot again: the kernel returns when no program that began before still runs. Never on the event loop's thread. */
export async function waitForPrograms(libbpf: Libbpf, slots: {fd: number; slot: number; inner: number}): Promise<void> {
  const key = new Struct(4).u32(0, slots.slot)
  const value = new Struct(4).u32(0, slots.inner)
  check('bpf_map_update_elem', await aside(libbpf.update, slots.fd, key.bytes, value.bytes, 0))
}
