import type {JsonValue} from '../output/json.ts'
import {rfc3339} from '../output/time.ts'
import type {Endpoint, FlowRow} from './flow-row.ts'

/** The contract's `flow` line. */
export const flowObject = (row: FlowRow, timeNs: bigint): JsonValue => ({
  kind: 'flow',
  time: rfc3339(timeNs),
  node: row.node,
  interface: row.interface,
  direction: row.direction,
  source: endObject(row.source),
  destination: endObject(row.destination),
  protocol: row.protocol,
  icmp: row.icmp === undefined ? undefined : {...row.icmp},
  packets: row.packets,
  bytes: row.bytes,
  total: {...row.total},
  first: rfc3339(row.firstNs),
  last: rfc3339(row.lastNs),
  tcpFlags: row.protocol === 'TCP' ? row.tcpFlags : undefined,
  headers: row.headers,
  fragments: row.fragments.length > 0 ? row.fragments : undefined,
})

export function endObject({ip, port, class: kind, name}: Endpoint): JsonValue {
  const {namespace, pod, workload, service, node} = name ?? {}
  return {ip, port, class: kind, namespace, pod, workload, service, node}
}
