import {extensionObject} from '../events/extension-json.ts'
import type {ExtensionNews} from '../events/extension-node.ts'
import {chainText, headerFields, packetSentence} from '../events/extension-text.ts'
import {findingLines, findingObject} from '../events/finding-text.ts'
import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import {jsonLine} from '../output/json.ts'
import {byteQuantity, plural} from '../output/quantity.ts'
import {formatTime, type TimeFormat} from '../output/time.ts'

/** Chains are counted in the summary; a line of JSON is what happened. */
export function jsonOf(news: ExtensionNews, node: string): string {
  if (news.type === 'packet') return jsonLine(extensionObject(news.heard))
  return news.type === 'finding' ? jsonLine(findingObject(news.folded, node)) : ''
}

export interface LineOptions {
  readonly palette: Palette
  readonly timeFormat: TimeFormat
  readonly startNs: bigint
  readonly isWide: boolean
  /** Said on each line where there are several. */
  readonly node: string | undefined
  readonly labelOf: (ip: string) => string | undefined
}

const placeWidth = 12
const arrows = {ingress: 'in', egress: 'out'} as const

/** One line, and for a finding those below it. */
export function textOf(news: ExtensionNews, options: LineOptions): string {
  const {palette, timeFormat, startNs, node, labelOf, isWide} = options
  const line = (timeNs: bigint, place: string, text: string): string => {
    const time = palette.quiet(formatTime(timeNs, timeFormat, startNs))
    const parts = [time, ...(node === undefined ? [] : [escapeText(node)]), escapeText(place).padEnd(placeWidth), text]
    return `${parts.join('  ')}\n`
  }
  if (news.type === 'chain') {
    const {row} = news
    const counts = `${plural(row.packets, 'packet')}, ${byteQuantity(row.bytes)} so far`
    return line(
      news.timeNs,
      row.direction === undefined ? '' : arrows[row.direction],
      `${palette.strong('new chain:')} ${chainText(row)} (${counts})`,
    )
  }
  if (news.type === 'finding') {
    const {finding} = news.folded
    const [first = '', ...rest] = findingLines(news.folded, palette)
    return line(finding.timeNs, finding.interface ?? '', first) + rest.map((each) => `${each}\n`).join('')
  }
  const {timeNs, interface: name, direction, packet} = news.heard
  const place = direction === undefined ? name : `${name} ${arrows[direction]}`
  const wide = isWide ? `  ${palette.quiet(headerFields(packet))}` : ''
  return line(timeNs, place, packetSentence(packet, labelOf) + wide)
}
