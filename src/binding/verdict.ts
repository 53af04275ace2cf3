import type {BindAnswer, Outcomes, Transport, Trial, TrialPlace} from '../protocol/binding.ts'
import {isWholly, matrixCases, protocolOf} from './cases.ts'
import {predict} from './rule.ts'

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
  /** Every address that was asked about is held, or can be. */
  readonly coexist: boolean
  /** For people who never heard of V6ONLY. */
  readonly sentences: readonly string[]
}

/** Errno to class, where nothing but the bind itself is known. */
const classOfErrno: Readonly<Record<string, AnswerClass>> = {
  EACCES: 'permission',
  EPERM: 'permission',
  EADDRNOTAVAIL: 'address state',
  EAFNOSUPPORT: 'address state',
  EINVAL: 'address state',
  ENODEV: 'address state',
  EADDRINUSE: 'kernel defect',
}

export function judge(answer: BindAnswer, protocol: Transport): Verdict {
  const strict = outcomesOf(answer, {protocol, place: 'empty', v6only: true})
  const loose = outcomesOf(answer, {protocol, place: 'empty', v6only: false})
  const where = `${answer.port}/${protocol}`
  if (!isWholly(strict)) {
    const errno = strict.at(-1) ?? ''
    const sentences = [`On ${where} not all can be bound here, even where nothing else is: ${errno}.`]
    return {protocol, class: classOfErrno[errno] ?? 'kernel defect', coexist: false, sentences}
  }
  const sentences = isWholly(loose)
    ? [`Both can be bound on ${where}, as the application asks or not.`]
    : [
        `Both can be bound on ${where} if the application sets IPV6_V6ONLY=1 before bind.`,
        'Without it the [::] socket takes IPv4 as well, and the second bind fails with EADDRINUSE.',
        'No sysctl needs to change.',
      ]
  return {protocol, class: 'application flag', coexist: true, sentences}
}

interface Wanted {
  readonly protocol: Transport
  readonly place: TrialPlace
  readonly v6only: boolean
}

function outcomesOf({trials}: BindAnswer, {protocol, place, v6only}: Wanted): Outcomes {
  const isIt = (trial: Trial): boolean =>
    protocolOf(trial) === protocol && trial.place === place && trial.sockets.some((each) => each.v6only === v6only)
  return trials.find(isIt)?.outcomes ?? []
}

/** What the kernel does otherwise than its own rule says. */
export function deviations(answer: BindAnswer, protocols: readonly Transport[]): readonly number[] {
  return matrixCases(protocols).flatMap((bindCase, index) => {
    const expected = predict(bindCase, {missing: []})
    return String(expected) === String(answer.matrix[index]) ? [] : [index]
  })
}
