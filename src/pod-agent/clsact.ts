import type {AttachedHook} from '../protocol/message.ts'
import type {Direction} from '../protocol/settings.ts'
import type {FlowPrograms} from './flow-programs.ts'
import type {Attachment, ClsactPlace} from './native/attachment.ts'
import {NetlinkSocket} from './native/netlink.ts'
import {DumpRefusal, readDump} from './netlink-dump.ts'
import {observers} from './program-set.ts'
import {filterDump, type Link, type TrafficFilter} from './rtnetlink.ts'
import {isAlive, isMarked, RunMark, saysMade} from './run-mark.ts'

/** 1 is left to those who take it for granted; what runs first sees what others redirect or stop. */
const firstPriority = 2

export interface Hooked {
  readonly report: AttachedHook
  readonly attachment: Attachment
}

export interface QdiscTools {
  /** Makes the clsact qdisc; false where there is one. */
  make(index: number): Promise<boolean>
  remove(index: number): Promise<void>
  detach(place: ClsactPlace): Promise<void>
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

  /** Removes the filters that a killed run left on an interface: a filter of clsact stays when its process ends. */
  async sweep({index, name}: Link): Promise<void> {
    const left = (['ingress', 'egress'] as const).flatMap((direction) =>
      filtersOn(index, direction)
        .filter((each) => isLeft(each))
        .map(({priority, handle}) => ({index, direction, priority, handle})),
    )
    if (left.length === 0) return
    for (const place of left) await this.#tools.detach(place)
    // Only the run that made the qdisc says so in its handles; of any other the qdisc is somebody else's.
    if (left.some(({handle}) => saysMade(handle))) this.#made.add(index)
    const qdisc = (await this.#tidy(index))
      ? 'its clsact qdisc is gone too'
      : 'the clsact qdisc stays, which others made or use'
    this.removals.push(`Removed from ${name} what a killed run had left there: ${left.length} filters; ${qdisc}.`)
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

  /** Takes the qdisc away if it is ours and nothing is on it; tells whether. */
  async #tidy(index: number): Promise<boolean> {
    if (!this.#made.has(index) || !isEmpty(index)) return false
    this.#made.delete(index)
    await this.#tools.remove(index)
    return true
  }
}

const isEmpty = (index: number): boolean =>
  filtersOn(index, 'ingress').length === 0 && filtersOn(index, 'egress').length === 0

/** libbpf names a filter by its program and the program's id. */
const isLeft = ({handle, name = ''}: TrafficFilter): boolean =>
  isMarked(handle) && observers.some((each) => name.startsWith(`${each}:[`)) && !isAlive(handle)

function filtersOn(index: number, direction: Direction): readonly TrafficFilter[] {
  using socket = new NetlinkSocket(0)
  try {
    return readDump(socket, filterDump(index, direction)).flatMap((message) =>
      message.type === 'filter' ? [message.filter] : [],
    )
  } catch (cause) {
    // A kernel without traffic control has none.
    if (cause instanceof DumpRefusal) return []
    throw cause
  }
}
