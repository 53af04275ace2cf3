import {constants} from 'node:os'
import type {SweepAnswer, SweptInterface} from '../protocol/sweep.ts'
import {findFiles} from './files.ts'
import {type ClsactPlace, detachFilter, makeClsact, removeClsact} from './native/attachment.ts'
import {check, NativeError} from './native/failure.ts'
import {type Libbpf, openLibbpf} from './native/libbpf.ts'
import {NetlinkSocket} from './native/netlink.ts'
import {readWholeDump} from './netlink-dump.ts'
import {observers} from './program-set.ts'
import {filterDump, type Link, linkDump, type TrafficFilter} from './rtnetlink.ts'
import {isAlive, isMarked, saysMade} from './run-mark.ts'

export interface QdiscTools {
  /** Makes the clsact qdisc; false where there is one. */
  make(index: number): Promise<boolean>
  remove(index: number): Promise<void>
  detach(place: ClsactPlace): Promise<void>
}

export const qdiscTools = (libbpf: Libbpf): QdiscTools => ({
  make: (index) => makeClsact(libbpf, index),
  remove: (index) => removeClsact(libbpf, index),
  detach: async (place) => void check('bpf_tc_detach', await detachFilter(libbpf, place)),
})

export interface Swept extends SweptInterface {
  /** A killed run had made the qdisc, whether or not it could be removed. */
  readonly isQdiscOurs: boolean
}

/** Removes what killed runs left in the network namespace of the calling thread. */
export async function answerSweep(): Promise<SweepAnswer> {
  const tools = qdiscTools(openLibbpf(findFiles().libbpf))
  const removed: SweptInterface[] = []
  for (const link of everyLink()) {
    const swept = await sweepLink(link, tools)
    if (swept !== undefined) removed.push({interface: swept.interface, filters: swept.filters, qdisc: swept.qdisc})
  }
  return {type: 'sweep', removed}
}

function everyLink(): readonly Link[] {
  using socket = new NetlinkSocket(0)
  return readWholeDump(socket, linkDump).flatMap((message) => (message.type === 'link' ? [message.link] : []))
}

/** Removes the filters that a killed run left on an interface: a filter of clsact stays when its process ends. */
export async function sweepLink({index, name}: Link, tools: QdiscTools): Promise<Swept | undefined> {
  const left = (['ingress', 'egress'] as const).flatMap((direction) =>
    filtersOn(index, direction)
      .filter((each) => isLeft(each))
      .map(({priority, handle}) => ({index, direction, priority, handle})),
  )
  if (left.length === 0) return undefined
  for (const place of left) await tools.detach(place)
  // Only the run that made the qdisc says so in its handles; of any other the qdisc is somebody else's.
  const isQdiscOurs = left.some(({handle}) => saysMade(handle))
  const isUnused = isQdiscOurs && isEmpty(index)
  if (isUnused) await tools.remove(index)
  return {interface: name, filters: left.length, qdisc: isUnused ? 'removed' : 'kept', isQdiscOurs}
}

export const isEmpty = (index: number): boolean =>
  filtersOn(index, 'ingress').length === 0 && filtersOn(index, 'egress').length === 0

/** libbpf names a filter by its program and the program's id. */
const isLeft = ({handle, name = ''}: TrafficFilter): boolean =>
  isMarked(handle) && observers.some((each) => name.startsWith(`${each}:[`)) && !isAlive(handle)

export function filtersOn(index: number, direction: ClsactPlace['direction']): readonly TrafficFilter[] {
  using socket = new NetlinkSocket(0)
  try {
    return readWholeDump(socket, filterDump(index, direction)).flatMap((message) =>
      message.type === 'filter' ? [message.filter] : [],
    )
  } catch (cause) {
    // A kernel without traffic control has none. Anything else is no answer: what is left there would pass for nothing.
    if (cause instanceof NativeError && cause.errno === constants.errno.EOPNOTSUPP) return []
    throw cause
  }
}
