import {dropCopyLayout as copyLayout} from '../generated/trace-layout.ts'
import {batchHeaderBytes, type RecordKind, writeBatchHeader} from '../protocol/batch.ts'
import {type DropCopy, type DropKind, type DropReport, writeReport} from '../protocol/drops.ts'
import {interfaceGlob} from '../protocol/interface-glob.ts'
import type {Conversation} from './conversation.ts'
import type {Libbpf} from './native/libbpf.ts'
import type {RecordRing} from './record-ring.ts'
import {NodeCounters} from './trace-counters.ts'
import {DropCounts} from './trace-drop-counts.ts'
import {DropKinds} from './trace-drop-kinds.ts'
import {Networks} from './trace-networks.ts'
import type {TracePrograms} from './trace-programs.ts'
import {hidesSymbols} from './trace-symbols.ts'

interface DropFeedOptions {
  readonly traces: TracePrograms
  /** Copies alone are told without. */
  readonly hasCounts: boolean
  /** Patterns; none: every interface. */
  readonly interfaces?: readonly string[]
}

interface Tallies {
  readonly counts: DropCounts
  readonly counters: NodeCounters
  readonly networks: Networks
}

/** Tells what was dropped, in names: with each drain what changed. */
export class DropFeed {
  readonly warnings: readonly string[]
  readonly #traces: TracePrograms
  readonly #ring: RecordRing
  readonly #kinds = new DropKinds()
  readonly #isChosen: (kind: Pick<DropKind, 'interface'>) => boolean
  readonly #tallies: Tallies | undefined
  #rest = ''

  constructor(libbpf: Libbpf, {traces, hasCounts, interfaces = []}: DropFeedOptions) {
    this.#traces = traces
    this.#ring = traces.ring('drop_copies')
    this.#isChosen = dropChoice(interfaces)
    if (hasCounts)
      this.#tallies = {counts: this.#makeCounts(libbpf), counters: new NodeCounters(), networks: new Networks()}
    this.warnings = hidesSymbols()
      ? ['The kernel hides its symbols (kptr_restrict): drops are told without the function that dropped them.']
      : []
  }

  send(conversation: Conversation, {isFinal = false}: {readonly isFinal?: boolean} = {}): void {
    // Counts first: whatever they hold was copied by then.
    const report = this.#tallies === undefined ? undefined : this.#report(this.#tallies, isFinal)
    const copies = this.#copies()
    if (copies.length > 0) tell(conversation, 'drop-copies', writeReport(copies))
    if (report !== undefined) tell(conversation, 'drops', writeReport(report))
  }

  /** Undefined: nothing has changed. */
  #report({counts, counters, networks}: Tallies, isFinal: boolean): DropReport | undefined {
    const changed = counts.changed({isFinal})
    const {drops: uncounted, dropsFiltered, dropCopies: copiesLost} = this.#traces.losses
    const rest = {uncounted, filtered: dropsFiltered + counts.passedOver, copiesLost, counters: counters.moved()}
    const text = JSON.stringify(rest)
    if (changed.length === 0 && text === this.#rest) return undefined
    this.#rest = text
    const met = networks.meet(changed.flatMap(({network}) => (network === 0 ? [] : [network])))
    return {counts: changed, ...rest, networks: met}
  }

  #makeCounts(libbpf: Libbpf): DropCounts {
    return new DropCounts({
      libbpf,
      tables: this.#traces.dropTables,
      kindOf: (view, at) => this.#kinds.read(view, at),
      isChosen: this.#isChosen,
    })
  }

  #copies(): readonly DropCopy[] {
    const {records, count} = this.#ring.take()
    const size = records.byteLength / Math.max(count, 1)
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
    const all = Array.from({length: count}, (_, index): DropCopy => {
      const at = index * size
      const start = at + copyLayout.size
      const bytes = records.subarray(start, start + view.getUint16(at + copyLayout.captured, true))
      return {
        monotonicNs: String(view.getBigUint64(at + copyLayout.time, true)),
        ...this.#kinds.read(view, at + copyLayout.key),
        length: view.getUint32(at + copyLayout.length, true),
        bytes: Buffer.from(bytes).toString('base64'),
      }
    })
    return all.filter(this.#isChosen)
  }
}

/** Of a drop without an interface, that it is on none of those left out is all that can be said. */
function dropChoice(patterns: readonly string[]): (kind: Pick<DropKind, 'interface'>) => boolean {
  const excluded = patterns.filter((each) => each.startsWith('!')).map((each) => interfaceGlob(each.slice(1)))
  const included = patterns.filter((each) => !each.startsWith('!')).map((each) => interfaceGlob(each))
  return ({interface: name}) => {
    if (name === undefined) return included.length === 0
    return (included.length === 0 || included.some((each) => each.test(name))) && !excluded.some((each) => each.test(name)) // prettier-ignore
  }
}

function tell(conversation: Conversation, kind: RecordKind, records: Uint8Array): void {
  conversation.count((sequence) => {
    const header = new Uint8Array(batchHeaderBytes)
    writeBatchHeader(header, {kind, sequence, generation: 0, count: 1})
    return [header, records]
  })
}
