import {matrixCases} from '../binding/cases.ts'
import {addressesOf, strictMode, wantedSockets} from '../binding/wanted.ts'
import type {BindAnswer, BindCase, BindQuestion, Trial} from '../protocol/binding.ts'
import {type TrialMeans, tryCase} from './bind-trial.ts'
import {insideScratchNetwork} from './native/scratch-network.ts'
import {openSocketCalls} from './native/sockets.ts'

const someFreePort = 6969

/** What the kernel says, asked in a copy of the network namespace of the calling thread. */
export function answerBindcheck(question: BindQuestion): BindAnswer {
  const {port = someFreePort, protocols} = question
  const means: TrialMeans = {calls: openSocketCalls(), port}
  const startedMs = performance.now()
  return insideScratchNetwork(() => {
    const trials = tryAsked(question, means)
    const matrix = matrixCases(protocols).map((each) => tryCase(each, means))
    const matrixMs = performance.now() - startedMs
    return {type: 'bind', port, settings: {}, addresses: [], holders: [], matrix, matrixMs, trials, warnings: []}
  })
}

/** With and without IPV6_V6ONLY, for each protocol. */
function tryAsked(question: BindQuestion, means: TrialMeans): readonly Trial[] {
  return question.protocols.flatMap((protocol) =>
    [true, false].map((v6only) => {
      const asked: BindCase = {mode: strictMode(protocol), sockets: wantedSockets(addressesOf(question), v6only)}
      return {...asked, place: 'empty', outcomes: tryCase(asked, means)}
    }),
  )
}
