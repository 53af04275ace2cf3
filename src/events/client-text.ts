import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import {byteQuantity, exactCount, plural, shortDuration} from '../output/quantity.ts'
import {plainTable} from '../output/table.ts'
import {displayWidth} from '../output/width.ts'
import type {ClientCounts, ClientLosses} from '../protocol/clients.ts'
import {type ClientListener, familyName, heaviest, type Kind, kindsOf, type NamedTally, openOf, sumCounts, typeOf} from './client-book.ts' // prettier-ignore
import type {WorkloadEnd, WorkloadRow} from './client-workloads.ts'
import type {ConnectionChange} from './connection-change.ts'
import {shortName, socketText} from './flow-text.ts'
import type {EndName} from './names.ts'

export interface ClientTextOptions {
  readonly palette: Palette
  readonly time: string
  /** Columns of a line. */
  readonly width: number
  /** Where several are looked at. */
  readonly node: string | undefined
  /** Addresses of a listener that are listed. */
  readonly top: number
}

/** One listening socket: who it is, and its clients by family and type. */
export function listenerBlock(listener: ClientListener, options: ClientTextOptions): string {
  const {palette, time, node, top, width} = options
  const {clients, protocol, port, socket, network} = listener
  const {owner, device} = socket ?? {}
  const pod = shortName(clients.map(({destination}) => destination).find((name) => name !== undefined))
  const title = [
    palette.quiet(time),
    ...(node === undefined ? [] : [palette.name(escapeText(node))]),
    palette.strong(`${socketText({ip: listener.listener, port})}/${protocol}`),
    ...(device === undefined ? [] : [`on ${escapeText(device)}`]),
    ...(owner === undefined ? [] : [`${escapeText(owner.process)} (pid ${owner.pid})`]),
    ...(pod === undefined ? [] : [palette.name(pod)]),
    palette.quiet(`network namespace ${network}`),
  ]
  const rows = kindsOf(clients).map((kind) => [
    kind.family,
    kind.type,
    clientsText(kind),
    ...cells(kind.counts, protocol),
  ])
  const table = plainTable(
    [['FAMILY', 'TYPE', 'CLIENTS', ...headings(protocol)], ...rows],
    [2, 3, 4, 5, 6, 7, 8],
    width - 2,
  )
  return `${folded(title, width)}\n${indent(table)}${topText(clients, protocol, {top, width})}`
}

const clientsText = ({clients, isAtLeast}: Kind): string => `${isAtLeast ? 'over ' : ''}${exactCount(clients)}`

const headings = (protocol: 'tcp' | 'udp'): readonly string[] =>
  protocol === 'udp'
    ? ['DATAGRAMS IN', 'OUT', 'RECEIVED', 'SENT']
    : ['OPEN', 'OPENED', 'CLOSED', 'RESET', 'RECEIVED', 'SENT']

function cells(counts: ClientCounts, protocol: 'tcp' | 'udp'): readonly string[] {
  const {existing, opened, closed, reset, received, sent, datagramsReceived, datagramsSent} = counts
  const numbers =
    protocol === 'udp' ? [datagramsReceived, datagramsSent] : [openOf(counts), existing + opened, closed, reset]
  return [...numbers.map(exactCount), byteQuantity(received), byteQuantity(sent)]
}

/** Parts of one line, which goes on in the next where it is full. */
function folded(parts: readonly string[], width: number): string {
  return parts.reduce((text, part) => {
    const last = text.slice(text.lastIndexOf('\n') + 1)
    return displayWidth(last) + 2 + displayWidth(part) > width ? `${text}\n    ${part}` : `${text}  ${part}`
  })
}

type TopOptions = Pick<ClientTextOptions, 'top' | 'width'>

function topText(clients: readonly NamedTally[], protocol: 'tcp' | 'udp', {top, width}: TopOptions): string {
  const shown = heaviest(clients, top)
  if (shown.length === 0) return ''
  const rows = shown.map((tally) => [
    tally.client ?? '',
    shortName(tally.source) ?? '-',
    typeOf(tally),
    ...cells(tally, protocol),
  ])
  const left = clients.length - shown.length
  const rest = left > 0 ? `and ${plural(left, 'more client')}\n` : ''
  const table = plainTable([['CLIENT', 'NAME', 'TYPE', ...headings(protocol)], ...rows], [3, 4, 5, 6, 7, 8], width - 2)
  return indent(`${table}${rest}`)
}

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ')

const verbs = {
  opened: 'opened',
  closed: 'closed',
  refused: 'refused',
  unanswered: 'not answered',
  unreachable: 'unreachable',
} as const
const ends = {finished: '', reset: ' by a reset', 'timed-out': ' because the other end fell silent'} as const

/** One line for each connection that opened, closed, or could not be made. */
export function connectionText(
  change: ConnectionChange,
  names: {readonly source: EndName | undefined; readonly destination: EndName | undefined},
  {palette, time, node}: Omit<ClientTextOptions, 'top' | 'width'>,
): string {
  const {event, end, reporter, client, listener, durationNs, received, sent, isOld} = change
  const place = (each: typeof client, name: EndName | undefined): string => {
    const text = shortName(name)
    return text === undefined ? socketText(each) : `${socketText(each)} (${palette.name(text)})`
  }
  const isFailed = event !== 'opened' && event !== 'closed'
  const verb = event === 'opened' && isOld ? 'was open' : `${verbs[event]}${event === 'closed' ? ends[end] : ''}`
  const lasted = durationNs === undefined ? '' : ` after ${shortDuration(Number(durationNs) / 1e6)}`
  const carried = event === 'closed' ? `, received ${byteQuantity(received)} sent ${byteQuantity(sent)}` : ''
  const parts = [
    palette.quiet(time),
    ...(node === undefined ? [] : [palette.name(escapeText(node))]),
    reporter === 'destination' ? 'in' : 'out',
    `${place(client, names.source)} → ${place(listener, names.destination)}`,
    `${familyName(change)}${typeOf(change) === 'plain' ? '' : ' v4_mapped_v6'}`,
    `${isFailed || end !== 'finished' ? palette.warning(verb) : verb}${lasted}${carried}`,
  ]
  return `${parts.join(' ')}\n`
}

export interface ClientSummary {
  readonly title: string
  readonly seconds: number
  readonly tallies: readonly NamedTally[]
  readonly workloads: readonly WorkloadRow[]
  readonly losses: ClientLosses
  readonly palette: Palette
  readonly width: number
}

const mostWorkloads = 20

/** The last block, but for what was removed. */
export function clientSummaryText({title, seconds, tallies, workloads, losses, palette, width}: ClientSummary): string {
  const tcp = tallies.filter(({protocol}) => protocol === 'tcp')
  const rows = (['destination', 'source'] as const).flatMap((reporter) =>
    (['inet', 'inet6'] as const).flatMap((family) => {
      const all = tcp.filter((tally) => tally.reporter === reporter && familyName(tally) === family)
      return all.length === 0 ? [] : [familyRow(reporter, family, sumCounts(all))]
    }),
  )
  const heading = ['CONNECTIONS', 'FAMILY', 'OPEN', 'OPENED', 'CLOSED', 'RESET', 'REFUSED', 'UNANSWERED', 'UNREACHABLE', 'RECEIVED', 'SENT'] // prettier-ignore
  // Two rare columns, without which the table fits on a terminal of 80 columns.
  const shown = heading.map((_, at) => at).filter((at) => !isRare(heading[at]) || rows.some((row) => row[at] !== '0'))
  const cells = [heading, ...rows].map((row) => shown.map((at) => row[at] ?? ''))
  const table =
    rows.length === 0 ? 'no TCP connection was seen\n' : plainTable(cells, [...shown.keys()].slice(2), width - 2)
  return [
    `\n${palette.heading(`${escapeText(title)}: clients in ${shortDuration(seconds * 1000)}`)}\n`,
    indent(table),
    indent(workloadTable(workloads, width - 2)),
    ...lossLines(losses, palette).map((line) => `  ${line}\n`),
  ].join('')
}

const isRare = (title: string | undefined): boolean => title === 'UNANSWERED' || title === 'UNREACHABLE'

function familyRow(reporter: 'destination' | 'source', family: string, counts: ClientCounts): readonly string[] {
  const {existing, opened, closed, reset, refused, unanswered, unreachable, received, sent} = counts
  const numbers = [openOf(counts), existing + opened, closed, reset, refused, unanswered, unreachable].map(exactCount)
  return [
    reporter === 'destination' ? 'to here' : 'from here',
    family,
    ...numbers,
    byteQuantity(received),
    byteQuantity(sent),
  ]
}

function workloadTable(all: readonly WorkloadRow[], width: number): string {
  const rows = all.slice(0, mostWorkloads).map(({reporter, source, destination, protocol, family, type, counts}) => [
    workloadName(source),
    `${workloadName(destination)} port ${destination.port}/${protocol}`,
    reporter,
    type === 'plain' ? family : `${family} ${type}`,
    ...(protocol === 'udp' ? ['-', '-', '-'] : [counts.existing + counts.opened, counts.closed, counts.refused + counts.unanswered + counts.unreachable].map(exactCount)), // prettier-ignore
    byteQuantity(counts.received),
    byteQuantity(counts.sent),
  ])
  if (rows.length === 0) return ''
  const heading = ['SOURCE', 'DESTINATION', 'REPORTER', 'FAMILY', 'OPENED', 'CLOSED', 'FAILED', 'RECEIVED', 'SENT']
  const rest = all.length > rows.length ? `and ${plural(all.length - rows.length, 'more pair')}\n` : ''
  return `${plainTable([heading, ...rows], [4, 5, 6, 7, 8], width)}${rest}`
}

function workloadName({namespace, workload, pod, service, node, ip}: WorkloadEnd): string {
  const name = workload ?? (pod === undefined ? undefined : `Pod/${pod}`) ?? (service === undefined ? undefined : `Service/${service}`) // prettier-ignore
  if (name !== undefined) return escapeText(namespace === undefined ? name : `${namespace}/${name}`)
  return escapeText(node === undefined ? (ip ?? 'others') : `Node/${node}`)
}

function lossLines({untracked, untallied, changes, filtered}: ClientLosses, palette: Palette): readonly string[] {
  const line = (text: string, count: number): readonly string[] =>
    count === 0 ? [] : [`${text}: ${exactCount(count)}`]
  return [
    ...line('connections and datagrams that the filter left out', filtered),
    ...[
      ...line('openings and closings that are counted, but not told, as the ring was full', changes),
      ...line('connections that are missing, as the table of open ones was full', untracked),
      ...line('counts that are missing, as the table of listeners was full', untallied),
    ].map((text) => palette.warning(text)),
  ]
}
