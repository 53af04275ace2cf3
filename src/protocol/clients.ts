import type {ListeningNamespace} from './binding.ts'

/** What `clients` asks of an agent, beside its filter. */
export interface ClientsQuestion {
  /** Every connection that opens and closes is told, not only the counts. */
  readonly connections: boolean
}

/** Which end is where it was counted: the listener's, or the client's. A connection within one kernel is told by both. */
export type Reporter = 'destination' | 'source'

/** What counts are kept by. */
export interface ClientKey {
  readonly reporter: Reporter
  /** What the listening socket is bound to; reported by the source: where it connects to. */
  readonly listener: string
  readonly port: number
  readonly protocol: 'tcp' | 'udp'
  /** Absent: all for whom the kernel's table had no room. */
  readonly client?: string
  /** Of the addresses. */
  readonly family: 4 | 6
  /** Of the socket that was counted at: 6 with family 4 is an IPv6 socket that holds ::ffff:a.b.c.d. */
  readonly socket: 4 | 6
  /** Inode of the network namespace. */
  readonly network: number
}

/** Since the start. */
export interface ClientCounts {
  /** Connections that were there at the start. */
  readonly existing: number
  readonly opened: number
  readonly closed: number
  /** Of the closed: by a reset of either end, and with an end that fell silent. */
  readonly reset: number
  readonly timedOut: number
  /** Connects that came to nothing. */
  readonly refused: number
  readonly unanswered: number
  readonly unreachable: number
  /** Payload from the client, and to it. */
  readonly received: number
  readonly sent: number
  /** Of UDP. */
  readonly datagramsReceived: number
  readonly datagramsSent: number
}

export interface ClientTally extends ClientKey, ClientCounts {
  /** Of the listener's end, as its latest connection or datagram had it. */
  readonly address: string
}

export interface ClientLosses {
  /** Opened, without room to follow them. */
  readonly untracked: number
  /** Connections and datagrams that are in no count: the tables were full. */
  readonly untallied: number
  /** Opened and closed connections that are counted, but not told. */
  readonly changes: number
  /** Left out by the filter. */
  readonly filtered: number
}

/** A `clients` batch: tallies that changed since the last. */
export interface ClientReport {
  readonly tallies: readonly ClientTally[]
  readonly losses: ClientLosses
  /** Who listens, as far as it was looked at anew. */
  readonly listeners?: readonly ListeningNamespace[]
}

export const writeClientReport = (report: ClientReport): Uint8Array => new TextEncoder().encode(JSON.stringify(report))

/** Agent and plugin are of one build: the layout hash in hello says so. */
export const readClientReport = (records: Uint8Array): ClientReport =>
  JSON.parse(new TextDecoder().decode(records)) as ClientReport
