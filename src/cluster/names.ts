import {setTimeout as delay} from 'node:timers/promises'
import {explain, isStatus} from './api-failure.ts'
import {list} from './api.ts'
import type {ClusterConnection} from './connection.ts'
import {NameTable} from './name-table.ts'
import {type Metadata, type Node, nodes, type Pod, pods, type Resource, type Service, services} from './objects.ts'
import {watch} from './watch.ts'

export interface NameOptions {
  /** Ends the watching. */
  readonly signal: AbortSignal
  /** Told once for each kind of object whose names cannot be had. */
  readonly warn: (text: string) => void
}

interface FollowOptions extends NameOptions {
  readonly onList?: (first: FirstList) => void
}

interface Named {
  readonly metadata?: Metadata
}

interface Scope {
  /** Undefined: the whole cluster. */
  readonly namespace: string | undefined
}

interface Source<Kind> {
  readonly resource: Resource<Kind>
  readonly isNamespaced: boolean
  readonly set: (object: Kind) => void
  readonly remove: (uid: string) => void
  readonly absent: (present: ReadonlySet<string>) => readonly string[]
}

/** Large lists arrive in parts, so that no answer has to be held and parsed whole. */
const partSize = 500
const firstPauseMs = 500
const longestPauseMs = 15_000

/** What came of the first list: all of it is in the table, or the refusal says why none ever will be. */
export interface FirstList {
  readonly refusal?: Error
  /** Only this namespace may be listed. */
  readonly namespace?: string
}

export interface FollowedNames {
  readonly table: NameTable
  /** For those who cannot work without. Never settles while the API server does not answer. */
  readonly first: Readonly<Record<'pods' | 'services', Promise<FirstList>>>
}

/** Keeps a table of who has which address. It is empty at first and fills while rows are already shown. */
export function followNames(connection: ClusterConnection, options: NameOptions): FollowedNames {
  const table = new NameTable()
  void follow(connection, nodesInto(table), options)
  const first = <Kind extends Named>(source: Source<Kind>): Promise<FirstList> =>
    new Promise((resolve) => void follow(connection, source, {...options, onList: resolve}))
  return {table, first: {pods: first(podsInto(table)), services: first(servicesInto(table))}}
}

const podsInto = (table: NameTable): Source<Pod> => ({
  resource: pods,
  isNamespaced: true,
  set: (pod) => table.setPod(pod),
  remove: (uid) => table.removePod(uid),
  absent: (present) => table.absent('pods', present),
})

const nodesInto = (table: NameTable): Source<Node> => ({
  resource: nodes,
  isNamespaced: false,
  set: (node) => table.setNode(node),
  remove: (uid) => table.removeNode(uid),
  absent: (present) => table.absent('nodes', present),
})

const servicesInto = (table: NameTable): Source<Service> => ({
  resource: services,
  isNamespaced: true,
  set: (service) => table.setService(service),
  remove: (uid) => table.removeService(uid),
  absent: (present) => table.absent('services', present),
})

/** Lists, watches from there, and begins again when the watch cannot go on. Who may not see the cluster sees at least the own namespace. Ends without permission, or with the signal. */
async function follow<Kind extends Named>(
  connection: ClusterConnection,
  source: Source<Kind>,
  {signal, warn, onList}: FollowOptions,
): Promise<void> {
  const {resource, isNamespaced} = source
  let namespace: string | undefined
  let refusal: string | undefined
  let pause = firstPauseMs
  for (;;) {
    try {
      let version = await relist(connection, {...source, namespace}, signal)
      onList?.({...(namespace !== undefined && {namespace})})
      if (refusal !== undefined) warn(`Names outside namespace "${connection.namespace}" are not shown: ${refusal}`)
      refusal = undefined
      pause = firstPauseMs
      for (;;) version = await listen(connection, {...source, namespace, version}, signal)
    } catch (cause) {
      if (signal.aborted) return
      if (!isStatus(cause, 401, 403)) {
        await delay(pause, undefined, {signal}).catch(() => undefined) // aborted: the next request says so
        pause = Math.min(pause * 2, longestPauseMs)
      } else if (isNamespaced && namespace === undefined) {
        namespace = connection.namespace
        refusal = explained(connection, cause, resource.name)
      } else {
        warn(`Names of ${resource.name} are not shown: ${refusal ?? explained(connection, cause, resource.name)}`)
        const failure = explain(connection, cause, {verb: 'list', resource: resource.name})
        if (failure instanceof Error) onList?.({refusal: failure})
        return
      }
    }
  }
}

function explained(connection: ClusterConnection, cause: unknown, resource: string): string {
  const refusal = explain(connection, cause, {verb: 'list', resource})
  return refusal instanceof Error ? refusal.message : String(refusal)
}

/** One watch; returns where the next one continues. */
async function listen<Kind extends Named>(
  connection: ClusterConnection,
  {resource, set, remove, namespace, version}: Source<Kind> & Scope & {readonly version: string | undefined},
  signal: AbortSignal,
): Promise<string | undefined> {
  let latest = version
  const query = {resourceVersion: version}
  for await (const {type, object} of watch(connection, resource, {namespace, query, signal})) {
    latest = object.metadata?.resourceVersion ?? latest
    if (type === 'DELETED') remove(object.metadata?.uid ?? '')
    else if (type !== 'BOOKMARK') set(object)
  }
  // A server that ends every watch at once is not asked without pause.
  await delay(firstPauseMs, undefined, {signal})
  return latest
}

async function relist<Kind extends Named>(
  connection: ClusterConnection,
  {resource, set, remove, absent, namespace}: Source<Kind> & Scope,
  signal: AbortSignal,
): Promise<string | undefined> {
  const present = new Set<string>()
  let next: string | undefined
  for (;;) {
    const query = {limit: partSize, continue: next}
    const {items = [], metadata = {}} = await list(connection, resource, {namespace, query, signal})
    for (const object of items) {
      present.add(object.metadata?.uid ?? '')
      set(object)
    }
    next = metadata.continue
    if (next === undefined || next === '') {
      for (const uid of absent(present)) remove(uid)
      return metadata.resourceVersion
    }
  }
}
