import type {NodeFacts} from './facts.ts'

export interface PodLookup<Found> {
  /** By the UID of the Pod object. */
  readonly podOf: (uid: string) => Found | undefined
  /** The pod that has the address; not a node or a service. */
  readonly podAt: (ip: string) => Found | undefined
}

/**
 * The pod at the other end of one of the node's interfaces: the one whose network namespace the agent saw; where it may not look, the one
 * whose address is routed to the interface or is a neighbour on it.
 */
export function podBehind<Found>(
  {interfaces, routes, neighbours}: NodeFacts,
  name: string,
  {podOf, podAt}: PodLookup<Found>,
): Found | undefined {
  const link = interfaces.find((each) => each.name === name)
  const uid = link?.peer?.podUid
  if (uid !== undefined) return podOf(uid)
  if (link?.hasPeerElsewhere !== true) return undefined
  const routed = routes.filter((each) => each.interface === name && each.destination.endsWith('/128'))
  const near = neighbours.known.filter((each) => each.interface === name && !each.proxy)
  const ips = [...routed.map(({destination}) => destination.slice(0, -'/128'.length)), ...near.map(({ip}) => ip)]
  return ips.map((ip) => podAt(ip)).find((found) => found !== undefined)
}
