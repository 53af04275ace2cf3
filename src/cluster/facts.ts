import type {NodeFacts} from '../protocol/facts.ts'
import {podBehind} from '../protocol/pod-behind.ts'
import {explain, isStatus} from './api-failure.ts'
import {list} from './api.ts'
import type {ClusterConnection} from './connection.ts'
import type {AddressName, NameTable} from './name-table.ts'
import {serviceRanges} from './objects.ts'

/** What the cluster says of one node's addresses and interfaces, in the shape that the rules of diagnosis ask for. */
export interface NamedFacts {
  readonly podPrefixes: readonly string[]
  readonly servicePrefixes: readonly string[]
  readonly nodeAddresses: readonly string[]
  readonly serviceAddresses: readonly string[]
  readonly nameOf: (addressOrMac: string) => string | undefined
  readonly podOfInterface: (name: string) => string | undefined
}

export interface KnownFacts {
  /** The node's latest; before they come, addresses alone have names. */
  readonly node: () => NodeFacts | undefined
  /** Of `readServicePrefixes`. */
  readonly servicePrefixes: () => readonly string[]
}

/** So long a list is taken as it was: rules ask with every packet. */
const keptMs = 1000

/** Reads the table as it is at the time of each question, lists at most a second later. */
export function clusterFacts(
  table: NameTable,
  {node, servicePrefixes}: KnownFacts,
  now: () => number = Date.now,
): NamedFacts {
  const pods = {
    podOf: (uid: string) => podText(table.podOf(uid)),
    podAt: (ip: string) => podText(table.lookup(ip)),
  }
  const lists = keptList(now, () => {
    const {podPrefixes, nodeAddresses, serviceAddresses} = table
    return {podPrefixes, nodeAddresses, serviceAddresses, ipOf: addressesByMac(node())}
  })
  return {
    get podPrefixes() {
      return lists().podPrefixes
    },
    get servicePrefixes() {
      return servicePrefixes()
    },
    get nodeAddresses() {
      return lists().nodeAddresses
    },
    get serviceAddresses() {
      return lists().serviceAddresses
    },
    nameOf: (text) => nameText(table.lookup(lists().ipOf.get(text) ?? text)),
    podOfInterface: (name) => {
      const known = node()
      return known === undefined ? undefined : podBehind(known, name, pods)
    },
  }
}

function keptList<Value>(now: () => number, read: () => Value): () => Value {
  let kept: {readonly value: Value; readonly at: number} | undefined
  return () => {
    if (kept === undefined || now() - kept.at >= keptMs) kept = {value: read(), at: now()}
    return kept.value
  }
}

function addressesByMac(node: NodeFacts | undefined): ReadonlyMap<string, string> {
  const known = node?.neighbours.known.filter(({proxy}) => !proxy) ?? []
  return new Map(known.flatMap(({mac, ip}) => (mac === undefined || ip.startsWith('fe80:') ? [] : [[mac, ip]])))
}

const podText = (found: AddressName | undefined): string | undefined =>
  found?.pod === undefined ? undefined : `${found.namespace ?? ''}/${found.pod}`

const nameText = (found: AddressName | undefined): string | undefined =>
  podText(found) ?? (found?.service === undefined ? found?.node : `service ${found.namespace ?? ''}/${found.service}`)

interface ReadOptions {
  readonly signal: AbortSignal
  /** Told once, where they cannot be had. */
  readonly warn: (text: string) => void
}

/** The cluster's ServiceCIDR objects; none where the server does not have them (before Kubernetes 1.33) or the user may not list them. */
export async function readServicePrefixes(
  connection: ClusterConnection,
  {signal, warn}: ReadOptions,
): Promise<readonly string[]> {
  try {
    const {items = []} = await list(connection, serviceRanges, {namespace: undefined, signal})
    return items.flatMap(({spec}) => spec?.cidrs ?? [])
  } catch (cause) {
    if (signal.aborted || isStatus(cause, 404)) return []
    const failure = explain(connection, cause, {verb: 'list', resource: serviceRanges.name})
    warn(`The ranges of Services are not known: ${failure instanceof Error ? failure.message : String(failure)}`)
    return []
  }
}
