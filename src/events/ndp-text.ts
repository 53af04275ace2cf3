import type {GroupRecord, Icmpv6Body, Icmpv6Message} from '../packet/icmpv6-message.ts'
import {escapeText} from '../output/escape.ts'
import {plural} from '../output/quantity.ts'
import {inverseWords, toOneWords, multicastRouterWords} from './icmp-text.ts'
import {type HeardPacket, icmpv6Of, isDad, isListenerBody, type ListenerBody, toldMac} from './ndp-message.ts'

/** What is known of an address or MAC: `default/p2`. From the API. */
export type LabelOf = (addressOrMac: string) => string | undefined

/** What one message says, for a person; undefined where the packet carries no ICMPv6. Safe to show. */
export function ndpSentence({packet}: HeardPacket, labelOf: LabelOf): string | undefined {
  const message = icmpv6Of(packet)
  if (message === undefined) return undefined
  const called = (address: string | undefined): string => withLabel(address ?? 'unknown', labelOf)
  const [problem] = message.problems
  const said = sentenceOf(message, {
    source: called(packet.ip?.source),
    destination: packet.ip?.destination ?? '',
    mac: called(toldMac(message) ?? packet.sourceMac),
    isDad: isDad(packet),
    called,
  })
  return escapeText(problem === undefined ? said : `${said} (invalid: ${problem.text}, ${problem.reference})`)
}

export function withLabel(address: string, labelOf: LabelOf): string {
  const label = labelOf(address)
  return label === undefined ? address : `${address} (${label})`
}

interface Speaker {
  readonly source: string
  readonly destination: string
  readonly mac: string
  readonly isDad: boolean
  readonly called: (address: string) => string
}

function sentenceOf(message: Icmpv6Message, speaker: Speaker): string {
  const {source, destination, called} = speaker
  const {body} = message
  if (isListenerBody(body)) return `${source} ${listening(body)}`
  switch (body.kind) {
    case 'router-solicitation':
      return `${source} looks for routers`
    case 'router-advertisement':
      return `router ${source}: ${lifetime(body.routerLifetime)}${announced(message)}`
    case 'neighbor-solicitation':
      return question(body.target, speaker)
    case 'neighbor-advertisement':
      return answer(body, speaker)
    case 'redirect':
      return `router ${source} redirects ${called(body.destination)}${hop(body, called)}`
    case 'multicast-router':
      return `${source} ${multicastRouterWords(message)}`
    case 'inverse-solicitation':
    case 'inverse-advertisement':
      return `${source} ${inverseWords(message, called)}`
    case 'echo':
    case 'error':
    case 'other':
    case 'unreadable':
      return `${source} ${toOneWords(message, called(destination), called)}`
  }
}

/** RFC 4861 §7.2.2: resolution asks the solicited-node group; what asks the address itself probes a neighbour it knows. */
function question(target: string, {source, destination, mac, isDad: isClaim, called}: Speaker): string {
  if (isClaim) return `${mac} wants ${called(target)}: does anyone have it? (DAD)`
  return destination === target
    ? `${source} checks that ${called(target)} is still there`
    : `${source} asks for ${called(target)}`
}

type Body<Kind extends Icmpv6Body['kind']> = Extract<Icmpv6Body, {readonly kind: Kind}>

const answer = ({target, solicited, router}: Body<'neighbor-advertisement'>, {source, mac, called}: Speaker): string =>
  `${source} ${solicited ? 'answers' : 'announces'}: ${called(target)} is at ${mac}${router ? ', a router' : ''}`

/** RFC 4861 §8: a target that is the destination itself says that it is on the link. */
const hop = ({target, destination}: Body<'redirect'>, called: Speaker['called']): string =>
  target === destination ? ': it is on this link' : ` to ${called(target)}`

function listening(body: ListenerBody): string {
  switch (body.kind) {
    case 'listener-query':
      return `asks who listens to ${body.group === '::' ? 'any group' : body.group}${body.sources.length === 0 ? '' : ` from ${body.sources.join(', ')}`} (MLDv${body.version})`
    case 'listener-report':
      return `listens to ${body.group} (MLDv1)`
    case 'listener-done':
      return `leaves ${body.group} (MLDv1)`
    case 'listener-report-v2':
      return `${body.records.map(recordWords).join(', ') || 'reports no group'} (MLDv2)`
  }
}

const lifetime = (seconds: number): string => (seconds === 0 ? 'no default router' : `default router for ${seconds} s`)

function announced({options}: Icmpv6Message): string {
  const prefixes = options.flatMap((option) =>
    option.name === 'prefix-information' && 'prefix' in option && 'prefixLength' in option
      ? [`${option.prefix}/${option.prefixLength}`]
      : [],
  )
  return prefixes.length === 0 ? '' : `, ${prefixes.length === 1 ? 'prefix' : 'prefixes'} ${prefixes.join(' ')}`
}

/** RFC 3810 §5.2.12: a change to INCLUDE nothing leaves the group, to EXCLUDE nothing joins it. */
function recordWords({record, group, sources}: GroupRecord): string {
  const count = plural(sources.length, 'source')
  const from = ` from ${count}`
  const all = sources.length === 0 ? '' : ` from all but ${count}`
  switch (record) {
    case 'TO_IN':
      return sources.length === 0 ? `leaves ${group}` : `listens to ${group}${from}`
    case 'TO_EX':
      return `joins ${group}${all}`
    case 'IS_IN':
      return `listens to ${group}${from}`
    case 'IS_EX':
      return `listens to ${group}${all}`
    case 'ALLOW':
      return `also listens to ${group}${from}`
    case 'BLOCK':
      return `no longer listens to ${group}${from}`
    default:
      return `reports ${group}, record ${record}`
  }
}
