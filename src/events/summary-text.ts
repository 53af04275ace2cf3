import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import {byteQuantity, exactCount, plural, shortDuration} from '../output/quantity.ts'
import {plainTable} from '../output/table.ts'
import type {ConversationRow, Counts} from './conversation-row.ts'
import {detailOf, shortName, socketText} from './flow-text.ts'
import {severities} from '../diagnosis/finding.ts'
import type {FindingCounts} from './summary-json.ts'
import {isBalanced, type Summary} from './summary.ts'

interface SummaryBlock {
  readonly top: readonly ConversationRow[]
  readonly palette: Palette
  /** Of verbs that judge. */
  readonly findings?: FindingCounts
}

/** What a summary is of, as its title says it. Not escaped. */
export function placeOf({node, target, isCapture}: Summary): string {
  if (node === '*') return 'all nodes'
  if (isCapture && target !== undefined) return target
  return target?.startsWith('pod/') === true ? `${target} on ${node}` : node
}

/** The last block of a run: what was seen, where each packet went, and what was taken away again. */
export function summaryText(summary: Summary, {top, palette, findings}: SummaryBlock): string {
  const {node, seconds, seen, flows, protocols, classes, icmp} = summary
  const title = escapeText(placeOf(summary))
  const heading = `${title}: ${plural(seen.packets, 'packet')}, ${byteQuantity(seen.bytes)} and ${plural(flows, 'flow')} in ${shortDuration(seconds * 1000)}`
  const blocks = [
    palette.heading(heading),
    countsTable('PROTOCOL', protocols, palette),
    countsTable('ADDRESSES', classes, palette),
    icmpTable(icmp, palette),
    topTable(top, {hasNodes: node === '*', palette}),
    findingsText(findings, palette),
    accountText(summary, palette),
    removedText(summary, palette),
  ]
  return `\n${blocks.filter((block) => block !== '').join('\n')}`.replace(/\n*$/, '\n')
}

function findingsText(findings: FindingCounts | undefined, palette: Palette): string {
  if (findings === undefined) return ''
  const found = severities.toReversed().filter((severity) => findings[severity] > 0)
  const words = found.map((severity) => `${findings[severity]} ${severity}`).join(', ')
  return `\n${indent(found.length === 0 ? palette.good('nothing wrong was found') : `found: ${words}`)}`
}

function lossesText({neighbours, retransmissions, drops}: Summary['losses'], palette: Palette): readonly string[] {
  const parts = [
    [neighbours, 'neighbour change'],
    [retransmissions, 'TCP retransmission'],
    [drops, 'dropped packet'],
  ] as const
  const lost = parts.filter(([count]) => count > 0).map(([count, noun]) => plural(count, noun))
  return lost.length === 0
    ? []
    : [palette.warning(`Not heard, because the kernel's rings were full: ${lost.join(', ')}.`)]
}

function copiesText({copied, overBudget, ringFull}: Summary['copies'], palette: Palette): readonly string[] {
  const over = [...overBudget].map(([name, packets]) => `${exactCount(packets)} ${name}`).join(', ')
  const budget = over === '' ? '' : `Shown were ${plural(copied, 'packet')}; over the budget, counted only: ${over}.`
  const ring =
    ringFull === 0 ? '' : `Lost, because the kernel's ring was full: ${plural(ringFull, 'packet')}, counted only.`
  return [budget, ring].filter((line) => line !== '').map(palette.warning)
}

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ')

function titled(table: string, palette: Palette): string {
  const [title = '', ...rest] = table.trimEnd().split('\n')
  return `\n${indent([palette.quiet(title), ...rest].join('\n'))}`
}

function countsTable(title: string, counts: ReadonlyMap<string, Counts>, palette: Palette): string {
  if (counts.size === 0) return ''
  const rows = [...counts]
    .sort(([, a], [, b]) => b.bytes - a.bytes)
    .map(([name, {packets, bytes}]) => [name, exactCount(packets), byteQuantity(bytes)])
  return titled(plainTable([[title, 'PACKETS', 'BYTES'], ...rows], [1, 2]), palette)
}

function icmpTable(icmp: ReadonlyMap<string, number>, palette: Palette): string {
  if (icmp.size === 0) return ''
  const rows = [...icmp].sort(([, a], [, b]) => b - a).map(([name, packets]) => [name, exactCount(packets)])
  return titled(plainTable([['ICMP', 'PACKETS'], ...rows], [1]), palette)
}

function topTable(
  top: readonly ConversationRow[],
  {hasNodes, palette}: {readonly hasNodes: boolean; readonly palette: Palette},
): string {
  if (top.length === 0) return ''
  const end = (each: ConversationRow['source']): string => {
    const name = shortName(each.name)
    return name === undefined ? socketText(each) : `${socketText(each)} (${name})`
  }
  const rows = top.map((row) => [
    end(row.source),
    end(row.destination),
    [row.protocol, detailOf(row)].filter((part) => part !== '').join(' '),
    exactCount(row.counts.packets),
    byteQuantity(row.counts.bytes),
    escapeText(hasNodes ? `${row.countedAt.node}:${row.countedAt.interface}` : row.countedAt.interface),
  ])
  const title = ['TOP CONVERSATIONS', 'WITH', 'PROTOCOL', 'PACKETS', 'BYTES', 'COUNTED AT']
  return titled(plainTable([title, ...rows], [3, 4]), palette)
}

/** seen = filtered + in flows + overflow + undecodable, with each loss named. */
function accountText(summary: Summary, palette: Palette): string {
  const {seen, filtered, inFlows, overflow, undecodable, reasons, forgotten} = summary
  const parts = [
    `filtered ${exactCount(filtered.packets)}`,
    `in flows ${exactCount(inFlows.packets)}`,
    `overflow ${exactCount(overflow.packets)}`,
    `undecodable ${exactCount(undecodable.packets)}`,
  ]
  const equation = `seen ${exactCount(seen.packets)} = ${parts.join(' + ')}`
  const verdict = verdictOf(summary, palette)
  const notes = [
    overflow.packets > 0
      ? palette.warning(
          `The flow table was full for ${plural(overflow.packets, 'packet')}: they are in the totals, not in the flows. Raise --flows.`,
        )
      : '',
    reasons.size > 0
      ? palette.warning(
          `Undecodable: ${[...reasons].map(([reason, packets]) => `${reason} ${exactCount(packets)}`).join(', ')}.`,
        )
      : '',
    ...copiesText(summary.copies, palette),
    ...lossesText(summary.losses, palette),
    forgotten > 0 ? `${plural(forgotten, 'small idle flow')} were no longer listed, but counted.` : '',
  ]
  return `\n${indent([`${equation}: ${verdict}`, ...notes.filter((note) => note !== '')].join('\n'))}`
}

function verdictOf(summary: Summary, palette: Palette): string {
  if (!summary.isComplete) return palette.warning('the last counts of this run are missing')
  return isBalanced(summary)
    ? palette.good('every packet accounted for')
    : palette.bad('this does not add up; please report it')
}

/** What was taken away again, and whether anything is left. */
export function removedText({removed, clean, remains, failure, isCapture}: Summary, palette: Palette): string {
  const ended = failure === undefined ? [] : [palette.bad(`ended early: ${escapeText(failure)}`)]
  if (isCapture) return indent(ended.join('\n'))
  const {programs, links, maps, pods} = removed
  const things = [
    plural(programs, 'program'),
    plural(links, 'link'),
    plural(maps, 'map'),
    ...pods.map((pod) => `pod ${escapeText(pod)}`),
  ]
  const verdict = clean
    ? palette.good('looked, and nothing is left')
    : palette.warning('could not verify that nothing is left')
  const lines = [
    `removed ${things.join(', ')}: ${verdict}`,
    ...remains.map((line) => palette.warning(escapeText(line))),
    ...ended,
  ]
  return indent(lines.join('\n'))
}
