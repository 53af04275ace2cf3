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

/** Of one node. A bridge may have hundreds of ports, and paths are found with every picture: nobody looks through all for each. */
interface Storeys {
  readonly byIndex: ReadonlyMap<number, Stop>
  readonly byMaster: ReadonlyMap<number | undefined, readonly Stop[]>
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
  const storeys = new Map(
    [...Map.groupBy(stops, ({point}) => point.state)].map(([state, here]) => [state, storeysOf(here)]),
  )
  const nodeRank = (node: string): number => (node === from ? 0 : node === to ? 2 : 1)
  return stops
    .map((stop) => ({
      hop: hopOf(stop),
      node: nodeRank(stop.point.state.node),
      rank: rankOf(stop, storeys.get(stop.point.state)),
    }))
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
function rankOf(stop: Stop, here: Storeys = storeysOf([stop])): number {
  const isPaired = throughPair(stop, here)
  const storey = storeyOf(stop, here)
  if (stop.enters) return (isPaired ? passes.inFromPair : passes.in) * mostStorey + storey
  return (isPaired ? passes.outIntoPair : passes.out) * mostStorey + mostStorey - 1 - storey
}

const known = ({point: {state, index}}: Stop) => state.interfaces.get(index)

const storeysOf = (here: readonly Stop[]): Storeys => ({
  byIndex: new Map(here.map((stop) => [stop.point.index, stop])),
  byMaster: Map.groupBy(here, (stop) => known(stop)?.master),
})

/** What the interface says it is linked to: the other end of a veth, which says the same of it, or what a VLAN stands on. */
function linkedTo(stop: Stop, {byIndex}: Storeys): {readonly pair?: Stop; readonly ground?: Stop} {
  const link = known(stop)?.link
  const other = link === undefined ? undefined : byIndex.get(link)
  if (other === undefined) return {}
  return known(other)?.link === stop.point.index ? {pair: other} : {ground: other}
}

/** Ports of a bridge or bond, and what a VLAN stands on. */
function below(stop: Stop, here: Storeys): readonly Stop[] {
  const {ground} = linkedTo(stop, here)
  return [...(here.byMaster.get(stop.point.index) ?? []), ...(ground === undefined ? [] : [ground])]
}

function storeyOf(stop: Stop, here: Storeys, limit = mostStorey - 1): number {
  if (limit === 0) return 0
  return Math.max(0, ...below(stop, here).map((each) => 1 + storeyOf(each, here, limit - 1)))
}

function throughPair(stop: Stop, here: Storeys, limit = mostStorey): boolean {
  if (limit === 0) return false
  const {pair} = linkedTo(stop, here)
  if (pair !== undefined && pair.enters !== stop.enters) return true
  return below(stop, here).some((each) => each.enters === stop.enters && throughPair(each, here, limit - 1))
}
