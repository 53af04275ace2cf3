import {isLinkLocal, isMulticast, isSolicitedNode} from '../address/scope.ts'
import type {Icmpv6Message} from './icmpv6-message.ts'
import type {MessageSource} from './icmpv6.ts'
import {missingCount} from './mld.ts'
import type {Problem} from './packet.ts'

/** A message as it was read, and what it was read from. */
export interface Judged extends MessageSource {
  readonly message: Omit<Icmpv6Message, 'problems'>
  /** Bytes that its type has to have. */
  readonly least: number
  readonly isShort: boolean
  readonly optionProblem: Problem | undefined
}

type Problems = readonly (Problem | undefined)[]

/** Everything that makes a receiver discard the message; the checksum first, as a receiver looks at it first. */
export function judge(judged: Judged): readonly Problem[] {
  const {extent, message} = judged
  const found: (Problem | undefined)[] = [
    extent.missing?.reason === 'length-past-frame' ? extent.missing : undefined,
    message.checksum === 'wrong' ? wrongChecksum : undefined,
  ]
  if (isDiscovery(message.type)) found.push(...discoveryProblems(judged))
  else if (isListener(message.type)) found.push(...listenerProblems(judged))
  else if (isMulticastRouter(message.type)) found.push(...multicastRouterProblems(judged))
  else found.push(lengthProblem(judged, 'RFC 4443 §2.1'))
  if (judged.optionProblem !== undefined) found.push(judged.optionProblem)
  return found.filter((problem) => problem !== undefined)
}

const isDiscovery = (type: number): boolean =>
  (type >= 133 && type <= 137) || type === 141 || type === 142 || type === 148 || type === 149
const isListener = (type: number): boolean => (type >= 130 && type <= 132) || type === 143
const isMulticastRouter = (type: number): boolean => type >= 151 && type <= 153

const wrongChecksum: Problem = {reason: 'checksum', text: 'the ICMPv6 checksum is wrong', reference: 'RFC 4443 §2.3'}

/** Where each message's rules of validity stand. */
const references: Readonly<Record<number, string>> = {
  130: 'RFC 3810 §6.2', 131: 'RFC 2710 §3', 132: 'RFC 2710 §3', 143: 'RFC 3810 §7.4',
  133: 'RFC 4861 §6.1.1', 134: 'RFC 4861 §6.1.2', 135: 'RFC 4861 §7.1.1', 136: 'RFC 4861 §7.1.2', 137: 'RFC 4861 §8.1',
  141: 'RFC 3122 §4.3.1', 142: 'RFC 3122 §4.3.2', 148: 'RFC 3971 §6.4.1', 149: 'RFC 3971 §6.4.2',
  151: 'RFC 4286 §3', 152: 'RFC 4286 §4', 153: 'RFC 4286 §5',
} // prettier-ignore

const referenceOf = ({message}: Judged): string => references[message.type] ?? 'RFC 4443'

function lengthProblem({message, least, isShort}: Judged, reference: string): Problem | undefined {
  if (!isShort) return undefined
  return {reason: 'length', text: `${message.length} bytes, where ${least} are the least`, reference}
}

const hopLimitProblem = (judged: Judged, wanted: number): Problem | undefined =>
  judged.ip.hopLimit === wanted
    ? undefined
    : {
        reason: 'hop-limit',
        text: `hop limit ${judged.ip.hopLimit}, where it has to be ${wanted}`,
        reference: referenceOf(judged),
      }

const codeProblem = (judged: Judged): Problem | undefined =>
  judged.message.code === 0
    ? undefined
    : {reason: 'code', text: `code ${judged.message.code}, where it has to be 0`, reference: referenceOf(judged)}

const sourceProblem = (judged: Judged): Problem | undefined =>
  isLinkLocal(judged.ip.source)
    ? undefined
    : {
        reason: 'source-not-link-local',
        text: `source ${judged.ip.source} is not link-local`,
        reference: referenceOf(judged),
      }

function discoveryProblems(judged: Judged): Problems {
  const {chain, message} = judged
  return [
    chain.fragment === undefined ? undefined : fragmented,
    hopLimitProblem(judged, 255),
    codeProblem(judged),
    lengthProblem(judged, referenceOf(judged)),
    message.type === 134 || message.type === 137 ? sourceProblem(judged) : undefined,
    ...addressProblems(judged),
  ]
}

/** Even in an atomic fragment. */
const fragmented: Problem = {
  reason: 'fragmented',
  text: 'a neighbour discovery message in a fragment',
  reference: 'RFC 6980 §5',
}

function addressProblems(judged: Judged): Problems {
  const {body} = judged.message
  if (body.kind === 'router-solicitation') return [unspecifiedWithAddress(judged)]
  if (body.kind === 'neighbor-solicitation') return solicitationProblems(judged, body.target)
  if (body.kind === 'neighbor-advertisement') return advertisementProblems(judged, body)
  return body.kind === 'redirect' ? redirectProblems(body, referenceOf(judged)) : []
}

function solicitationProblems(judged: Judged, target: string): Problems {
  const {source, destination} = judged.ip
  const reference = referenceOf(judged)
  return [
    multicastTarget(target, reference),
    source === '::' && !isSolicitedNode(destination)
      ? {reason: 'unspecified-source', text: `source :: to ${destination}, no solicited-node address`, reference}
      : undefined,
    unspecifiedWithAddress(judged),
  ]
}

function advertisementProblems(judged: Judged, {target, solicited}: {target: string; solicited: boolean}): Problems {
  const reference = referenceOf(judged)
  return [
    multicastTarget(target, reference),
    isMulticast(judged.ip.destination) && solicited
      ? {reason: 'solicited-multicast', text: 'sent to a multicast address with the solicited flag', reference}
      : undefined,
  ]
}

const redirectProblems = (body: {target: string; destination: string}, reference: string): Problems => [
  isMulticast(body.destination)
    ? {reason: 'destination-multicast', text: `redirects the multicast address ${body.destination}`, reference}
    : undefined,
  isLinkLocal(body.target) || body.target === body.destination
    ? undefined
    : {reason: 'redirect-target', text: `target ${body.target} is neither link-local nor the destination`, reference},
]

const multicastTarget = (target: string, reference: string): Problem | undefined =>
  isMulticast(target) ? {reason: 'target-multicast', text: `target ${target} is multicast`, reference} : undefined

const unspecifiedWithAddress = (judged: Judged): Problem | undefined =>
  judged.ip.source === '::' && judged.message.options.some(({type}) => type === 1)
    ? {reason: 'unspecified-source', text: 'source :: with a source link-layer address', reference: referenceOf(judged)}
    : undefined

/** RFC 3590 §4: a report may come from an interface that has no address yet. */
function listenerProblems(judged: Judged): Problems {
  const {ip, message} = judged
  const mayBeUnspecified = message.type !== 130
  return [
    lengthProblem(judged, referenceOf(judged)),
    hopLimitProblem(judged, 1),
    routerAlertProblem(judged),
    mayBeUnspecified && ip.source === '::' ? undefined : sourceProblem(judged),
    message.type === 130 && message.length > 24 && message.length < 28
      ? {reason: 'length', text: `${message.length} bytes: neither 24 nor 28 or more`, reference: 'RFC 3810 §8.1'}
      : undefined,
    announcedProblem(judged),
  ]
}

function announcedProblem({extent, chain, message}: Judged): Problem | undefined {
  if (extent.missing !== undefined || chain.fragment?.position === 'first' || message.body.kind === 'unreadable')
    return undefined
  const missing = missingCount(extent.bytes, chain.at, {type: message.type, end: extent.end})
  if (missing === 0) return undefined
  const [what, reference] = message.type === 143 ? ['records', 'RFC 3810 §5.2'] : ['sources', 'RFC 3810 §5.1']
  return {reason: 'records-past-end', text: `announces ${missing} ${what} more than it holds`, reference}
}

function routerAlertProblem(judged: Judged): Problem | undefined {
  const alert = judged.chain.extensions.some(
    ({name, options}) => name === 'hop-by-hop' && options?.some(({type}) => type === 5) === true,
  )
  if (alert) return undefined
  return {reason: 'router-alert', text: 'no router alert option in a hop-by-hop header', reference: referenceOf(judged)}
}

const multicastRouterProblems = (judged: Judged): Problems => [
  lengthProblem(judged, referenceOf(judged)),
  hopLimitProblem(judged, 1),
  routerAlertProblem(judged),
  sourceProblem(judged),
]
