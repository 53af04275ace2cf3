import {isWholly, matrixCases, outcomeOf, protocolOf} from '../binding/cases.ts'
import {predict} from '../binding/rule.ts'
import type {JsonValue} from '../output/json.ts'
import {rfc3339} from '../output/time.ts'
import type {BindAnswer, BindCase, Outcomes, Transport} from '../protocol/binding.ts'

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
    bindObject(bindCase, {outcomes: answer.matrix[index] ?? [], port: answer.port, origin}),
  )

interface Measured {
  readonly outcomes: Outcomes
  readonly port: number
  readonly origin: LineOrigin
}

function bindObject(bindCase: BindCase, {outcomes, port, origin}: Measured): JsonValue {
  const expected = predict(bindCase, {missing: []})
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
