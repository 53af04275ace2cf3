import type {AttachedInterface} from '../protocol/message.ts'
import {sweptLines} from '../protocol/sweep.ts'
import type {End, SourceEvent} from '../session/source.ts'

/**
 * A filter of clsact outlives an agent that is killed. This side outlives it too, and sends another agent that removes what was left; the guard does
 * it where this side is killed as well.
 */
export class ClsactWatch {
  readonly #node: string
  readonly #guard: () => () => void
  #release: (() => void) | undefined

  /** `guard` is asked when filters are there first, and returns its release. */
  constructor(node: string, guard: () => () => void) {
    this.#node = node
    this.#guard = guard
  }

  see(event: SourceEvent): SourceEvent {
    const isSeen =
      (event.type === 'start' && event.hello.interfaces.some(isOnClsact)) ||
      (event.type === 'interface' && isOnClsact(event.change.interface))
    if (isSeen) this.#release ??= this.#guard()
    return event
  }

  /** Once the agent's process or pod is gone. */
  async *after(end: End, sweep: () => AsyncGenerator<SourceEvent, unknown>): AsyncGenerator<SourceEvent, void> {
    if (this.#release === undefined) return
    const isClean = end.stopped?.clean === true || (yield* this.#sweep(sweep))
    if (isClean) this.#release()
  }

  async *#sweep(sweep: () => AsyncGenerator<SourceEvent, unknown>): AsyncGenerator<SourceEvent, boolean> {
    try {
      for await (const event of sweep()) {
        if (event.type !== 'answer' || event.answer.type !== 'sweep') continue
        for (const line of sweptLines(event.answer.removed)) yield this.#notice(line)
      }
      return true
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      yield this.#notice(`What the agent left on clsact could not be removed (${why}); the next run there does it.`)
      return false
    }
  }

  #notice(text: string): SourceEvent {
    return {type: 'notice', node: this.#node, text}
  }
}

const isOnClsact = ({hooks}: AttachedInterface): boolean => hooks.some(({hook}) => hook === 'clsact')
