import type {AttachedHook} from '../protocol/message.ts'
import type {Direction} from '../protocol/settings.ts'
import type {FlowPrograms} from './flow-programs.ts'
import type {Attachment} from './native/attachment.ts'
import {NetlinkSocket} from './native/netlink.ts'
import {readDump} from './netlink-dump.ts'
import {filterDump, type Link, type TrafficFilter} from './rtnetlink.ts'

/** 1 is left to those who take it for granted; what runs first sees what others redirect or stop. */
const firstPriority = 2

export interface Hooked {
  readonly report: AttachedHook
  readonly attachment: Attachment
}

/** Filters of one run on clsact qdiscs, for kernels without TCX. */
export class ClsactFilters {
  readonly #programs: FlowPrograms
  readonly #remove: (index: number) => void
  readonly #handle: number
  readonly #made = new Set<number>()

  constructor(programs: FlowPrograms, {run, remove}: {run: string; remove: (index: number) => void}) {
    this.#programs = programs
    this.#remove = remove
    this.#handle = Number.parseInt(run.slice(-8), 16) || 1
  }

  attach(link: Link, direction: Direction, why: string): Hooked {
    const taken = filtersOn(link.index, direction).map(({priority}) => priority)
    let priority = firstPriority
    while (taken.includes(priority)) priority += 1
    const {index} = link
    const {attachment, madeQdisc} = this.#programs.attachClsact({
      index,
      direction,
      bare: link.isBare,
      priority,
      handle: this.#handle,
    })
    if (madeQdisc) this.#made.add(index)
    const first = Math.min(...taken)
    const after = first < priority ? `; runs after a filter of priority ${first}, which may hide packets from it` : ''
    return {attachment: this.#tidying(attachment, index), report: {direction, hook: 'clsact', why: why + after}}
  }

  /** Forgets an interface that is gone. */
  forget(index: number): void {
    this.#made.delete(index)
  }

  #tidying(attachment: Attachment, index: number): Attachment {
    const detach = (): void => {
      attachment.detach()
      if (this.#made.has(index) && isEmpty(index)) {
        this.#made.delete(index)
        this.#remove(index)
      }
    }
    return {detach, [Symbol.dispose]: detach}
  }
}

const isEmpty = (index: number): boolean =>
  filtersOn(index, 'ingress').length === 0 && filtersOn(index, 'egress').length === 0

function filtersOn(index: number, direction: Direction): readonly TrafficFilter[] {
  using socket = new NetlinkSocket(0)
  return readDump(socket, filterDump(index, direction)).flatMap((message) =>
    message.type === 'filter' ? [message.filter] : [],
  )
}
