import type {RecordKind} from '../protocol/batch.ts'
import type {Answer} from '../protocol/binding.ts'
import type {NodeFacts} from '../protocol/facts.ts'
import type {Hello, InterfaceChange, Stopped} from '../protocol/message.ts'

/** All counts of one swap of the kernel's tables. Records are raw, as `src/generated` reads them. */
export interface Drain {
  /** Flow lines, one after the other, in as many pieces as they arrived in. */
  readonly flows: readonly Uint8Array[]
  /** Per-CPU totals since the start, cumulative, one after the other; absent when nothing was seen since the last. */
  readonly totals: Uint8Array | undefined
  readonly generation: number
  /** CLOCK_MONOTONIC at the swap, ns. */
  readonly monotonicNs: bigint
  /** Taken after detaching: now seen = filtered + in flows + overflow + undecodable. */
  readonly final: boolean
  /** Handed over because a table is full: the refresh goes on with the next one. */
  readonly isPart?: boolean
}

/** What a run over one or several nodes tells, in order for each node: start, anything, end. */
export type SourceEvent =
  | {readonly type: 'start'; readonly node: string; readonly hello: Hello}
  | {readonly type: 'interface'; readonly node: string; readonly change: InterfaceChange}
  | {readonly type: 'drain'; readonly node: string; readonly drain: Drain}
  | {readonly type: 'records'; readonly node: string; readonly kind: RecordKind; readonly records: Uint8Array}
  | {readonly type: 'facts'; readonly node: string; readonly facts: NodeFacts}
  | {readonly type: 'answer'; readonly node: string; readonly answer: Answer}
  | {readonly type: 'notice'; readonly node: string; readonly text: string}
  | {readonly type: 'end'; readonly node: string; readonly end: End}

/** How it ended on one node: in order, or with the failure that ended it early. */
export interface End {
  readonly stopped?: Stopped
  /** Namespace and name of the pod that was removed. */
  readonly pod?: string
  readonly failure?: Error
}

export type FlowSource = AsyncIterable<SourceEvent>
