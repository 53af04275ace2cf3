import type {NodeEnd, NodeState} from '../events/node-state.ts'
import type {InterfaceChange} from '../protocol/message.ts'

/** One way to show a run. Each call returns when the reader has taken what there was to show. */
export interface View {
  started(state: NodeState): Promise<void>
  changed(state: NodeState, change: InterfaceChange): Promise<void>
  drained(state: NodeState): Promise<void>
  /** Something the user should know beside the results. */
  notice(node: string, text: string): void
  ended(node: string, end: NodeEnd): Promise<void>
  /** The summary; the last call. */
  finish(): Promise<void>
}
