import {formatBytes} from '../address/text.ts'
import {clientKeyLayout as key, clientTallyLayout as tally, connectionLayout, reporters} from '../generated/client-layout.ts' // prettier-ignore
import type {ClientKey, ClientTally} from '../protocol/clients.ts'
import {type Hash, readAll} from './native/bpf-map.ts'
import type {Libbpf} from './native/libbpf.ts'

export interface ClientTables {
  readonly clients: Hash
  /** Of those for whom there is no room, by listener alone. */
  readonly crowds: Hash
  readonly connections: Hash
}

interface Live {
  received: number
  sent: number
}

/** Turns the kernel's tables, which only grow, into what changed since the last look. */
export class ClientTallies {
  readonly #libbpf: Libbpf
  readonly #tables: ClientTables
  readonly #told = new Map<string, {readonly text: string; readonly received: number; readonly sent: number}>()

  constructor(libbpf: Libbpf, tables: ClientTables) {
    this.#libbpf = libbpf
    this.#tables = tables
  }

  /** Closed connections are read first: one that closes meanwhile is missing until the next look, and none counts twice. */
  changed(): readonly ClientTally[] {
    const rows = [...this.#rows(this.#tables.clients, false), ...this.#rows(this.#tables.crowds, true)]
    const live = this.#live(new Set(rows.map(({bytes}) => bytes)))
    return rows.flatMap(({bytes, row}) => {
      const open = live.get(bytes) ?? {received: 0, sent: 0}
      const before = this.#told.get(bytes)
      const received = Math.max(row.received + open.received, before?.received ?? 0)
      const sent = Math.max(row.sent + open.sent, before?.sent ?? 0)
      const now = {...row, received, sent}
      const text = JSON.stringify(now)
      if (text === before?.text) return []
      this.#told.set(bytes, {text, received, sent})
      return [now]
    })
  }

  *#rows(table: Hash, isCrowd: boolean): Generator<{readonly bytes: string; readonly row: ClientTally}> {
    for (const {keys, values, count} of readAll(this.#libbpf, table)) {
      const [keyBytes, view] = [Buffer.from(keys.buffer, keys.byteOffset, keys.byteLength), viewOf(values)]
      for (let entry = 0; entry < count; entry++) {
        const [at, from] = [entry * key.size, entry * tally.size]
        const known = readKey(keyBytes, at, isCrowd)
        const address = formatBytes(values, known.family, from + tally.address)
        yield {
          bytes: keyBytes.toString('latin1', at, at + key.size),
          row: {...known, address, ...readCounts(view, from)},
        }
      }
    }
  }

  /** Bytes of what is open, by the key of the tally that it will be added to. */
  #live(known: ReadonlySet<string>): ReadonlyMap<string, Live> {
    const live = new Map<string, Live>()
    for (const {values, count} of readAll(this.#libbpf, this.#tables.connections)) {
      const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
      const view = viewOf(values)
      for (let at = 0; at < count * connectionLayout.size; at += connectionLayout.size) {
        if (view.getUint8(at + connectionLayout.isOpen) === 0) continue
        const own = bytes.toString('latin1', at, at + key.size)
        const filed = known.has(own) ? own : crowdOf(bytes.subarray(at, at + key.size))
        const sum = live.get(filed) ?? {received: 0, sent: 0}
        live.set(filed, sum)
        sum.received += u64(view, at + connectionLayout.received)
        sum.sent += u64(view, at + connectionLayout.sent)
      }
    }
    return live
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const u64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true))
const familyOf = (byte: number | undefined): 4 | 6 => (byte === 0 ? 4 : 6)

function readKey(bytes: Uint8Array, at: number, isCrowd: boolean): ClientKey {
  const view = viewOf(bytes)
  const family = familyOf(bytes[at + key.family])
  const socket = familyOf(bytes[at + key.socket])
  const reporter = reporters[bytes[at + key.reporter] ?? 0] ?? 'destination'
  return {
    reporter,
    // A socket is bound to an address of its own family, whoever speaks to it.
    listener: formatBytes(bytes, reporter === 'destination' ? socket : family, at + key.listener),
    port: view.getUint16(at + key.port, true),
    protocol: bytes[at + key.protocol] === 6 ? 'tcp' : 'udp',
    ...(!isCrowd && {client: formatBytes(bytes, family, at + key.client)}),
    family,
    socket,
    network: view.getUint32(at + key.network, true),
  }
}

const readCounts = (view: DataView, at: number) => ({
  existing: u64(view, at + tally.existing),
  opened: u64(view, at + tally.opened),
  closed: u64(view, at + tally.closed),
  reset: u64(view, at + tally.reset),
  timedOut: u64(view, at + tally.timedOut),
  refused: u64(view, at + tally.refused),
  unanswered: u64(view, at + tally.unanswered),
  unreachable: u64(view, at + tally.unreachable),
  received: u64(view, at + tally.received),
  sent: u64(view, at + tally.sent),
  datagramsReceived: u64(view, at + tally.datagramsReceived),
  datagramsSent: u64(view, at + tally.datagramsSent),
})

/** As tally_of in bpf/clients-socket.h files it. */
function crowdOf(own: Buffer): string {
  const crowd = Buffer.from(own)
  crowd.fill(0, key.client, key.client + 16)
  if (reporters[own[key.reporter] ?? 0] === 'source') {
    crowd.fill(0, key.listener, key.listener + 16)
    crowd.writeUInt16LE(0, key.port)
  }
  return crowd.toString('latin1')
}
