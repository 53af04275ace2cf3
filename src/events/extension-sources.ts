import type {Packet} from '../packet/packet.ts'
import type {Counts} from './conversation-row.ts'

/** Who sent packets with extension headers, by those that were copied. */
export interface SourceRow extends Counts {
  readonly ip: string
  /** Headers of its longest chain. */
  readonly deepest: number
}

/** When there are more, the half that sent least is forgotten. */
const limit = 20_000

/** Who sends extension headers, of the packets that were copied. */
export class SourceBook {
  #rows = new Map<string, SourceRow>()

  get rows(): readonly SourceRow[] {
    return [...this.#rows.values()]
  }

  add({ip, chain, bytes}: Packet): void {
    if (ip === undefined) return
    const row = this.#rows.get(ip.source) ?? {ip: ip.source, packets: 0, bytes: 0, deepest: 0}
    this.#rows.set(ip.source, {
      ip: ip.source,
      packets: row.packets + 1,
      bytes: row.bytes + bytes,
      deepest: Math.max(row.deepest, chain.length),
    })
    if (this.#rows.size > limit) this.#rows = new Map(byPackets(this.rows).slice(0, limit / 2).map((each) => [each.ip, each])) // prettier-ignore
  }
}

const byPackets = (rows: readonly SourceRow[]): readonly SourceRow[] => rows.toSorted((a, b) => b.packets - a.packets)

/** Of several nodes as one, most packets first. */
export function topSources(rows: readonly SourceRow[], count: number): readonly SourceRow[] {
  const joined = new Map<string, SourceRow>()
  for (const row of rows) {
    const {packets, bytes, deepest} = joined.get(row.ip) ?? {packets: 0, bytes: 0, deepest: 0}
    joined.set(row.ip, {
      ip: row.ip,
      packets: packets + row.packets,
      bytes: bytes + row.bytes,
      deepest: Math.max(deepest, row.deepest),
    })
  }
  return byPackets([...joined.values()]).slice(0, count)
}
