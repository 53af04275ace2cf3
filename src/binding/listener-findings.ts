import * as pages from '../diagnosis/bind-pages.ts'
import type {Finding} from '../diagnosis/finding.ts'
import {finding} from '../diagnosis/rule.ts'
import type {HeldAddress, HeldSocket, ListeningNamespace} from '../protocol/binding.ts'
import {isUsable} from './surroundings.ts'
import {acceptsOf, acceptsText, endpoint, listText, ownerText} from './words.ts'

/** What is wrong with who waits for clients in one network namespace, for those who come from outside it. */
export function listenerFindings(namespace: ListeningNamespace, where: string, timeNs: bigint): readonly Finding[] {
  const {addresses, sockets, netns} = namespace
  const outside = addresses.filter((each) => each.interface !== 'lo' && isUsable(each))
  const has = {ipv4: outside.some(({ip}) => !ip.includes(':')), ipv6: outside.some(isReachedOverIpv6)}
  const isPod = namespace.containers.length > 0 && !namespace.isOwn
  const ports = [...Map.groupBy(sockets.filter(isForOthers), ({protocol, port}) => `${port}/${protocol}`)]
  const alone = ports.flatMap(([name, own]) => {
    const families = new Set(own.flatMap(acceptsOf))
    const said = {timeNs, about: `${netns} ${name}`, evidence: own.map(evidenceOf)}
    const who = `${where}: ${listText([...new Set(own.map(ownerText))])} on ${name}`
    if (has.ipv6 && !families.has(6)) {
      const severity = own[0]?.protocol === 'udp' ? 'info' : isPod ? 'error' : 'warning'
      return [finding(pages.v4Only, {...said, severity, detail: `${who} accepts IPv4 only.`})]
    }
    if (has.ipv4 && !families.has(4) && own.some(({address}) => address === '::'))
      return [finding(pages.v6Only, {...said, detail: `${who} accepts IPv6 only.`})]
    return []
  })
  return [...alone, ...unready(addresses, {where, netns, timeNs})]
}

const isReachedOverIpv6 = ({ip}: HeldAddress): boolean => ip.includes(':') && !/^fe[89ab]/.test(ip)

/** Loopback listeners are for the namespace itself. */
const isForOthers = ({address}: HeldSocket): boolean => !/^(127\.|::1$|::ffff:127\.)/.test(address)

const evidenceOf = (socket: HeldSocket): string =>
  `${socket.protocol} ${endpoint(socket.address, socket.port)} accepts ${acceptsText(socket)}, ${ownerText(socket)}`

interface Place {
  readonly where: string
  readonly netns: number
  readonly timeNs: bigint
}

function unready(addresses: readonly HeldAddress[], {where, netns, timeNs}: Place): readonly Finding[] {
  const waiting = addresses.filter((each) => !isUsable(each) && !each.flags.includes('down'))
  if (waiting.length === 0) return []
  const detail = `${where}: ${listText(waiting.map(({ip}) => ip))} cannot be bound or reached yet.`
  const evidence = waiting.map((each) => `${each.ip} on ${each.interface}: ${each.flags.join(' ')}`)
  return [finding(pages.addressState, {timeNs, severity: 'warning', about: `${netns} addresses`, detail, evidence})]
}
