import {escapeText} from '../output/escape.ts'
import type {LiveColumn} from '../output/live/columns.ts'
import type {LiveRow, LiveScreen} from '../output/live/frame.ts'
import {sparkline} from '../output/live/sparkline.ts'
import {bitRate, byteQuantity, exactCount, packetRate, plural, shortDuration, siQuantity} from '../output/quantity.ts'
import type {ConversationRow, Counts, Hop} from './conversation-row.ts'
import {detailOf, shortName, socketText} from './flow-text.ts'
import {conversationDetails} from './live-details.ts'
import {footer, type LiveMoment, nodesText, titleLine} from './live-moment.ts'
import {type LiveContext, type Ranked, rowOf, type SortOrder} from './live-rows.ts'
import type {NodeState} from './node-state.ts'

export interface ConversationMoment extends LiveContext, LiveMoment<SortOrder> {
  readonly ranked: readonly Ranked[]
  readonly rate: Counts
  /** What was asked for: targets and filters. */
  readonly title: string
}

const liveColumns: readonly LiveColumn[] = [
  {title: 'SOURCE', align: 'left', least: 14, order: 0, cutsMiddle: true},
  {title: 'DESTINATION', align: 'left', least: 14, order: 0, cutsMiddle: true},
  {title: 'PROTOCOL', align: 'left', least: 8, order: 1},
  {title: 'BIT/S', align: 'right', least: 6, order: 0},
  {title: 'PKT/S', align: 'right', least: 6, order: 2},
  {title: 'BYTES', align: 'right', least: 7, order: 3},
  {title: 'PACKETS', align: 'right', least: 7, order: 4},
  {title: 'AGE', align: 'right', least: 5, order: 6},
  {title: 'PATH', align: 'left', least: 10, order: 5, cutsMiddle: true},
]
const sortColumns: Readonly<Record<SortOrder, number>> = {
  'bit rate': 3,
  'packet rate': 4,
  bytes: 5,
  packets: 6,
  age: 7,
}

export function liveScreen(moment: ConversationMoment): LiveScreen {
  const {choice, ranked, offset, page} = moment
  return {
    header: header(moment),
    columns: liveColumns,
    sortedBy: sortColumns[choice.sort],
    isReversed: choice.isReversed,
    rows: ranked.slice(offset, offset + page).map((each) => liveRow(each, moment)),
    empty: choice.filter === '' ? 'No packet so far.' : `No conversation matches "${escapeText(choice.filter)}".`,
    ...footer(moment),
  }
}

function header(moment: ConversationMoment): LiveScreen['header'] {
  const {choice, rate, history, nodes, title, ranked, book} = moment
  const interfaces = nodes.flatMap((state) => state.interfaces.all).filter(({hooks}) => hooks.length > 0).length
  const shown =
    choice.filter === ''
      ? plural(book.size, 'conversation')
      : `${exactCount(ranked.length)} of ${plural(book.size, 'conversation')}`
  return [
    titleLine(`observe ${title}`, moment),
    [`${packetRate(rate.packets)}  ${bitRate(rate.bytes)}  ${sparkline(history, 30)}`, shown],
    [accountLine(nodes), nodesText(nodes, plural(interfaces, 'interface'))],
    ['', ''],
  ]
}

/** The account of the last drain: every packet at every hook. */
function accountLine(nodes: readonly NodeState[]): string {
  const totals = nodes.flatMap((state) =>
    state.totals.flatMap(({directions}) => [directions.ingress, directions.egress]),
  )
  const sum = (read: (each: (typeof totals)[number]) => number): number =>
    totals.reduce((all, each) => all + read(each), 0)
  const filtered = sum(({otherFamily, rejected}) => otherFamily.packets + rejected.packets)
  const overflow = sum((each) => each.overflow.packets)
  const undecodable = sum((each) => Object.values(each.undecodable).reduce((all, {packets}) => all + packets, 0))
  const seen = sum((each) => each.seen.packets)
  return `seen ${exactCount(seen)}: filtered ${siQuantity(filtered)}, overflow ${siQuantity(overflow)}, undecodable ${siQuantity(undecodable)}`
}

function liveRow(ranked: Ranked, moment: ConversationMoment): LiveRow {
  const {choice, nodes} = moment
  const row = rowOf(ranked, moment)
  const isSelected = ranked.key === choice.selected
  const nowNs = nodes.reduce((latest, {nowNs: each}) => (each > latest ? each : latest), 0n)
  return {
    cells: [
      endCell(row.source),
      endCell(row.destination),
      protocolForms(row),
      row.rate.bytes === 0 ? '' : siQuantity(row.rate.bytes * 8),
      row.rate.packets === 0 ? '' : siQuantity(row.rate.packets),
      byteQuantity(row.counts.bytes),
      siQuantity(row.counts.packets),
      shortDuration(Math.max(0, Number((nowNs - row.firstNs) / 1_000_000n))),
      pathForms(row.path, nodes.length > 1),
    ],
    isIdle: row.rate.packets === 0,
    isSelected,
    details: isSelected && choice.isOpen ? conversationDetails(row) : [],
  }
}

/** ICMP's names need no protocol before them. */
function protocolForms(row: ConversationRow): readonly string[] {
  const detail = detailOf({...row, tcpFlags: []})
  const full = [row.protocol, detail].filter((part) => part !== '').join(' ')
  return row.icmp === undefined ? [full] : [full, detail, detailOf({...row, tcpFlags: [], fragments: []})]
}

/** A name says more than an address; the details have both. */
function endCell(end: ConversationRow['source']): string {
  const name = shortName(end.name)
  if (name === undefined) return socketText(end)
  return end.port === undefined ? name : `${name}:${end.port}`
}

/** All of it; where there is less room its two ends, then the nodes alone. */
export function pathForms(path: readonly Hop[], hasNodes: boolean): readonly string[] {
  const [first, ...rest] = path
  const last = rest.at(-1)
  const full = pathCell(path, hasNodes)
  if (first === undefined || last === undefined) return [full]
  const ends = path.length > 2 ? [endsCell(first, last, hasNodes)] : []
  const isFar = hasNodes && first.node !== last.node
  return [full, ...ends, ...(isFar ? [`${escapeText(first.node)}▸${escapeText(last.node)}`] : [])]
}

function endsCell(first: Hop, last: Hop, hasNodes: boolean): string {
  const to = first.node === last.node ? escapeText(last.interface) : pathCell([last], hasNodes)
  return `${pathCell([first], hasNodes)}▸…▸${to}`
}

export function pathCell(path: readonly Hop[], hasNodes: boolean): string {
  let node = ''
  return path
    .map((hop) => {
      const prefix = hasNodes && hop.node !== node ? `${escapeText(hop.node)}:` : ''
      node = hop.node
      return prefix + escapeText(hop.interface)
    })
    .join('▸')
}
