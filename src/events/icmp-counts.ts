import type {Observation} from '../diagnosis/observation.ts'
import {type Direction, directions} from '../generated/words.ts'
import type {NodeState} from './node-state.ts'

/** The kernel's exact counts of ICMPv6 by type, from one look to the next. */
export class IcmpCounts {
  #before: Readonly<Record<Direction, readonly number[]>> | undefined;

  /** What was counted since the last call; nothing at the first. */
  *since({totals, drainSeconds, nowNs, interfaces}: NodeState): Generator<Observation> {
    const now = {ingress: sumOf(totals, 'ingress'), egress: sumOf(totals, 'egress')}
    const before = this.#before
    this.#before = now
    if (before === undefined) return
    const moved = (direction: Direction): readonly number[] =>
      now[direction].map((count, type) => count - (before[direction][type] ?? 0))
    const icmpv6 = {ingress: moved('ingress'), egress: moved('egress')}
    if (directions.every((direction) => icmpv6[direction].every((count) => count === 0))) return
    const counting = interfaces.all.filter(({hooks}) => hooks.length > 0).length
    yield {type: 'counts', timeNs: nowNs, seconds: drainSeconds, icmpv6, interfaces: Math.max(1, counting)}
  }
}

function sumOf(totals: NodeState['totals'], direction: Direction): readonly number[] {
  const sums = new Array<number>(256).fill(0)
  for (const each of totals)
    for (const [type, count] of each.directions[direction].icmpv6Types.entries()) sums[type] = (sums[type] ?? 0) + count
  return sums
}
