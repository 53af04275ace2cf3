import {extensionObject} from '../events/extension-json.ts'
import type {ExtensionNews} from '../events/extension-node.ts'
import {chainText, headerFields, packetSentence} from '../events/extension-text.ts'
import {findingObject} from '../events/finding-text.ts'
import {jsonLine} from '../output/json.ts'
import {byteQuantity, plural} from '../output/quantity.ts'
import {arrows, findingNews, newsLine, type NewsLineOptions, placeText} from './news-line.ts'

/** Chains are counted in the summary; a line of JSON is what happened. */
export function jsonOf(news: ExtensionNews, node: string): string {
  if (news.type === 'packet') return jsonLine(extensionObject(news.heard))
  return news.type === 'finding' ? jsonLine(findingObject(news.folded, node)) : ''
}

/** One line, and for a finding those below it. */
export function textOf(news: ExtensionNews, options: NewsLineOptions): string {
  const {palette, labelOf, isWide} = options
  if (news.type === 'finding') return findingNews(news.folded, options)
  if (news.type === 'chain') {
    const {timeNs, row} = news
    const counts = `${plural(row.packets, 'packet')}, ${byteQuantity(row.bytes)} so far`
    const place = row.direction === undefined ? '' : arrows[row.direction]
    return newsLine({timeNs, place, text: `${palette.strong('new chain:')} ${chainText(row)} (${counts})`}, options)
  }
  const {heard} = news
  const wide = isWide ? `  ${palette.quiet(headerFields(heard.packet))}` : ''
  const text = packetSentence(heard.packet, labelOf) + wide
  return newsLine({timeNs: heard.timeNs, place: placeText(heard), text}, options)
}
