import * as pages from '../diagnosis/bind-pages.ts'
import type {Finding} from '../diagnosis/finding.ts'
import {finding, type RulePage} from '../diagnosis/rule.ts'
import type {BindAnswer, BindCase, HeldSocket, Outcomes, Transport} from '../protocol/binding.ts'
import {publishingFix} from './advice.ts'
import {matrixCases, protocolOf} from './cases.ts'
import {isWaiting, oddTrials} from './defect.ts'
import {predict} from './rule.ts'
import {isUsable, surroundingsOf} from './surroundings.ts'
import type {AnswerClass, Verdict} from './verdict.ts'
import {acceptsOf, endpoint, listText, ownerText, socketText} from './words.ts'

const pageOf: Readonly<Record<AnswerClass, RulePage>> = {
  'application flag': pages.v6only,
  sysctl: pages.bindv6only,
  'other process': pages.otherProcess,
  'reuse flags or uid': pages.reuse,
  'address state': pages.addressState,
  permission: pages.permission,
  'kernel defect': pages.kernelDefect,
}

/** What a person should know beside the answer, the answer's own reason first. */
export function findingsOf(answer: BindAnswer, verdicts: readonly Verdict[], timeNs: bigint): readonly Finding[] {
  const protocols = verdicts.map(({protocol}) => protocol)
  return [
    ...verdicts
      .filter(({coexist, class: kind}) => !coexist || kind === 'sysctl')
      .map((each) => reason(each, answer, timeNs)),
    ...defects(answer, protocols, timeNs),
    ...protocols.flatMap((protocol) => ipv4Alone(answer, protocol, timeNs)),
    ...withoutIpv6(answer, timeNs),
    ...inRange(answer, timeNs),
  ]
}

function reason(
  {class: kind, protocol, sentences, blockers}: Verdict,
  {port, netns}: BindAnswer,
  timeNs: bigint,
): Finding {
  return finding(pageOf[kind], {
    timeNs,
    about: `${port}/${protocol}`,
    detail: sentences.join(' '),
    evidence: [...blockers.map(({holder}) => evidenceOf(holder)), `network namespace ${netns}`],
  })
}

/** What a person can look up again with ss -lnp. */
function evidenceOf(holder: HeldSocket): string {
  const peer = holder.peer === undefined ? '' : ` connected to ${endpoint(holder.peer.address, holder.peer.port)}`
  return `${holder.protocol} ${endpoint(holder.address, holder.port)} ${holder.state}${peer}, ${socketText(holder)}, uid ${holder.uid}, inode ${holder.inode}, ${ownerText(holder)}`
}

const mostEvidence = 8

/** Where the kernel did otherwise than the rule. */
function defects(answer: BindAnswer, protocols: readonly Transport[], timeNs: bigint): readonly Finding[] {
  const surroundings = surroundingsOf(answer)
  const differing = matrixCases(protocols).flatMap((bindCase, index) => {
    const [expected, measured] = [predict(bindCase, surroundings), answer.matrix[index] ?? []]
    return String(expected) === String(measured) ? [] : [caseText(bindCase, expected, measured)]
  })
  if (differing.length === 0) return []
  const detail = `${differing.length} of ${answer.matrix.length} combinations did not give what the kernel's rule says. ${effectText(answer)}`
  return [finding(pages.kernelDefect, {timeNs, about: 'matrix', detail, evidence: differing.slice(0, mostEvidence)})]
}

/** Whether what was answered rests on a defect. */
function effectText(answer: BindAnswer): string {
  const own = oddTrials(answer)
  if (own.length === 0)
    return 'None of them is what was asked about: the answer is the same on a kernel without the defect.'
  const asked = new Set(own.map((trial) => `${listText(trial.sockets.map(({address}) => endpoint(address, answer.port)))} (${protocolOf(trial)})`)) // prettier-ignore
  return `The answer rests on one: the kernel lets ${listText([...asked])} be bound though what holds the port wants the same packets; a kernel without the defect refuses it.`
}

function caseText({mode, sockets}: BindCase, expected: Outcomes, measured: Outcomes): string {
  const each = sockets.map(({address, v6only, reuseaddr, reuseport}) =>
    [
      address,
      ...(v6only === true ? ['V6ONLY'] : []),
      ...(reuseaddr ? ['REUSEADDR'] : []),
      ...(reuseport ? ['REUSEPORT'] : []),
    ].join(' '),
  )
  return `${mode}: ${each.join(', then ')}: expected ${expected.join(' ')}, got ${measured.join(' ')}`
}

function ipv4Alone({holders, addresses, port}: BindAnswer, protocol: Transport, timeNs: bigint): readonly Finding[] {
  const waiting = holders.filter((each) => each.protocol === protocol && isWaiting(each))
  const hasIpv6 = addresses.some((each) => each.ip.includes(':') && each.interface !== 'lo' && isUsable(each))
  if (waiting.length === 0 || !hasIpv6 || waiting.some((each) => acceptsOf(each).includes(6))) return []
  const owners = listText([...new Set(waiting.map(ownerText))])
  return [
    finding(pages.v4Only, {
      timeNs,
      about: `${port}/${protocol}`,
      detail: `${owners} accepts IPv4 only on ${port}/${protocol}.`,
      evidence: waiting.map(evidenceOf),
      ...publishingFix(waiting),
    }),
  ]
}

function withoutIpv6({settings, addresses}: BindAnswer, timeNs: bigint): readonly Finding[] {
  const isOff = settings['ipv6.conf.all.disable_ipv6'] === '1'
  const usable = addresses.filter((each) => each.ip.includes(':') && each.interface !== 'lo' && isUsable(each))
  const outside = addresses.some(({interface: name}) => name !== 'lo')
  if (!isOff && (usable.length > 0 || !outside)) return []
  const detail = isOff
    ? 'net.ipv6.conf.all.disable_ipv6 is 1 in this network namespace.'
    : 'No interface of this network namespace but lo has a usable IPv6 address.'
  const evidence = addresses.map((each) => `${each.ip} on ${each.interface} ${each.flags.join(' ')}`.trimEnd())
  return [finding(pages.ipv6Disabled, {timeNs, about: 'namespace', detail, evidence: evidence.slice(0, mostEvidence)})]
}

function inRange({port, settings}: BindAnswer, timeNs: bigint): readonly Finding[] {
  const [first = 0, last = -1] = (settings['ipv4.ip_local_port_range'] ?? '').split(/\s+/).map(Number)
  const reserved = (settings['ipv4.ip_local_reserved_ports'] ?? '').split(',').some((text) => {
    const [from, to = from] = text.split('-').map(Number)
    return from !== undefined && to !== undefined && port >= from && port <= to
  })
  if (port < first || port > last || reserved) return []
  const detail = `${port} is within net.ipv4.ip_local_port_range (${first} to ${last}).`
  return [finding(pages.ephemeralRange, {timeNs, about: String(port), detail, evidence: []})]
}
