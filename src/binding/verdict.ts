import type {BindAnswer, HeldSocket, Outcomes, SocketPlan, Transport, TrialPlace} from '../protocol/binding.ts'
import {type Blocker, blockersOf, isDualStack, isExactly} from './blocker.ts'
import {isWholly, protocolOf} from './cases.ts'
import {oddTrials} from './defect.ts'
import {obstacleSentences, type SharingFlag, sharingFlags} from './obstacle-text.ts'
import {predict} from './rule.ts'
import {addressFault, surroundingsOf} from './surroundings.ts'
import {addressesOf, strictMode, type V6onlyChoice, wantedSockets} from './wanted.ts'
import {endpoint, listText, ownerText} from './words.ts'

export const answerClasses = [
  'application flag',
  'sysctl',
  'other process',
  'reuse flags or uid',
  'address state',
  'permission',
  'kernel defect',
] as const
export type AnswerClass = (typeof answerClasses)[number]

export interface Verdict {
  readonly protocol: Transport
  readonly class: AnswerClass
  /** Every address that was asked about is held by a socket of its own, or can be bound. */
  readonly coexist: boolean
  /** For people who never heard of V6ONLY. */
  readonly sentences: readonly string[]
  /** What stands in the way. */
  readonly blockers: readonly Blocker[]
}

export interface Question {
  readonly protocol: Transport
  /** None: both wildcards. */
  readonly addresses: readonly string[]
}

/** One protocol's answer, from what was measured. */
export function judge(answer: BindAnswer, question: Question): Verdict {
  const verdict = notHere(answer, question) ?? taken(answer, question) ?? free(answer, question)
  const isOdd = oddTrials(answer).some((trial) => protocolOf(trial) === question.protocol)
  return verdict.coexist && isOdd ? byDefect(verdict, answer) : verdict
}

const byDefect = (verdict: Verdict, {port}: BindAnswer): Verdict => ({
  ...verdict,
  class: 'kernel defect',
  sentences: [
    `What was asked about can be bound on ${port}/${verdict.protocol} now, but only by a defect of this kernel.`,
    'Another socket wants the same packets; a kernel without the defect refuses the bind with EADDRINUSE.',
  ],
})

/** Refused where nothing else is: by the address, by right, or by the kernel. */
function notHere(answer: BindAnswer, question: Question): Verdict | undefined {
  const {protocol} = question
  const sockets = wantedSockets(addressesOf(question), true)
  const outcomes = outcomesOf(answer, {protocol, place: 'empty', sockets})
  const faults = sockets.flatMap((socket) => addressFault(socket, answer, protocol))
  if (isWholly(outcomes) && faults.length === 0) return undefined
  const errno = outcomes.at(-1) ?? ''
  const verdict = {protocol, coexist: false, blockers: []}
  if (errno === 'EACCES' || errno === 'EPERM')
    return {...verdict, class: 'permission', sentences: permissionSentences(answer, protocol)}
  if (faults.length > 0 || errno !== 'EADDRINUSE')
    return {
      ...verdict,
      class: 'address state',
      sentences: faults.length > 0 ? faults : [`The bind fails with ${errno}.`],
    }
  const isRule = predict({mode: strictMode(protocol), sockets}, surroundingsOf(answer)).includes('EADDRINUSE')
  if (isRule)
    return {...verdict, class: 'reuse flags or uid', sentences: [`${listText(addressesOf(question))} want the same packets: no two sockets can hold both without SO_REUSEPORT on each.`]} // prettier-ignore
  return {...verdict, class: 'kernel defect', sentences: ['The kernel refuses what its own rule allows: bind fails with EADDRINUSE where nothing else is bound.']} // prettier-ignore
}

const permissionSentences = ({actor, settings, port}: BindAnswer, protocol: Transport): readonly string[] => [
  `uid ${actor.uid} may not bind ${port}/${protocol}: ports below ${settings['ipv4.ip_unprivileged_port_start'] ?? '1024'} need CAP_NET_BIND_SERVICE there, and bind fails with EACCES.`,
  'The address family plays no part in it.',
]

/** Refused by what holds the port now. */
function taken(answer: BindAnswer, question: Question): Verdict | undefined {
  const {protocol} = question
  const holders = answer.holders.filter((each) => each.protocol === protocol)
  const wanted = wantedSockets(addressesOf(question), true)
  const refused = refusedBeside(answer, question, true)
  if (refused.length === 0) return undefined
  const owned = wanted.map((socket) => holders.find((holder) => isExactly(socket, holder)))
  if (owned.every((holder) => holder !== undefined)) return alreadyHeld(answer, question, owned)
  const sharing = sharingFlags.find((flag) => areBound(answer, {protocol, sockets: refused, flag}))
  const blockers = refused.flatMap((socket) => blockersOf(socket, holders, sharing !== undefined))
  const open = wanted.filter(({address}) => !refused.some((each) => each.address === address))
  return {
    protocol,
    class: classOf(blockers),
    coexist: false,
    blockers,
    sentences: obstacleSentences(answer, {protocol, refused, open, blockers, sharing}),
  }
}

function alreadyHeld({port}: BindAnswer, {protocol}: Question, owned: readonly HeldSocket[]): Verdict {
  const each = owned.map((holder) => `${endpoint(holder.address, port)} by ${ownerText(holder)}`)
  return {
    protocol,
    class: 'application flag',
    coexist: true,
    blockers: [],
    sentences: [
      each.length === 1
        ? `It is held on ${port}/${protocol} now: ${listText(each)}.`
        : `${countText(each)} are held on ${port}/${protocol} now, each by a socket of its own: ${listText(each)}.`,
    ],
  }
}

/** What can be put right nearest to the asker comes first. */
function classOf(blockers: readonly Blocker[]): AnswerClass {
  const kinds = new Set(blockers.map(({kind}) => kind))
  if (kinds.size === 1 && kinds.has('shares')) return 'reuse flags or uid'
  if (kinds.has('dual-stack') || blockers.some(({holder, kind}) => kind === 'same' && isDualStack(holder)))
    return 'application flag'
  if (kinds.has('same') || kinds.has('connection')) return 'other process'
  if (kinds.has('time-wait')) return 'reuse flags or uid'
  return kinds.has('shares') ? 'reuse flags or uid' : 'kernel defect'
}

function free(answer: BindAnswer, question: Question): Verdict {
  const {protocol} = question
  const where = `${answer.port}/${protocol}`
  const isOnly = answer.settings['ipv6.bindv6only'] === '1'
  const with_ = (choice: V6onlyChoice): boolean =>
    isWholly(outcomesOf(answer, {protocol, place: 'empty', sockets: wantedSockets(addressesOf(question), choice)})) &&
    refusedBeside(answer, question, choice === 'untouched' ? isOnly : choice).length === 0
  const verdict = {protocol, coexist: true, blockers: []}
  if (with_(false)) return {...verdict, class: 'application flag', sentences: [`${countText(addressesOf(question))} can be bound on ${where}, whatever the application sets.`]} // prettier-ignore
  if (with_('untouched'))
    return {
      ...verdict,
      class: 'sysctl',
      sentences: [
        `${countText(addressesOf(question))} can be bound on ${where}, because net.ipv6.bindv6only=1 in this network namespace.`,
        'An application that sets IPV6_V6ONLY=0 itself, as Go and Java do, takes IPv4 on [::] all the same; one that sets it to 1 works anywhere.',
      ],
    }
  return {
    ...verdict,
    class: 'application flag',
    sentences: [
      `${countText(addressesOf(question))} can be bound on ${where} if the application sets IPV6_V6ONLY=1 before bind.`,
      looseText(answer, question),
      'No sysctl needs to change.',
    ],
  }
}

/** What cannot be bound beside those who hold the port now. */
const refusedBeside = (answer: BindAnswer, {protocol, addresses}: Question, choice: boolean): readonly SocketPlan[] =>
  wantedSockets(addressesOf({addresses}), choice).filter(
    (socket) => !isWholly(outcomesOf(answer, {protocol, place: 'beside-holders', sockets: [socket]})),
  )

interface Shared {
  readonly protocol: Transport
  readonly sockets: readonly SocketPlan[]
  readonly flag: SharingFlag
}

/** Each of them beside those who hold the port, with that flag as well. */
const areBound = (answer: BindAnswer, {protocol, sockets, flag}: Shared): boolean =>
  sockets.every((socket) => {
    const outcomes = outcomesOf(answer, {protocol, place: 'beside-holders', sockets: [{...socket, [flag]: true}]})
    return outcomes.length > 0 && isWholly(outcomes)
  })

/** Without the flag. */
function looseText(answer: BindAnswer, question: Question): string {
  const takes = 'Without it the [::] socket takes IPv4 as well,'
  const holders = answer.holders.filter((each) => each.protocol === question.protocol)
  const [blocker] = refusedBeside(answer, question, false).flatMap((socket) => blockersOf(socket, holders, false))
  if (blocker === undefined) return `${takes} and the second bind fails with EADDRINUSE.`
  const {holder} = blocker
  return `${takes} where ${ownerText(holder)} holds ${endpoint(holder.address, answer.port)}, and the bind fails with EADDRINUSE.`
}

const countText = ({length}: readonly string[]): string => (length === 1 ? 'It' : length === 2 ? 'Both' : 'All')

interface Wanted {
  readonly protocol: Transport
  readonly place: TrialPlace
  readonly sockets: readonly SocketPlan[]
}

/** Nothing where it was not tried: nobody holds the port. */
function outcomesOf({trials}: BindAnswer, {protocol, place, sockets}: Wanted): Outcomes {
  const text = JSON.stringify(sockets)
  const found = trials.find((each) => each.place === place && protocolOf(each) === protocol && JSON.stringify(each.sockets) === text) // prettier-ignore
  return found?.outcomes ?? []
}
