import type {Observation} from '../diagnosis/observation.ts'
import {type Direction, directions} from '../generated/words.ts'
import type {NodeState} from './node-state.ts'

interface Look {
  readonly timeNs: bigint
  readonly counts: Readonly<Record<Direction, readonly number[]>>
}

/** Over less, a few packets that come together are a high rate: the first drains are milliseconds apart. */
const leastNs = 1_000_000_000n

/** The kernel's exact counts of ICMPv6 by type, a second or more at a time. */
export class IcmpCounts {
  #before: Look | undefined;

  /** What was counted since the last time that something was given; nothing before a second has passed. */
  *since({
    totals,
    nowNs,
    interfaces,
  }: Pick<NodeState, 'totals' | 'nowNs' | 'interfaces'>): Generator<Extract<Observation, {type: 'counts'}>> {
    const before = this.#before
    if (before !== undefined && nowNs - before.timeNs < leastNs) return
    const counts = {ingress: sumOf(totals, 'ingress'), egress: sumOf(totals, 'egress')}
    this.#before = {timeNs: nowNs, counts}
    if (before === undefined) return
    const moved = (direction: Direction): readonly number[] =>
      counts[direction].map((count, type) => count - (before.counts[direction][type] ?? 0))
    const icmpv6 = {ingress: moved('ingress'), egress: moved('egress')}
    if (directions.every((direction) => icmpv6[direction].every((count) => count === 0))) return
    const counting = interfaces.all.filter(({hooks}) => hooks.length > 0).length
    const seconds = Number(nowNs - before.timeNs) / 1e9
    yield {type: 'counts', timeNs: nowNs, seconds, icmpv6, interfaces: Math.max(1, counting)}
  }
}

function sumOf(totals: NodeState['totals'], direction: Direction): readonly number[] {
  const sums = new Array<number>(256).fill(0)
  for (const each of totals)
    for (const [type, count] of each.directions[direction].icmpv6Types.entries()) sums[type] = (sums[type] ?? 0) + count
  return sums
}
