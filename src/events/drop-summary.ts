import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import type {JsonValue} from '../output/json.ts'
import {exactCount, plural, shortDuration} from '../output/quantity.ts'
import {plainTable} from '../output/table.ts'

/** Where each dropped packet went: total = shown + benign + left + undecided, and of the total some were copied. */
export interface DropSums {
  /** Counted by kind. */
  readonly total: number
  /** Of them, benign ones, and those that are not shown for it. */
  readonly benign: number
  readonly hidden: number
  /** Left out by a filter on names, and those it could not decide on. */
  readonly left: number
  readonly undecided: number
  /** Not asked for: no part of the total. */
  readonly filtered: number
  /** Not counted by kind: no part of the total. */
  readonly uncounted: number
  readonly copied: number
  readonly copiesLost: number
  /** Of one node: those of several would say of none what moved. */
  readonly counters?: Readonly<Record<string, number>>
}

const nothing: DropSums = {
  total: 0, benign: 0, hidden: 0, left: 0, undecided: 0, filtered: 0, uncounted: 0, copied: 0, copiesLost: 0,
} // prettier-ignore

export const joinDropSums = (all: readonly DropSums[]): DropSums => all.reduce(plus, nothing)

function plus(a: DropSums, b: DropSums): DropSums {
  const keys = [
    'total',
    'benign',
    'hidden',
    'left',
    'undecided',
    'filtered',
    'uncounted',
    'copied',
    'copiesLost',
  ] as const
  return {...a, ...Object.fromEntries(keys.map((key) => [key, a[key] + b[key]]))}
}

/** What a summary line says beside the fields of every verb. */
export function dropFields({counters, ...sums}: DropSums): Readonly<Record<string, JsonValue>> {
  const {total, benign, left, undecided, filtered, uncounted, copied, copiesLost} = sums
  return {
    drops: {total, benign, left, undecided, filtered, uncounted, copied, notCopied: total - copied},
    lost: {kernelRing: copiesLost, agent: 0, client: 0},
    ...(counters !== undefined && {counters}),
  }
}

const counterWords: Readonly<Record<string, string>> = {
  Ip6InDiscards: 'received, and dropped for want of memory or by a rule',
  Ip6OutDiscards: 'to be sent, and dropped',
  Ip6InNoRoutes: 'no route to their destination',
  Ip6OutNoRoutes: 'sent without a route',
  Ip6InHdrErrors: 'with an invalid header or a hop limit that ran out',
  Ip6InAddrErrors: 'not for this node',
  Ip6InTooBigErrors: 'too big for the next link',
  Ip6InTruncatedPkts: 'shorter than they say',
  Ip6InUnknownProtos: 'with a next header that nothing handles',
  Ip6ReasmFails: 'fragments that could not be put together',
  Ip6ReasmTimeout: 'fragments whose others did not come',
  Ip6FragFails: 'could not be fragmented',
  Icmp6InErrors: 'invalid ICMPv6 messages',
  Icmp6InCsumErrors: 'ICMPv6 messages with a wrong checksum',
  Udp6NoPorts: 'UDP datagrams to a port nobody has',
  Udp6InErrors: 'UDP datagrams that no socket took',
  Udp6RcvbufErrors: 'UDP datagrams to a full socket',
  Udp6InCsumErrors: 'UDP datagrams with a wrong checksum',
  'softnet dropped': 'all CPUs: the backlog was full',
  'softnet time_squeeze': 'all CPUs: work was left for later',
}

const linkWords: Readonly<Record<string, string>> = {
  rx_errors: 'bad frames received',
  rx_dropped: 'received, and dropped at the device or for want of a protocol',
  tx_errors: 'could not be sent',
  tx_dropped: 'to be sent, and dropped at the device',
}

const wordsOf = (name: string): string => counterWords[name] ?? linkWords[/ (\w+)$/.exec(name)?.[1] ?? ''] ?? ''

/** A line each for the counters that moved. */
function countersText(counters: NonNullable<DropSums['counters']>, palette: Palette): string {
  const rows = Object.entries(counters).map(([name, value]) => [
    `+${exactCount(value)}`,
    escapeText(name),
    wordsOf(name),
  ])
  if (rows.length === 0) return "  the node's own counters of drops and errors did not move\n"
  const table = plainTable(rows, [0])
  return `  ${palette.quiet("THE NODE'S OWN COUNTERS")}\n${table.trimEnd().replaceAll(/^/gm, '  ')}\n`
}

export interface SummaryPlace {
  readonly title: string
  readonly seconds: number
  readonly palette: Palette
}

/** The last block, but for what was removed. */
export function dropSummary(sums: DropSums, {title, seconds, palette}: SummaryPlace): string {
  const {total, hidden, left, undecided, filtered, uncounted, copied, copiesLost} = sums
  const note = (count: number, text: string): string => (count === 0 ? '' : `  ${plural(count, 'packet')} ${text}\n`)
  const more = (count: number, text: string): string => (count === 0 ? '' : `  ${exactCount(count)} more ${text}\n`)
  const heading = `${escapeText(title)}: ${plural(total, 'packet')} dropped in ${shortDuration(seconds * 1000)}`
  const lines = [
    note(hidden, 'dropped where nothing is wrong are not shown; --all shows them'),
    note(left, 'are left out by the filter on names'),
    note(undecided, 'could not be judged by the filter on names: their addresses are not known'),
    more(filtered, 'were dropped that the filter leaves out'),
    total === 0
      ? ''
      : `  ${exactCount(copied)} of ${exactCount(total)} were looked at closely, for ports; every one is counted\n`,
    palette.warning(more(copiesLost, "should have been looked at: the kernel's ring was full")),
    palette.warning(more(uncounted, 'were dropped that could not be counted by reason')),
  ]
  return `\n${palette.heading(heading)}\n${lines.join('')}${sums.counters === undefined ? '' : countersText(sums.counters, palette)}`
}
