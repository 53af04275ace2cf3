import {sweptText} from '../protocol/sweep.ts'
import type {AttachedHook} from '../protocol/message.ts'
import type {Direction} from '../protocol/settings.ts'
import type {FlowPrograms} from './flow-programs.ts'
import type {Attachment} from './native/attachment.ts'
import type {Link} from './rtnetlink.ts'
import {RunMark} from './run-mark.ts'
import {filtersOn, isEmpty, type QdiscTools, sweepLink} from './sweep.ts'

/** 1 is left to those who take it for granted; what runs first sees what others redirect or stop. */
const firstPriority = 2

export interface Hooked {
  readonly report: AttachedHook
  readonly attachment: Attachment
}

/** Filters of one run on clsact qdiscs, for kernels without TCX. */
export class ClsactFilters implements Disposable {
  readonly #programs: FlowPrograms
  readonly #tools: QdiscTools
  readonly #mark: RunMark
  readonly #made = new Set<number>()
  /** What was found and removed of runs that were killed, in sentences. */
  readonly removals: string[] = []

  constructor(programs: FlowPrograms, {run, ...tools}: QdiscTools & {readonly run: string}) {
    this.#programs = programs
    this.#tools = tools
    this.#mark = new RunMark(run)
  }

  /** Removes what killed runs left on an interface. */
  async sweep(link: Link): Promise<void> {
    const swept = await sweepLink(link, this.#tools)
    if (swept === undefined) return
    if (swept.isQdiscOurs && swept.qdisc === 'kept') this.#made.add(link.index)
    this.removals.push(sweptText(swept))
  }

  async attach(link: Link, direction: Direction, why: string): Promise<Hooked> {
    const {index, isBare} = link
    const taken = filtersOn(index, direction).map(({priority}) => priority)
    let priority = firstPriority
    while (taken.includes(priority)) priority += 1
    this.#mark.hold()
    if (await this.#tools.make(index)) this.#made.add(index)
    const handle = this.#mark.handle({made: this.#made.has(index)})
    try {
      const {attachment} = await this.#programs.attachClsact({index, direction, bare: isBare, priority, handle})
      const first = Math.min(...taken)
      const after = first < priority ? `; runs after a filter of priority ${first}, which may hide packets from it` : ''
      return {attachment: this.#tidying(attachment, index), report: {direction, hook: 'clsact', why: why + after}}
    } catch (cause) {
      await this.#tidy(index)
      throw cause
    }
  }

  /** Forgets an interface that is gone. */
  forget(index: number): void {
    this.#made.delete(index)
  }

  [Symbol.dispose](): void {
    this.#mark[Symbol.dispose]()
  }

  #tidying(attachment: Attachment, index: number): Attachment {
    const detach = async (): Promise<void> => {
      await attachment.detach()
      await this.#tidy(index)
    }
    return {detach, [Symbol.asyncDispose]: detach}
  }

  /** Takes the qdisc away if it is ours and nothing is on it. */
  async #tidy(index: number): Promise<void> {
    if (!this.#made.has(index) || !isEmpty(index)) return
    this.#made.delete(index)
    await this.#tools.remove(index)
  }
}
