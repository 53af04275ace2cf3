import {directions, type FragmentPosition, fragmentPositions} from '../generated/words.ts'
import type {Totals} from '../generated/totals.ts'
import type {Palette} from '../output/colour.ts'
import type {JsonValue} from '../output/json.ts'
import {byteQuantity, exactCount, plural} from '../output/quantity.ts'
import {plainTable} from '../output/table.ts'
import type {Counts} from './conversation-row.ts'
import {type ChainRow, countHeaders, joinChains} from './extension-chains.ts'
import type {ExtensionNode} from './extension-node.ts'
import {type SourceRow, topSources} from './extension-sources.ts'
import {chainText} from './extension-text.ts'
import {plus} from './ledger.ts'

/** The end of a run, on one node or on several together. */
export interface ExtensionSummary {
  /** Exact, most packets first. */
  readonly chains: readonly ChainRow[]
  /** Packets whose chain found no place in the kernel's table. */
  readonly overflow: Counts
  /** Packets; exact. */
  readonly fragments: Readonly<Record<FragmentPosition, number>>
  /** Packets whose details were read, and by whom they were sent. */
  readonly copied: number
  readonly sources: readonly SourceRow[]
  /** Headers of the longest chain: the kernel counts 16 of them, copies show more. */
  readonly deepest: number
}

export interface Counted {
  readonly node: ExtensionNode
  /** Packets by mask of fragment positions, as many lists as were counted. */
  readonly fragmentSets: readonly (readonly number[])[]
  readonly overflow: Counts
}

/** What the kernel counted beside chains. */
export function countedOf(totals: readonly Totals[]): Omit<Counted, 'node'> {
  const all = totals.flatMap((each) => directions.map((direction) => each.directions[direction]))
  return {
    fragmentSets: all.map(({fragmentSets}) => fragmentSets),
    overflow: all.map(({chainsOverflow}) => chainsOverflow).reduce(plus, {packets: 0, bytes: 0}),
  }
}

export function extensionSummary(all: readonly Counted[], top: number): ExtensionSummary {
  const sets = all.flatMap(({fragmentSets}) => fragmentSets)
  const packetsAt = (bit: number): number => sets.reduce((sum, each) => sum + packetsWith(each, bit), 0)
  const sources = all.flatMap(({node}) => node.sources.rows)
  const chains = joinChains(all.flatMap(({node}) => node.chains.rows))
  const depths = [...chains.map(({headers}) => headers.length), ...sources.map((source) => source.deepest)]
  return {
    chains,
    overflow: all.map(({overflow}) => overflow).reduce(plus, {packets: 0, bytes: 0}),
    fragments: {first: packetsAt(0), later: packetsAt(1), last: packetsAt(2), atomic: packetsAt(3)},
    copied: all.reduce((sum, {node}) => sum + node.copied, 0),
    sources: topSources(sources, top),
    deepest: depths.reduce((most, each) => Math.max(most, each), 0),
  }
}

/** A set is a mask of positions: a chain can have several Fragment headers. */
const packetsWith = (sets: readonly number[], bit: number): number =>
  sets.reduce((sum, packets, set) => sum + (((set >> bit) & 1) === 1 ? packets : 0), 0)

const longestOf = (chains: readonly ChainRow[]): ChainRow | undefined =>
  chains.toSorted((a, b) => b.headers.length - a.headers.length)[0]

/** What the contract's `summary` line of this verb has more than that of others. */
export function extensionFields(summary: ExtensionSummary): Readonly<Record<string, JsonValue>> {
  const {chains, overflow, fragments, copied, sources} = summary
  return {
    chains: chains.map(({headers, protocol, direction, end, packets, bytes}) => ({
      headers,
      protocol,
      direction,
      end: end === 'decoded' ? undefined : end,
      packets,
      bytes,
    })),
    chainsOverflow: overflow.packets === 0 ? undefined : {...overflow},
    headers: Object.fromEntries([...countHeaders(chains)].map(([name, counts]) => [name, {...counts}])),
    deepest: summary.deepest,
    fragments: {...fragments},
    sources: {
      copied,
      of: chains.reduce(plus, overflow).packets,
      top: sources.map((row) => ({...row})),
    },
  }
}

/** Tables of what was met, the exact ones first. */
export function extensionText(
  summary: ExtensionSummary,
  palette: Palette,
  labelOf: (ip: string) => string | undefined,
): string {
  const {chains, overflow, fragments, copied, sources} = summary
  if (chains.length === 0) return '\nNo packet had extension headers.\n'
  const all = chains.reduce(plus, overflow).packets
  const positions = fragmentPositions.map((name) => `${exactCount(fragments[name])} ${name}`).join(', ')
  const longest = longestOf(chains)
  const sampled = `TOP SOURCES (of ${exactCount(copied)} copied out of ${plural(all, 'packet')})`
  const blocks = [
    tableOf(['CHAIN', 'DIRECTION', 'PACKETS', 'BYTES'], chains.map((row) => [chainText(row), row.direction ?? '', ...counted(row)]), palette), // prettier-ignore
    tableOf(['HEADER', 'PACKETS', 'BYTES'], [...countHeaders(chains)].map(([name, row]) => [name, ...counted(row)]), palette), // prettier-ignore
    longest === undefined ? '' : `deepest chain: ${plural(summary.deepest, 'header')} (${chainText(longest)})\n`,
    `fragments: ${positions}\n`,
    overflow.packets === 0 ? '' : palette.warning(`${plural(overflow.packets, 'packet')} had chains for which the kernel's table had no room.\n`), // prettier-ignore
    tableOf([sampled, 'DEEPEST', 'PACKETS', 'BYTES'], sources.map((row) => [sourceText(row.ip, labelOf), String(row.deepest), ...counted(row)]), palette), // prettier-ignore
  ]
  return `\n${blocks.filter((block) => block !== '').join('\n')}`
}

const counted = ({packets, bytes}: Counts): readonly string[] => [exactCount(packets), byteQuantity(bytes)]

function sourceText(ip: string, labelOf: (ip: string) => string | undefined): string {
  const label = labelOf(ip)
  return label === undefined ? ip : `${ip} (${label})`
}

function tableOf(title: readonly string[], rows: readonly (readonly string[])[], palette: Palette): string {
  if (rows.length === 0) return ''
  const columns = title.length
  const [first = '', ...rest] = plainTable([title, ...rows], [columns - 2, columns - 1]).split('\n')
  return [palette.quiet(first), ...rest].join('\n')
}
