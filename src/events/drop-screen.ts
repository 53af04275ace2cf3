import {palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import type {LiveColumn} from '../output/live/columns.ts'
import type {LiveRow, LiveScreen} from '../output/live/frame.ts'
import {sparkline} from '../output/live/sparkline.ts'
import {exactCount, packetRate, plural, shortDuration, siQuantity} from '../output/quantity.ts'
import {formatTime} from '../output/time.ts'
import {padEnd} from '../output/width.ts'
import {packetText, pairText} from './drop-lines.ts'
import type {DropSums} from './drop-summary.ts'
import {type DropOrder, type RankedDrops, type TabledDrop} from './drop-table.ts'
import {meaningOf} from './drop-words.ts'
import {shortName} from './flow-text.ts'
import {icmpTypeName} from './icmp-names.ts'
import {footer, type LiveMoment, nodesText, titleLine} from './live-moment.ts'

export interface DropMoment extends LiveMoment<DropOrder> {
  readonly ranked: RankedDrops
  readonly sums: DropSums
  /** Benign drops are shown too. */
  readonly isAll: boolean
  /** What was asked for: targets and filters. */
  readonly title: string
}

const dropColumns: readonly LiveColumn[] = [
  {title: 'DROPS/S', align: 'right', least: 8, order: 0},
  {title: 'DROPPED', align: 'right', least: 7, order: 0},
  {title: 'BY', align: 'left', least: 14, order: 0},
  {title: 'BECAUSE', align: 'left', least: 26, order: 1},
  {title: 'PACKET', align: 'left', least: 12, order: 3},
  {title: 'INTERFACE', align: 'left', least: 9, order: 2, cutsMiddle: true},
  {title: 'POD/NETNS', align: 'left', least: 9, order: 3, cutsMiddle: true},
  {title: 'REASON', align: 'left', least: 13, order: 5, cutsMiddle: true},
  {title: 'FUNCTION', align: 'left', least: 12, order: 7, cutsMiddle: true},
  {title: 'LAST', align: 'right', least: 5, order: 6},
  {title: 'MOSTLY', align: 'left', least: 24, order: 4, cutsMiddle: true},
]
const sortColumns: Readonly<Record<DropOrder, number>> = {rate: 0, packets: 1, newest: 9}

export function dropScreen(moment: DropMoment): LiveScreen {
  const {choice, ranked, offset, page, isAll} = moment
  return {
    header: header(moment),
    columns: dropColumns,
    sortedBy: sortColumns[choice.sort],
    isReversed: choice.isReversed,
    rows: ranked.rows.slice(offset, offset + page).map((row) => liveRow(row, moment)),
    empty: emptyText(moment),
    ...footer(moment, [['a', isAll ? 'hide benign' : 'show benign']]),
  }
}

function emptyText({choice, sums, isAll}: DropMoment): string {
  if (choice.filter !== '') return `No drop matches "${escapeText(choice.filter)}".`
  return isAll || sums.total === 0
    ? 'No packet was dropped so far.'
    : 'No packet was dropped so far where anything is wrong; a shows the others.'
}

function header(moment: DropMoment): LiveScreen['header'] {
  const {choice, history, nodes, title, ranked} = moment
  const {rows, kinds, rate} = ranked
  const shown = choice.filter === '' ? plural(kinds, 'kind') : `${exactCount(rows.length)} of ${plural(kinds, 'kind')}`
  return [
    titleLine(`drops ${title}`, moment),
    [`${packetRate(rate)} dropped  ${sparkline(history, 30)}`, shown],
    [accountLine(moment), nodesText(nodes)],
    ['', ''],
  ]
}

/** Where every dropped packet went. */
function accountLine({sums, isAll}: DropMoment): string {
  const {total, benign, left, undecided, uncounted} = sums
  const parts = [
    [benign, isAll ? 'benign' : 'benign, not shown'],
    [left, 'left out by the filter on names'],
    [undecided, 'not judged by it'],
    [uncounted, 'more not counted by reason'],
  ] as const
  const told = parts.filter(([count]) => count > 0).map(([count, text]) => `${siQuantity(count)} ${text}`)
  return `dropped ${exactCount(total)}${told.length === 0 ? '' : `: ${told.join(', ')}`}`
}

function liveRow(row: TabledDrop, {choice, nodes}: DropMoment): LiveRow {
  const {kind, count, rate, node, lastNs} = row
  const {layer, text} = meaningOf(kind)
  const isSelected = row.key === choice.selected
  const nowNs = nodes.reduce((latest, {nowNs: each}) => (each > latest ? each : latest), 0n)
  const place = [...(nodes.length > 1 ? [node] : []), ...(kind.interface === undefined ? [] : [kind.interface])]
  return {
    cells: [
      rate === 0 ? '' : siQuantity(rate),
      siQuantity(count),
      layer,
      text,
      kind.icmpType === undefined ? packetText(kind) : icmpTypeName({family: kind.family, type: kind.icmpType}),
      escapeText(place.join(':')),
      ownerText(row),
      escapeText(kind.reason),
      escapeText(kind.symbol ?? ''),
      rate > 0 ? '' : shortDuration(Math.max(0, Number((nowNs - lastNs) / 1_000_000n))),
      mostlyText(row),
    ],
    isIdle: rate === 0,
    isSelected,
    details: isSelected && choice.isOpen ? dropDetails(row) : [],
  }
}

/** Whose network namespace dropped it, by the name that is known. */
const ownerText = ({pod, network}: TabledDrop): string => shortName(pod) ?? escapeText(network?.name ?? '')

function mostlyText({pairs: [first]}: TabledDrop): string {
  if (first === undefined) return ''
  return `${shortName(first.from) ?? first.source} → ${shortName(first.to) ?? first.destination}`
}

function whereText({kind, network, pod, node}: TabledDrop): string {
  const space = `network namespace ${escapeText(network?.name ?? String(kind.network))}`
  const name = shortName(pod)
  const owned = name === undefined ? space : `${space} of ${name}`
  return [escapeText(kind.interface ?? 'no interface'), owned, escapeText(node)].join(', ')
}

const label = (name: string): string => padEnd(name, 11)
const pairsShown = 8
const plain = palette(false)

/** What an opened row says: what the kernel said and what it means, where, and who sent to whom. */
export function dropDetails(row: TabledDrop): readonly string[] {
  const {kind, count, pairs, firstNs, lastNs} = row
  const {layer, text} = meaningOf(kind)
  const told = pairs.slice(0, pairsShown)
  const others = count - told.reduce((sum, pair) => sum + pair.count, 0)
  const lines: readonly (readonly [string, string])[] = [
    ['because', `${layer}: ${text}`],
    ['reason', escapeText([kind.reason, kind.symbol].filter((each) => each !== undefined).join(' in '))],
    ['packets', `${exactCount(count)} ${packetText(kind)}, ${kind.direction}`],
    ['where', whereText(row)],
    ...told.map((pair, i): readonly [string, string] => [
      i === 0 ? 'between' : '',
      `${exactCount(pair.count)} ${pairText(row, pair, plain)}`,
    ]),
    ['', others > 0 ? `${exactCount(others)} between others` : ''],
    ['time', `first ${formatTime(firstNs, 'local', 0n)}, last ${formatTime(lastNs, 'local', 0n)}`],
  ]
  return lines.filter(([, words]) => words !== '').map(([name, words]) => label(name) + words)
}
