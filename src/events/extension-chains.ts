import type {ChainEnd, Direction} from '../generated/words.ts'
import {extensionNames, isUpperLayer, noNextHeader} from '../packet/header-names.ts'
import type {ExtensionName} from '../packet/packet.ts'
import type {ChainCount} from './chains.ts'
import type {Counts} from './conversation-row.ts'
import {add} from './ledger.ts'
import {protocolName} from './protocol-names.ts'

/** `cut`: the capture holds only the beginning of the packet, which is no fault of it. */
export type ToldEnd = ChainEnd | 'cut'

/** One chain of extension headers in one direction, with every packet that had it. */
export interface ChainRow extends Counts {
  /** Undefined where a capture does not tell. */
  readonly direction: Direction | undefined
  /** By name, outermost first. */
  readonly headers: readonly string[]
  /** What follows them; of a chain that did not end, the header that could not be read. */
  readonly protocol: string
  readonly end: ToldEnd
}

export type CountedChain = Omit<ChainCount, 'direction' | 'family' | 'end'> & Pick<ChainRow, 'direction' | 'end'>

/** Exact counts by chain, as the kernel told them last. */
export class ChainBook {
  #rows: ReadonlyMap<string, ChainRow> = new Map()

  get rows(): readonly ChainRow[] {
    return [...this.#rows.values()]
  }

  /** Takes cumulative counts; returns the chains that were not there before. */
  learn(counts: readonly CountedChain[]): readonly ChainRow[] {
    const known = this.#rows
    const rows = joinChains(counts.map(chainRow))
    this.#rows = new Map(rows.map((row) => [keyOf(row), row]))
    return rows.filter((row) => !known.has(keyOf(row)))
  }
}

const keyOf = ({direction, headers, protocol, end}: ChainRow): string =>
  [direction ?? '?', end, protocol, ...headers].join(' ')

function chainRow({direction, headers, protocol, end, packets, bytes}: CountedChain): ChainRow {
  const names = headers.map((number) => extensionNames[number] ?? String(number))
  const next = end === 'decoded' ? upperName(headers, protocol) : (extensionNames[protocol] ?? protocolName(protocol))
  return {direction, headers: names, protocol: next, end, packets, bytes}
}

function upperName(headers: readonly number[], protocol: number): string {
  const last = headers.at(-1) ?? noNextHeader
  return protocolName(protocol === noNextHeader && isUpperLayer(extensionNames[last]) ? last : protocol)
}

/** The same chain counted in several places, as one; most packets first. */
export function joinChains(rows: readonly ChainRow[]): readonly ChainRow[] {
  const joined = new Map<string, ChainRow>()
  for (const row of rows) {
    const {packets, bytes} = joined.get(keyOf(row)) ?? {packets: 0, bytes: 0}
    joined.set(keyOf(row), {...row, packets: packets + row.packets, bytes: bytes + row.bytes})
  }
  return [...joined.values()].sort((a, b) => b.packets - a.packets)
}

/** Packets that had each header, once or more often. */
export function countHeaders(rows: readonly ChainRow[]): ReadonlyMap<string, Counts> {
  const headers = new Map<string, Counts>()
  for (const row of rows) for (const name of new Set(row.headers)) add(headers, name, row)
  return new Map([...headers].sort(([, a], [, b]) => b.packets - a.packets))
}

const numbers = new Map(Object.entries(extensionNames).map(([number, name]) => [name, Number(number)]))

/** Counts chains of a capture as the kernel's programs count those that pass. */
export class ChainTally {
  readonly #chains = new Map<string, CountedChain>()

  get counts(): readonly CountedChain[] {
    return [...this.#chains.values()]
  }

  add(packet: {
    readonly direction: Direction | undefined
    readonly headers: readonly ExtensionName[]
    readonly protocol: number
    readonly end: ToldEnd
    readonly bytes: number
  }): void {
    const {direction, headers, protocol, end, bytes} = packet
    const key = [direction ?? '', end, protocol, ...headers].join(' ')
    const known = this.#chains.get(key)
    this.#chains.set(key, {
      direction,
      headers: known?.headers ?? headers.map((name) => numbers.get(name) ?? 0),
      protocol,
      end,
      packets: (known?.packets ?? 0) + 1,
      bytes: (known?.bytes ?? 0) + bytes,
    })
  }
}
