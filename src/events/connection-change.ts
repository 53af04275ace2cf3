import {formatBytes} from '../address/text.ts'
import {
  clientKeyLayout as keyAt,
  type ConnectionEnd,
  connectionEnds,
  type ConnectionEvent,
  connectionEvents,
  connectionChangeLayout as layout,
  connectionLayout,
  reporters,
} from '../generated/client-layout.ts'
import type {Reporter} from '../protocol/clients.ts'

/** A connection that opened, closed, or could not be made. */
export interface ConnectionChange {
  readonly event: ConnectionEvent
  /** How it closed. */
  readonly end: ConnectionEnd
  readonly reporter: Reporter
  /** Without a port where the connect came to nothing before it had one. */
  readonly client: {readonly ip: string; readonly port?: number}
  readonly listener: {readonly ip: string; readonly port: number}
  readonly family: 4 | 6
  readonly socket: 4 | 6
  readonly network: number
  /** It was there at the start. */
  readonly isOld: boolean
  /** CLOCK_MONOTONIC. */
  readonly timeNs: bigint
  /** Absent where it began before the start. */
  readonly durationNs?: bigint
  /** Payload from the client, and to it, since the start. */
  readonly received: number
  readonly sent: number
}

/** struct connection_change, one after the other. */
export function* readChanges(records: Uint8Array): Generator<ConnectionChange> {
  const view = new DataView(records.buffer, records.byteOffset, records.byteLength)
  for (let at = 0; at + layout.size <= records.byteLength; at += layout.size) yield readChange(records, view, at)
}

function readChange(bytes: Uint8Array, view: DataView, at: number): ConnectionChange {
  const connection = at + layout.connection
  const key = connection + connectionLayout.key
  const family = view.getUint8(key + keyAt.family) === 0 ? 4 : 6
  const timeNs = view.getBigUint64(at + layout.time, true)
  const openedNs = view.getBigUint64(connection + connectionLayout.opened, true)
  const clientPort = view.getUint16(connection + connectionLayout.clientPort, true)
  const event = connectionEvents[view.getUint8(at + layout.event)] ?? 'opened'
  return {
    event,
    end: connectionEnds[view.getUint8(at + layout.end)] ?? 'finished',
    reporter: reporters[view.getUint8(key + keyAt.reporter)] ?? 'destination',
    client: {ip: formatBytes(bytes, family, key + keyAt.client), ...(clientPort !== 0 && {port: clientPort})},
    listener: {
      ip: formatBytes(bytes, family, connection + connectionLayout.address),
      port: view.getUint16(key + keyAt.port, true),
    },
    family,
    socket: view.getUint8(key + keyAt.socket) === 0 ? 4 : 6,
    network: view.getUint32(key + keyAt.network, true),
    isOld: view.getUint8(connection + connectionLayout.isOld) === 1,
    timeNs,
    ...(event === 'closed' && openedNs !== 0n && {durationNs: timeNs - openedNs}),
    received: Number(view.getBigUint64(connection + connectionLayout.received, true)),
    sent: Number(view.getBigUint64(connection + connectionLayout.sent, true)),
  }
}
