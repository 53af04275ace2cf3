import type {NodeEnd, NodeState} from '../events/node-state.ts'
import type {RecordKind} from '../protocol/batch.ts'
import type {Answer} from '../protocol/binding.ts'
import type {NodeFacts} from '../protocol/facts.ts'
import type {InterfaceChange} from '../protocol/message.ts'

/** One way to show a run. Each call returns when the reader has taken what there was to show. */
export interface View {
  started(state: NodeState): Promise<void>
  changed?(state: NodeState, change: InterfaceChange): Promise<void>
  drained?(state: NodeState): Promise<void>
  /** A part of a refresh came, and more of it follows. */
  filled?(state: NodeState): Promise<void>
  /** What a feed brought; only where one was asked for. */
  recorded?(state: NodeState, kind: RecordKind, records: Uint8Array): Promise<void>
  informed?(state: NodeState, facts: NodeFacts): Promise<void>
  /** To the question that was asked instead of observing. */
  answered?(state: NodeState, answer: Answer): Promise<void>
  /** Something the user should know beside the results. */
  notice(node: string, text: string): void
  ended?(node: string, end: NodeEnd): Promise<void>
  /** The summary; the last call. */
  finish(): Promise<void>
}
