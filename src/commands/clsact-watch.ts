import type {AttachedInterface} from '../protocol/message.ts'
import {sweptLines} from '../protocol/sweep.ts'
import type {End, SourceEvent} from '../session/source.ts'

/** A filter of clsact outlives an agent that is killed. This side outlives it too, and sends another agent that removes what was left. */
export class ClsactWatch {
  readonly #node: string
  #hasFilters = false

  constructor(node: string) {
    this.#node = node
  }

  see(event: SourceEvent): SourceEvent {
    if (event.type === 'start') this.#hasFilters ||= event.hello.interfaces.some(isOnClsact)
    if (event.type === 'interface') this.#hasFilters ||= isOnClsact(event.change.interface)
    return event
  }

  /** Once the agent's process or pod is gone. */
  async *after(end: End, sweep: () => AsyncGenerator<SourceEvent, unknown>): AsyncGenerator<SourceEvent, void> {
    if (!this.#hasFilters || end.stopped !== undefined) return
    try {
      for await (const event of sweep()) {
        if (event.type !== 'answer' || event.answer.type !== 'sweep') continue
        for (const line of sweptLines(event.answer.removed)) yield this.#notice(line)
      }
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      yield this.#notice(`What the agent left on clsact could not be removed (${why}); the next run there does it.`)
    }
  }

  #notice(text: string): SourceEvent {
    return {type: 'notice', node: this.#node, text}
  }
}

const isOnClsact = ({hooks}: AttachedInterface): boolean => hooks.some(({hook}) => hook === 'clsact')
