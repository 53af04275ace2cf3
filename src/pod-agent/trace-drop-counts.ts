import {formatBytes} from '../address/text.ts'
import {dropKeyLayout as layout, dropPairLayout as pairLayout, dropTallyLayout} from '../generated/trace-layout.ts'
import type {DropCount, DropKind, DropPair} from '../protocol/drops.ts'
import {type Hash, readAll} from './native/bpf-map.ts'
import type {Libbpf} from './native/libbpf.ts'

export interface DropTables {
  /** By kind: exact. */
  readonly kinds: Hash
  /** By kind and addresses, of which those longest unseen give way to new ones. */
  readonly pairs: Hash
  readonly cpus: number
}

export interface DropCountsOptions {
  readonly libbpf: Libbpf
  readonly tables: DropTables
  readonly kindOf: (view: DataView, at: number) => DropKind
  /** Whether anybody asked for what is dropped there. */
  readonly isChosen: (kind: DropKind) => boolean
}

interface Raw {
  readonly kind: DropKind
  readonly key: string
  /** Of its packets, those that were told by address. */
  paired: number
  /** And those that were not, when last looked at. */
  unpaired: number
}

interface Sum {
  readonly kind: DropKind
  count: number
  copied: number
  readonly pairs: Map<string, DropPair>
}

/** Pairs of one kind in one report, the largest first; the others are in its count alone. */
const mostPairs = 64

/** Turns the kernel's tables, which only grow, into what changed since the last look. */
export class DropCounts {
  readonly #options: DropCountsOptions
  readonly #raw = new Map<string, Raw>()
  readonly #told = new Map<string, number>()
  #toldPairs = new Map<string, number>()
  #passedOver = 0

  constructor(options: DropCountsOptions) {
    this.#options = options
  }

  /** Dropped where nobody asked for it. */
  get passedOver(): number {
    return this.#passedOver
  }

  /** At the end everything is told; until then a packet whose addresses are missing waits for the next look, which may find them. */
  changed({isFinal}: {readonly isFinal: boolean}): readonly DropCount[] {
    // First: what these hold is in the counts by kind already.
    const pairs = this.#newPairs()
    const sums = new Map<string, Sum>()
    this.#passedOver = 0
    for (const {raw, count, copied} of this.#kinds()) {
      const fresh = pairs.get(raw) ?? []
      raw.paired += fresh.reduce((sum, pair) => sum + pair.count, 0)
      const unpaired = Math.max(0, count - raw.paired)
      const ready = isFinal ? unpaired : Math.min(unpaired, raw.unpaired)
      raw.unpaired = unpaired
      if (!this.#options.isChosen(raw.kind)) this.#passedOver += count
      else addTo(sums, raw, {count: raw.paired + ready, copied, pairs: fresh})
    }
    return this.#untold(sums)
  }

  #untold(sums: ReadonlyMap<string, Sum>): readonly DropCount[] {
    const changed = [...sums].filter(([key, {count}]) => this.#told.get(key) !== count && count > 0)
    for (const [key, {count}] of changed) this.#told.set(key, count)
    return changed.map(([, {kind, count, copied, pairs}]) => ({...kind, count, copied, pairs: largest([...pairs.values()])})) // prettier-ignore
  }

  /** Several places in one function are one to whoever reads. */
  #rawOf(keys: Buffer, view: DataView, at: number): Raw {
    const bytes = keys.toString('latin1', at, at + layout.size)
    const known = this.#raw.get(bytes)
    if (known !== undefined) return known
    const kind = this.#options.kindOf(view, at)
    const raw = {kind, key: JSON.stringify(kind), paired: 0, unpaired: 0}
    this.#raw.set(bytes, raw)
    return raw
  }

  *#kinds(): Generator<{readonly raw: Raw; readonly count: number; readonly copied: number}> {
    const {cpus, kinds} = this.#options.tables
    for (const {keys, view, values, entry} of entries(this.#options.libbpf, kinds)) {
      const sum = (field: number): number =>
        sumOf(cpus, (cpu) => values.getBigUint64(entry * kinds.valueSize + cpu * dropTallyLayout.size + field, true))
      const raw = this.#rawOf(keys, view, entry * kinds.keySize)
      yield {raw, count: sum(dropTallyLayout.count), copied: sum(dropTallyLayout.copied)}
    }
  }

  #newPairs(): ReadonlyMap<Raw, readonly DropPair[]> {
    const {cpus, pairs} = this.#options.tables
    const fresh = new Map<Raw, DropPair[]>()
    const told = new Map<string, number>()
    for (const {keys, view, values, entry} of entries(this.#options.libbpf, pairs)) {
      const at = entry * pairs.keySize
      const count = sumOf(cpus, (cpu) => values.getBigUint64(entry * pairs.valueSize + cpu * 8, true))
      const key = keys.toString('latin1', at, at + pairs.keySize)
      const before = this.#toldPairs.get(key) ?? 0
      told.set(key, count)
      // Less than before: it had given way, and came again.
      const since = count < before ? count : count - before
      if (since === 0) continue
      const raw = this.#rawOf(keys, view, at)
      const list = fresh.get(raw) ?? []
      list.push({...addressesOf(keys, at, raw.kind), count: since})
      fresh.set(raw, list)
    }
    this.#toldPairs = told
    return fresh
  }
}

function addTo(
  sums: Map<string, Sum>,
  {key, kind}: Raw,
  each: {count: number; copied: number; pairs: readonly DropPair[]},
): void {
  const sum: Sum = sums.get(key) ?? {kind, count: 0, copied: 0, pairs: new Map()}
  sums.set(key, sum)
  sum.count += each.count
  sum.copied += each.copied
  for (const pair of each.pairs) {
    const name = `${pair.source} ${pair.destination}`
    sum.pairs.set(name, {...pair, count: pair.count + (sum.pairs.get(name)?.count ?? 0)})
  }
}

const largest = (pairs: readonly DropPair[]): readonly DropPair[] =>
  pairs.toSorted((a, b) => b.count - a.count).slice(0, mostPairs)

const addressesOf = (keys: Buffer, at: number, {family}: DropKind): Pick<DropPair, 'source' | 'destination'> => ({
  source: formatBytes(keys, family, at + pairLayout.source),
  destination: formatBytes(keys, family, at + pairLayout.destination),
})

const sumOf = (cpus: number, read: (cpu: number) => bigint): number => {
  let sum = 0n
  for (let cpu = 0; cpu < cpus; cpu++) sum += read(cpu)
  return Number(sum)
}

function* entries(
  libbpf: Libbpf,
  table: Hash,
): Generator<{readonly keys: Buffer; readonly view: DataView; readonly values: DataView; readonly entry: number}> {
  for (const {keys, values, count} of readAll(libbpf, table)) {
    const buffer = Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength)
    const view = new DataView(keys.buffer, keys.byteOffset, keys.byteLength)
    const valueView = new DataView(values.buffer, values.byteOffset, values.byteLength)
    for (let entry = 0; entry < count; entry++) yield {keys: buffer, view, values: valueView, entry}
  }
}
