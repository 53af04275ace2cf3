import {classOf} from '../address/class.ts'
import {parseAddress} from '../address/text.ts'
import type {JsonValue} from '../output/json.ts'
import {rfc3339} from '../output/time.ts'
import type {ClientCounts} from '../protocol/clients.ts'
import {type ClientListener, familyName, type Kind, kindsOf, type NamedTally, openOf, typeOf} from './client-book.ts'
import type {WorkloadRow} from './client-workloads.ts'
import type {ConnectionChange} from './connection-change.ts'
import {endObject} from './flow-json.ts'
import type {EndName} from './names.ts'

export interface ClientLineOrigin {
  readonly node: string
  readonly timeNs: bigint
}

type JsonObject = Readonly<Record<string, JsonValue>>

/** Since the start, like all that follows. Of UDP there are datagrams, and no connections. */
function countsObject(counts: ClientCounts, protocol: 'tcp' | 'udp'): JsonObject {
  const {existing, opened, closed, reset, timedOut, received, sent, datagramsReceived, datagramsSent} = counts
  const bytes = {bytesReceived: received, bytesSent: sent}
  return protocol === 'udp'
    ? {connections: 0, datagramsReceived, datagramsSent, ...bytes}
    : {
        connections: existing + opened,
        existing,
        opened: existing + opened,
        closed,
        open: openOf(counts),
        reset,
        timedOut,
        ...bytes,
      }
}

/** The contract's `client` line. */
export function clientObject(tally: NamedTally, {node, timeNs}: ClientLineOrigin): JsonObject {
  const {namespace, pod, workload, service} = tally.source ?? {}
  return {
    kind: 'client',
    time: rfc3339(timeNs),
    node,
    listener: {address: tally.listener, port: tally.port, protocol: tally.protocol},
    ip: tally.client,
    family: familyName(tally),
    type: typeOf(tally),
    ...countsObject(tally, tally.protocol),
    namespace,
    pod,
    workload,
    service,
    netns: tally.network,
  }
}

/** What a `listener` line says of clients, by family and type. */
export const kindsObject = ({clients, protocol}: ClientListener): JsonValue =>
  kindsOf(clients).map((kind) => ({...kindObject(kind), ...countsObject(kind.counts, protocol)}))

const kindObject = ({family, type, clients, isAtLeast}: Kind): JsonObject => ({
  family,
  type,
  clients,
  clientsAtLeast: isAtLeast ? true : undefined,
})

/** One workload with another, as one end counted it: `reporter` keeps those apart that are told by both. */
export function workloadObject(row: WorkloadRow, {node, timeNs}: ClientLineOrigin): JsonObject {
  const {reporter, source, destination, protocol, family, type, counts} = row
  const {refused, unanswered, unreachable} = counts
  return {
    kind: 'workload',
    time: rfc3339(timeNs),
    node,
    reporter,
    source: {...source},
    destination: {...destination},
    protocol,
    family,
    type,
    ...countsObject(counts, protocol),
    refused,
    unanswered,
    unreachable,
  }
}

/** The contract's `connection` line. Sent is what the listener's end sent, at both reporters. */
export function connectionObject(
  change: ConnectionChange,
  names: {readonly source: EndName | undefined; readonly destination: EndName | undefined},
  {node, timeNs}: ClientLineOrigin,
): JsonObject {
  const {event, end, reporter, client, listener, family, durationNs, received, sent, isOld, network} = change
  const isClosed = event === 'closed'
  const endpoint = ({ip, port}: typeof client, name: EndName | undefined): JsonValue =>
    endObject({ip, ...(port !== undefined && {port}), class: classOfText(ip), name})
  return {
    kind: 'connection',
    time: rfc3339(timeNs),
    node,
    event,
    source: endpoint(client, names.source),
    destination: endpoint(listener, names.destination),
    family: familyName({family}),
    type: typeOf(change),
    reporter,
    bytesSent: isClosed ? sent : undefined,
    bytesReceived: isClosed ? received : undefined,
    durationNs,
    end: isClosed ? end : undefined,
    existing: isOld ? true : undefined,
    netns: network,
  }
}

function classOfText(ip: string): ReturnType<typeof classOf> {
  const {bytes, family} = parseAddress(ip) ?? {bytes: new Uint8Array(16), family: 6 as const}
  return classOf(bytes, family)
}
