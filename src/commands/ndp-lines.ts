import {findingObject} from '../events/finding-text.ts'
import {icmpObject, ndpObject} from '../events/ndp-json.ts'
import {type HeardPacket, isDad, isNdp} from '../events/ndp-message.ts'
import {radvdText} from '../events/ndp-radvd.ts'
import {concerns, type NdpNews} from '../events/ndp-node.ts'
import {isNotable, neighbourObject, neighbourSentence} from '../events/neighbour-text.ts'
import type {Place} from '../events/ndp-passage.ts'
import {ndpSentence} from '../events/ndp-text.ts'
import {resolutionObject, resolutionSentence} from '../events/resolution-text.ts'
import {verdictText} from '../events/situation.ts'
import type {Summary} from '../events/summary.ts'
import {type FindingCounts, summaryObject} from '../events/summary-json.ts'
import {summaryText} from '../events/summary-text.ts'
import type {Palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import {jsonLine} from '../output/json.ts'
import type {NodeFacts} from '../protocol/facts.ts'
import type {Icmpv6Message} from '../packet/icmpv6-message.ts'
import type {NdpPart, NdpRequest} from './ndp-request.ts'
import {findingNews, newsLine, type NewsLineOptions, placeText} from './news-line.ts'
import type {OutputForm} from './observe-request.ts'

/** Whether the command line asks for it. */
export function isAsked(news: NdpNews, {parts, icmpTypes, target, run}: NdpRequest): boolean {
  if (target !== undefined && !concerns(news, target)) return false
  if (news.type === 'neighbour') {
    const {change} = news.heard
    const isText = (run.view.form ?? 'text') === 'text'
    if (isText && change.event === 'create') return false // what is made of the entry comes with its next change
    return parts.length + icmpTypes.length === 0 ? !isText || isNotable(change) : parts.includes('neighbours')
  }
  if (parts.length + icmpTypes.length === 0 || news.type === 'finding') return true
  if (news.type === 'resolution') return parts.includes('resolutions')
  return icmpTypes.includes(news.message.type) || parts.some((part) => isOfPart(part, news))
}

function isOfPart(part: NdpPart, {heard, message}: Extract<NdpNews, {type: 'message'}>): boolean {
  const {type} = message
  switch (part) {
    case 'messages':
      return true
    case 'routers':
      return type === 133 || type === 134 || type === 137
    case 'dad':
      return isDad(heard.packet)
    case 'mld':
      return (type >= 130 && type <= 132) || type === 143 || (type >= 151 && type <= 153)
    case 'resolutions':
    case 'neighbours':
    case 'findings-only':
      return false
  }
}

function jsonOf(news: NdpNews, node: string): string {
  if (news.type === 'resolution') return jsonLine(resolutionObject(news.resolution))
  if (news.type === 'neighbour') return jsonLine(neighbourObject(news.heard))
  if (news.type === 'finding') return jsonLine(findingObject(news.folded, node))
  const {heard, message} = news
  return jsonLine(isNdp(message) ? ndpObject(heard, message) : icmpObject(heard, message))
}

/** In configuration, whatever else is to be said is a comment. */
function radvdOf(news: NdpNews, options: LineOptions): string {
  if (news.type === 'message') return radvdText(news.heard, news.message) ?? ''
  return news.type === 'finding' ? commented(textOf(news, options)) : ''
}

const commented = (text: string): string => text.replaceAll(/^(?=.)/gm, '# ')

/** As `-o` wants it. */
export function told(news: NdpNews, form: OutputForm, options: LineOptions & {readonly nodeName: string}): string {
  if (form === 'json') return jsonOf(news, options.nodeName)
  return form === 'radvd' ? radvdOf(news, options) : textOf(news, options)
}

/** How the run ends, as `-o` wants it. */
export function ending(
  summary: Summary,
  form: OutputForm,
  {palette, ...line}: {readonly palette: Palette; readonly timeNs: bigint; readonly findings: FindingCounts},
): string {
  if (form === 'json') return jsonLine(summaryObject(summary, {top: [], ...line}))
  const text = summaryText(summary, {top: [], palette, findings: line.findings})
  return form === 'radvd' ? commented(text) : text
}

export interface LineOptions extends NewsLineOptions {
  /** The node's own settings, where they are known: they decide what becomes of a router advertisement. */
  readonly facts: NodeFacts | undefined
  /** Where the same was seen afterwards. */
  readonly later?: readonly Place[]
}

/** One line, and for a finding those below it. */
function textOf(news: NdpNews, options: LineOptions): string {
  const {palette, labelOf, later = []} = options
  if (news.type === 'finding') return findingNews(news.folded, options)
  const elsewhere = later.length === 0 ? '' : `  ${palette.quiet(laterText(later, options))}`
  if (news.type === 'resolution') {
    const {timeNs, interface: place, outcome} = news.resolution
    const paint = outcome === 'answered' ? palette.good : palette.warning
    return newsLine({timeNs, place, text: paint(resolutionSentence(news.resolution, labelOf)) + elsewhere}, options)
  }
  if (news.type === 'neighbour') {
    const {timeNs, change} = news.heard
    const paint = isNotable(change) ? palette.warning : palette.quiet
    return newsLine({timeNs, place: change.interface, text: paint(neighbourSentence(change, labelOf))}, options)
  }
  const {heard, message} = news
  const verdict = message.type === routerAdvertisement ? verdictOf(heard, later, options.facts) : undefined
  const said = (ndpSentence(heard, labelOf) ?? '') + (verdict === undefined ? '' : `: ${palette.strong(verdict)}`)
  const wide = options.isWide ? `  ${palette.quiet(rawFields(heard, message))}` : ''
  return newsLine({timeNs: heard.timeNs, place: placeText(heard), text: said + wide + elsewhere}, options)
}

const routerAdvertisement = 134

/** So many interfaces of a flooded message are named on a line that is not wide. */
const listed = 3

function laterText(later: readonly Place[], {isWide}: LineOptions): string {
  const shown = isWide ? later : later.slice(0, listed)
  const rest = later.length - shown.length
  return escapeText(`then ${shown.map(placeText).join(', ')}${rest === 0 ? '' : ` and ${rest} more`}`)
}

/** Of the interface where the node itself takes it: not of a bridge's port. */
const verdictOf = (heard: HeardPacket, later: readonly Place[], facts: NodeFacts | undefined): string | undefined =>
  [heard, ...later].map((place) => verdictText(heard.packet, place, facts)).find((verdict) => verdict !== undefined)

/** MACs, hop limit, VLAN, headers and each option as the wire has it. */
function rawFields({packet}: HeardPacket, message: Icmpv6Message): string {
  const {sourceMac, destinationMac, ip, vlans, chain} = packet
  const options = message.options.map(({type, name, length, ...fields}) => {
    const values = Object.entries(fields).filter(([key]) => key !== 'quoted' && key !== 'problem')
    return `${name}(${type}, ${length} B)${values.map(([key, value]) => ` ${key}=${String(value)}`).join('')}`
  })
  const parts = [
    sourceMac === undefined ? '' : `${sourceMac} > ${destinationMac ?? ''}`,
    ip === undefined ? '' : `${ip.source} > ${ip.destination} hop limit ${ip.hopLimit}`,
    vlans.length > 0 ? `vlan ${vlans.join('.')}` : '',
    chain.length > 0 ? `behind ${chain.map(({name}) => name).join('+')}` : '',
    `checksum ${message.checksum}`,
    ...options,
  ]
  return escapeText(parts.filter((part) => part !== '').join('; '))
}
