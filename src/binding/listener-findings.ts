import * as pages from '../diagnosis/bind-pages.ts'
import type {Finding, Severity} from '../diagnosis/finding.ts'
import {finding} from '../diagnosis/rule.ts'
import type {HeldAddress, HeldSocket, ListeningNamespace} from '../protocol/binding.ts'
import {publishingFix} from './advice.ts'
import {isLoopback, type ServedPod, usesOf} from './served.ts'
import {servedFindings} from './served-findings.ts'
import {isUsable} from './surroundings.ts'
import {acceptsOf, listText, ownerText, socketLine} from './words.ts'

interface Place {
  /** As a person names it. */
  readonly where: string
  /** Those whose containers are in the namespace; none where no cluster is asked. */
  readonly pods: readonly ServedPod[]
  readonly timeNs: bigint
}

/** What is wrong with who waits for clients in one network namespace, for those who come from outside it. */
export const listenerFindings = (namespace: ListeningNamespace, place: Place): readonly Finding[] => [
  ...servedFindings(namespace, place.pods, place.timeNs),
  ...oneFamily(namespace, place),
  ...renamedWildcards(namespace, place),
  ...unready(namespace, place),
  ...disabled(namespace, place),
]

function oneFamily(namespace: ListeningNamespace, {where, pods, timeNs}: Place): readonly Finding[] {
  const {addresses, sockets, netns} = namespace
  const outside = addresses.filter((each) => each.interface !== 'lo' && isUsable(each))
  const has = {ipv4: outside.some(({ip}) => !ip.includes(':')), ipv6: outside.some(isReachedOverIpv6)}
  const ports = [...Map.groupBy(sockets.filter((each) => !isLoopback(each)), ({protocol, port}) => `${port}/${protocol}`)] // prettier-ignore
  return ports.flatMap(([name, own]) => {
    const families = new Set(own.flatMap(acceptsOf))
    const said = {timeNs, about: `${netns} ${name}`, evidence: own.map(socketLine)}
    const who = `${where}: ${listText([...new Set(own.map(ownerText))])} on ${name}`
    if (has.ipv6 && !families.has(6))
      return [
        finding(pages.v4Only, {
          ...said,
          severity: lackSeverity(own, pods),
          detail: `${who} accepts IPv4 only.`,
          ...publishingFix(own),
        }),
      ]
    if (has.ipv4 && !families.has(4) && own.some(({address}) => address === '::'))
      return [finding(pages.v6Only, {...said, detail: `${who} accepts IPv6 only.`})]
    return []
  })
}

/** What a pod declares is meant for others. A UDP socket that nobody declared is mostly a client's. */
function lackSeverity(sockets: readonly HeldSocket[], pods: readonly ServedPod[]): Severity {
  const isMeant = sockets.some((each) => Object.values(usesOf(each, pods)).some((uses: readonly unknown[]) => uses.length > 0)) // prettier-ignore
  if (isMeant) return 'error'
  return sockets[0]?.protocol === 'udp' ? 'info' : 'warning'
}

const isReachedOverIpv6 = ({ip}: HeldAddress): boolean => ip.includes(':') && !/^fe[89ab]/.test(ip)

const mostEvidence = 8

/** Go and Java open [::] for 0.0.0.0, and say 0.0.0.0 in their logs. */
function renamedWildcards({sockets, netns}: ListeningNamespace, {where, timeNs}: Place): readonly Finding[] {
  // Who has a 0.0.0.0 got what it asked for.
  const served = new Set(sockets.flatMap(({address, owner}) => (address === '0.0.0.0' ? (owner?.pid ?? []) : [])))
  const renamed = sockets.filter(
    ({address, v6only, owner}) =>
      address === '::' &&
      v6only === false &&
      (owner?.runtime !== undefined || (owner?.asksIpv4 === true && !served.has(owner.pid))),
  )
  if (renamed.length === 0) return []
  const each = renamed.map((socket) => `${ownerText(socket)} on ${socket.port}/${socket.protocol} (${reasonOf(socket)})`) // prettier-ignore
  const shown = each.slice(0, mostEvidence)
  const more = each.length > shown.length ? [`${each.length - shown.length} more`] : []
  return [
    finding(pages.dualStackWildcard, {
      timeNs,
      about: `${netns} wildcards`,
      detail: `${where}: whatever they call it, these are [::] with V6ONLY=0 and accept both families: ${listText([...shown, ...more])}.`,
      evidence: renamed.slice(0, mostEvidence).map(socketLine),
    }),
  ]
}

const reasonOf = ({owner}: HeldSocket): string =>
  [...(owner?.runtime === undefined ? [] : [owner.runtime]), ...(owner?.asksIpv4 === true ? ['asked for 0.0.0.0'] : [])].join(', ') // prettier-ignore

function unready({addresses, netns}: ListeningNamespace, {where, timeNs}: Place): readonly Finding[] {
  const waiting = addresses.filter((each) => !isUsable(each) && !each.flags.includes('down'))
  if (waiting.length === 0) return []
  const detail = `${where}: ${listText(waiting.map(({ip}) => ip))} cannot be bound or reached yet.`
  const evidence = waiting.map((each) => `${each.ip} on ${each.interface}: ${each.flags.join(' ')}`)
  return [finding(pages.addressState, {timeNs, severity: 'warning', about: `${netns} addresses`, detail, evidence})]
}

/** IPv6 is switched off where a socket waits for it, or where the cluster sends it. */
function disabled(namespace: ListeningNamespace, {where, pods, timeNs}: Place): readonly Finding[] {
  const {settings, sockets, netns} = namespace
  const off = Object.entries(settings)
    .filter(([name, value]) => name.endsWith('.disable_ipv6') && !name.startsWith('ipv6.conf.default.') && value === '1')
    .map(([name]) => `net.${name}=1`) // prettier-ignore
  const waiting = sockets.filter((each) => acceptsOf(each).includes(6) && !isLoopback(each))
  const isSent = pods.some(({ips}) => ips.some((ip) => ip.includes(':')))
  if (off.length === 0 || (waiting.length === 0 && !isSent)) return []
  const severity = isSent ? 'error' : pods.length > 0 ? 'info' : 'warning'
  const who = waiting.length === 0 ? '' : `; ${listText([...new Set(waiting.map(ownerText))])} waits for it`
  return [
    finding(pages.ipv6Disabled, {
      timeNs,
      severity,
      about: `${netns} disabled`,
      detail: `${where}: ${listText(off.slice(0, mostEvidence))}${who}.`,
      evidence: waiting.slice(0, mostEvidence).map(socketLine),
    }),
  ]
}
