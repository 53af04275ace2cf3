import {isWholly, matrixCases, outcomeOf, protocolOf} from '../binding/cases.ts'
import {isFromAsked, labelsOf} from '../binding/delivery.ts'
import {predict, type Surroundings} from '../binding/rule.ts'
import {surroundingsOf} from '../binding/surroundings.ts'
import {acceptsOf} from '../binding/words.ts'
import type {JsonValue} from '../output/json.ts'
import {rfc3339} from '../output/time.ts'
import type {
  BindAnswer,
  BindCase,
  Delivery,
  HeldSocket,
  IdTrial,
  Outcomes,
  Transport,
  Trial,
} from '../protocol/binding.ts'

export interface LineOrigin {
  readonly node: string
  readonly timeNs: bigint
}

/** The contract's `bind` lines, in the order of the matrix. */
export const bindObjects = (
  answer: BindAnswer,
  protocols: readonly Transport[],
  origin: LineOrigin,
): readonly JsonValue[] =>
  matrixCases(protocols).map((bindCase, index) =>
    bindObject(bindCase, {
      outcomes: answer.matrix[index] ?? [],
      port: answer.port,
      surroundings: surroundingsOf(answer),
      origin,
    }),
  )

interface Measured {
  readonly outcomes: Outcomes
  readonly port: number
  readonly surroundings: Surroundings
  readonly origin: LineOrigin
}

function bindObject(bindCase: BindCase, {outcomes, port, surroundings, origin}: Measured): JsonValue {
  const expected = predict(bindCase, surroundings)
  return {
    kind: 'bind',
    time: rfc3339(origin.timeNs),
    node: origin.node,
    protocol: protocolOf(bindCase),
    mode: bindCase.mode,
    sockets: bindCase.sockets.map((plan, index) => ({
      address: plan.address,
      port,
      v6only: plan.v6only,
      reuseaddr: plan.reuseaddr,
      reuseport: plan.reuseport,
      ...outcomeOf(bindCase, outcomes, index),
    })),
    expected: isWholly(expected),
    coexist: isWholly(outcomes),
    differs: String(expected) === String(outcomes) ? undefined : true,
  }
}

/** The contract's `listener` line, for a socket in any state. */
export function listenerObject(
  socket: HeldSocket,
  netns: number,
  {node, timeNs}: LineOrigin,
): Readonly<Record<string, JsonValue>> {
  const {owner, peer, ...rest} = socket
  return {
    kind: 'listener',
    time: rfc3339(timeNs),
    node,
    ...rest,
    accepts: peer === undefined ? acceptsOf(socket) : [],
    peer: peer === undefined ? undefined : {...peer},
    pid: owner?.pid,
    process: owner?.process,
    namespace: owner?.named?.namespace,
    pod: owner?.named?.pod,
    container: owner?.named?.container,
    containerId: owner?.container,
    podUid: owner?.podUid,
    runtime: owner?.runtime,
    netns,
  }
}

/** One packet or connection to the sockets of a set-up that works. */
export const deliveryObject = (delivery: Delivery, {node, timeNs}: LineOrigin): JsonValue => ({
  kind: 'delivery',
  time: rfc3339(timeNs),
  node,
  ...delivery,
  ...(delivery.peer === null ? {} : labelsOf(delivery.peer)),
  replyFromAsked: isFromAsked(delivery),
})

/** One connection id of BEP 15, over one socket or crossed over. */
export const idObject = (trial: IdTrial, {node, timeNs}: LineOrigin): JsonValue => ({
  kind: 'isolation',
  time: rfc3339(timeNs),
  node,
  ...trial,
})

/** What was tried beside the matrix: `place` says where. */
export function trialObject(trial: Trial, port: number, {node, timeNs}: LineOrigin): JsonValue {
  return {
    kind: 'trial',
    time: rfc3339(timeNs),
    node,
    protocol: protocolOf(trial),
    mode: trial.mode,
    place: trial.place,
    sockets: trial.sockets.map((plan, index) => ({...plan, port, ...outcomeOf(trial, trial.outcomes, index)})),
    coexist: isWholly(trial.outcomes),
  }
}
