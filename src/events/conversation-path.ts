import {type Conversation, counterOf, type Counts, type Point, through} from './conversation.ts'

export interface Hop {
  readonly node: string
  readonly interface: string
  readonly direction: 'ingress' | 'egress'
  readonly forward: Counts
  readonly backward: Counts
}

interface Stop {
  readonly point: Point
  readonly enters: boolean
}

/** On one node: in before out. A packet that leaves by one end of a veth and comes in by the other goes through the node twice. */
const passes = {in: 0, outIntoPair: 1, inFromPair: 2, out: 3}
const mostStorey = 8

/** Interfaces in the order in which a packet from the source meets them. */
export function pathOf(
  {points}: Conversation,
  {from, to}: {readonly from: string | undefined; readonly to: string | undefined},
): readonly Hop[] {
  const stops = [...points.values()].map((point) => ({point, enters: entersForward(point.counts)}))
  const nodeRank = (node: string): number => (node === from ? 0 : node === to ? 2 : 1)
  return stops
    .map((stop) => ({hop: hopOf(stop), node: nodeRank(stop.point.state.node), rank: rankOf(stop, stops)}))
    .sort(
      (a, b) =>
        a.node - b.node ||
        a.hop.node.localeCompare(b.hop.node) ||
        a.rank - b.rank ||
        a.hop.interface.localeCompare(b.hop.interface),
    )
    .map(({hop}) => hop)
}

function hopOf({point: {state, index, counts}, enters}: Stop): Hop {
  return {
    node: state.node,
    interface: state.interfaces.nameOf(index),
    direction: enters ? 'ingress' : 'egress',
    forward: through(counts, true),
    backward: through(counts, false),
  }
}

/** Where a forward packet comes in, a backward one goes out. */
const entersForward = (counts: Float64Array): boolean =>
  (counts[counterOf(true, true)] ?? 0) + (counts[counterOf(false, false)] ?? 0) >=
  (counts[counterOf(true, false)] ?? 0) + (counts[counterOf(false, true)] ?? 0)

/** In through the port, then its bridge; out through the bridge, then its port. */
function rankOf(stop: Stop, stops: readonly Stop[]): number {
  const here = stops.filter(({point}) => point.state === stop.point.state)
  const isPaired = throughPair(stop, here)
  const storey = storeyOf(stop, here)
  if (stop.enters) return (isPaired ? passes.inFromPair : passes.in) * mostStorey + storey
  return (isPaired ? passes.outIntoPair : passes.out) * mostStorey + mostStorey - 1 - storey
}

const known = ({point: {state, index}}: Stop) => state.interfaces.get(index)
const isPair = (a: Stop, b: Stop): boolean => known(a)?.link === b.point.index && known(b)?.link === a.point.index

/** Ports of a bridge or bond, and what a VLAN stands on. */
const below = (stop: Stop, stops: readonly Stop[]): readonly Stop[] =>
  stops.filter(
    (other) =>
      known(other)?.master === stop.point.index || (known(stop)?.link === other.point.index && !isPair(stop, other)),
  )

function storeyOf(stop: Stop, stops: readonly Stop[], limit = mostStorey - 1): number {
  if (limit === 0) return 0
  return Math.max(0, ...below(stop, stops).map((each) => 1 + storeyOf(each, stops, limit - 1)))
}

function throughPair(stop: Stop, stops: readonly Stop[], limit = mostStorey): boolean {
  if (limit === 0) return false
  const isEnd = stops.some((other) => other.enters !== stop.enters && isPair(stop, other))
  return isEnd || below(stop, stops).some((each) => each.enters === stop.enters && throughPair(each, stops, limit - 1))
}
