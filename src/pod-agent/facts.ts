import {setImmediate as nextTurn} from 'node:timers/promises'
import {formatIPv6} from '../address/text.ts'
import type {AddressFacts, InterfaceFacts, NeighbourFacts, NodeFacts, RouteFacts} from '../protocol/facts.ts'
import {
  type IndexedNeighbour,
  type LinkFacts,
  readAddressFacts,
  readLinkFacts,
  readNeighbourFacts,
  readRouteFacts,
  requests,
} from './facts-netlink.ts'
import type {NeighbourCounters} from './facts-neighbours.ts'
import type {Peers} from './facts-peers.ts'
import {readNodeSettings, readText} from './facts-settings.ts'
import {NetlinkSocket} from './native/netlink.ts'
import {readParts} from './netlink-dump.ts'
import type {DumpRequest} from './rtnetlink.ts'

/** A node of a large cluster has thousands of both; a full internet table is not even read to its end. */
const most = {routes: 1000, routesRead: 20_000, neighbours: 1000, neighboursRead: 20_000}

interface Known {
  readonly links: readonly LinkFacts[]
  readonly counters: NeighbourCounters
  readonly peers: Peers
}

/** What the kernel says now, of the network namespace that the calling thread is in. The event loop turns between one table and the next. */
export async function readFacts({links, counters, peers}: Known): Promise<NodeFacts> {
  const nameOf = new Map(links.map(({index, facts}) => [index, facts.name]))
  const routes = routesOf(nameOf)
  await nextTurn()
  const neighbours = neighboursOf(nameOf)
  await nextTurn()
  const interfaces = await interfacesOf(links, peers)
  await nextTurn()
  const table = counters.read()
  const warnings = [
    ...routes.warnings,
    ...neighbours.warnings,
    ...(peers.problem === undefined ? [] : [peers.problem]),
    ...(table === undefined ? ["The kernel's neighbour counters cannot be read from here."] : []),
  ]
  return {
    interfaces,
    routes: routes.kept,
    neighbours: {
      ...(table ?? {entries: neighbours.kept.length, tableFulls: 0, resolutionFailures: 0}),
      ...(neighbours.exempt > 0 && {exempt: neighbours.exempt}),
      known: neighbours.kept,
    },
    settings: readNodeSettings(),
    ...(warnings.length > 0 && {warnings}),
  }
}

/** The interfaces without their addresses. */
export const presentLinkFacts = (): readonly LinkFacts[] => [...dumpOf(requests.links, readLinkFacts)]

/** The interfaces again and again: of those that say the same as last time, nothing is read twice. Ten times cheaper than `presentLinkFacts`. */
export class LinkReader {
  #known = new Map<string, LinkFacts>()

  read(): readonly LinkFacts[] {
    const present = new Map<string, LinkFacts>()
    for (const [said, facts] of dumpOf(requests.links, (body) => this.#recall(body))) present.set(said, facts)
    this.#known = present
    return [...present.values()]
  }

  #recall(body: Buffer): readonly [said: string, facts: LinkFacts] {
    const said = body.toString('latin1')
    return [said, this.#known.get(said) ?? readLinkFacts(body)]
  }
}

function* dumpOf<Part>(
  request: DumpRequest,
  read: (body: Buffer) => Part | undefined,
  limit = Infinity,
): Generator<Part> {
  using socket = new NetlinkSocket(0)
  let count = 0
  for (const part of readParts(socket, request, read)) {
    if (count++ === limit) return
    yield part
  }
}

async function interfacesOf(links: readonly LinkFacts[], peers: Peers): Promise<readonly InterfaceFacts[]> {
  const addresses = Map.groupBy(dumpOf(requests.addresses, readAddressFacts), ({index}) => index)
  await nextTurn()
  const groups = groupsByIndex(readText('/proc/thread-self/net/igmp6') ?? '')
  return links.map((link) => {
    const peer = peers.of(link)
    const own: readonly AddressFacts[] = addresses.get(link.index)?.map(({address}) => address) ?? []
    const joined = groups.get(link.index) ?? []
    const isAdvertiser = joined.some(({group, users}) => group === 'ff02::2' && users > 1)
    const facts = {...link.facts, addresses: own, groups: joined.map(({group}) => group)}
    return {...facts, ...(isAdvertiser && {isAdvertiser}), ...(peer !== undefined && {peer})}
  })
}

interface JoinedGroup {
  readonly group: string
  /** The kernel is one: of ff02::2 where the interface forwards. */
  readonly users: number
}

/** Lines of /proc/net/igmp6: index, name, group in hexadecimal, users… */
export function groupsByIndex(text: string): ReadonlyMap<number, readonly JoinedGroup[]> {
  const found = new Map<number, JoinedGroup[]>()
  for (const line of text.split('\n')) {
    const [index, , group, users] = line.trim().split(/\s+/)
    if (index === undefined || group?.length !== 32) continue
    const groups = found.get(Number(index)) ?? []
    groups.push({group: formatIPv6(Buffer.from(group, 'hex')), users: Number(users)})
    found.set(Number(index), groups)
  }
  return found
}

interface Capped<Kept> {
  readonly kept: readonly Kept[]
  readonly warnings: readonly string[]
}

const rank = ({destination, protocol}: {destination: string; protocol: string}): number =>
  destination === 'default' ? 0 : protocol === 'ra' ? 1 : destination.startsWith('fe80:') ? 3 : 2

function routesOf(nameOf: ReadonlyMap<number, string>): Capped<RouteFacts> {
  const all = [...dumpOf(requests.routes, readRouteFacts, most.routesRead)]
  const kept = all
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, most.routes)
    .map(({index, ...route}) => ({...route, interface: nameOf.get(index) ?? String(index)}))
  const said = `${all.length === most.routesRead ? 'more than ' : ''}${all.length}`
  return {kept, warnings: all.length > kept.length ? [`Of ${said} IPv6 routes, ${kept.length} are told.`] : []}
}

/** Linux 58956317c8de, e997f8a20a57: neigh_alloc counts neither. */
const isExempt = ({state, proxy, isExternal}: IndexedNeighbour): boolean =>
  !proxy && (state === 'PERMANENT' || isExternal === true)

function neighboursOf(nameOf: ReadonlyMap<number, string>): Capped<NeighbourFacts> & {readonly exempt: number} {
  const isTold = ({ip, state}: IndexedNeighbour): boolean => state !== 'NOARP' && !ip.startsWith('ff')
  const all = [
    ...dumpOf(requests.proxies, readNeighbourFacts),
    ...dumpOf(requests.neighbours, readNeighbourFacts, most.neighboursRead),
  ].filter((each) => each.proxy || isTold(each))
  const kept = all
    .slice(0, most.neighbours)
    .map(({index, ...neighbour}) => ({...neighbour, interface: nameOf.get(index) ?? String(index)}))
  const cut = `Of ${all.length} IPv6 neighbours, ${kept.length} are told.`
  return {kept, exempt: all.filter(isExempt).length, warnings: all.length > kept.length ? [cut] : []}
}
