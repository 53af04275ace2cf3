import {dropCopyLayout as copyLayout, dropKeyLayout as layout} from '../generated/trace-layout.ts'
import {batchHeaderBytes, type RecordKind, writeBatchHeader} from '../protocol/batch.ts'
import {type DropCopy, type DropCount, writeReport} from '../protocol/drops.ts'
import type {Conversation} from './conversation.ts'
import {readAll} from './native/bpf-map.ts'
import type {Libbpf} from './native/libbpf.ts'
import type {RecordRing} from './record-ring.ts'
import {NodeCounters} from './trace-counters.ts'
import type {TracePrograms} from './trace-programs.ts'
import {enumNames} from './trace-reasons.ts'
import {Symbols} from './trace-symbols.ts'

type DropKind = Omit<DropCount, 'count'>

/** Tells what was dropped, in names: with each drain what changed. */
export class DropFeed {
  readonly warnings: readonly string[]
  readonly #libbpf: Libbpf
  readonly #traces: TracePrograms
  readonly #ring: RecordRing
  readonly #reasons = enumNames('skb_drop_reason', {prefix: 'SKB_DROP_REASON_'})
  readonly #symbols = new Symbols()
  readonly #counters = new NodeCounters()
  readonly #told = new Map<string, number>()
  #rest = ''

  constructor(libbpf: Libbpf, traces: TracePrograms) {
    this.#libbpf = libbpf
    this.#traces = traces
    this.#ring = traces.ring('drop_copies')
    this.warnings = this.#symbols.isHidden
      ? ['The kernel hides its symbols (kptr_restrict): drops are told without the function that dropped them.']
      : []
  }

  send(conversation: Conversation): void {
    const copies = this.#copies()
    if (copies.length > 0) tell(conversation, 'drop-copies', writeReport(copies))
    const {drops: uncounted, dropCopies: copiesLost} = this.#traces.losses
    const rest = {uncounted, copiesLost, counters: this.#counters.moved()}
    const counts = this.#changed()
    const text = JSON.stringify(rest)
    if (counts.length === 0 && text === this.#rest) return
    this.#rest = text
    tell(conversation, 'drops', writeReport({counts, ...rest}))
  }

  /** Several places in one function are one to whoever reads. */
  #changed(): readonly DropCount[] {
    const sums = new Map<string, DropCount>()
    const table = this.#traces.dropTable
    for (const {keys, values, count} of readAll(this.#libbpf, table)) {
      const keyView = new DataView(keys.buffer, keys.byteOffset, keys.byteLength)
      const words = new BigUint64Array(values.buffer, values.byteOffset)
      const cpus = table.valueSize / 8
      for (let entry = 0; entry < count; entry++) {
        const kind = this.#kind(keyView, entry * table.keySize)
        const key = JSON.stringify(kind)
        const sum = words.subarray(entry * cpus, (entry + 1) * cpus).reduce((a, b) => a + b, 0n)
        sums.set(key, {...kind, count: (sums.get(key)?.count ?? 0) + Number(sum)})
      }
    }
    const changed = [...sums].filter(([key, {count}]) => this.#told.get(key) !== count)
    for (const [key, {count}] of changed) this.#told.set(key, count)
    return changed.map(([, each]) => each)
  }

  #kind(view: DataView, at: number): DropKind {
    return {
      ...this.#place(view, at),
      family: view.getUint8(at + layout.family) === 0 ? 4 : 6,
      protocol: view.getUint8(at + layout.protocol),
    }
  }

  #place(view: DataView, at: number): Pick<DropCount, 'reason' | 'symbol' | 'interface' | 'network'> {
    const reason = view.getUint32(at + layout.reason, true)
    const symbol = this.#symbols.nameOf(view.getBigUint64(at + layout.location, true))
    const name = Buffer.from(view.buffer, view.byteOffset + at + layout.name, layout.family - layout.name)
    const interfaceName = name.toString('utf8').replace(/\0.*$/s, '')
    return {
      reason: this.#reasons.get(reason) ?? `0x${reason.toString(16)}`,
      ...(symbol === undefined ? {} : {symbol}),
      ...(interfaceName === '' ? {} : {interface: interfaceName}),
      network: view.getUint32(at + layout.network, true),
    }
  }

  #copies(): readonly DropCopy[] {
    const {records, count} = this.#ring.take()
    const size = records.byteLength / Math.max(count, 1)
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
    return Array.from({length: count}, (_, index): DropCopy => {
      const at = index * size
      const start = at + copyLayout.size
      const bytes = records.subarray(start, start + view.getUint16(at + copyLayout.captured, true))
      return {
        monotonicNs: String(view.getBigUint64(at + copyLayout.time, true)),
        ...this.#place(view, at + copyLayout.key),
        length: view.getUint32(at + copyLayout.length, true),
        bytes: Buffer.from(bytes).toString('base64'),
      }
    })
  }
}

function tell(conversation: Conversation, kind: RecordKind, records: Uint8Array): void {
  conversation.count((sequence) => {
    const header = new Uint8Array(batchHeaderBytes)
    writeBatchHeader(header, {kind, sequence, generation: 0, count: 1})
    return [header, records]
  })
}
