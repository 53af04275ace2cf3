import {withoutZone} from '../address/text.ts'
import {matrixCases} from '../binding/cases.ts'
import {addressesOf} from '../binding/wanted.ts'
import {isUsable} from '../binding/surroundings.ts'
import type {BindAnswer, BindQuestion, HeldAddress, HeldSocket} from '../protocol/binding.ts'
import {deliveryAddresses, tryDelivery} from './bind-delivery.ts'
import {tryIds, tryServer} from './bind-ids.ts'
import {holdersOf} from './bind-holders.ts'
import {type Rehearsal, tryBeside, tryEmpty, tryInPlace} from './bind-rehearsal.ts'
import {actorOf, readSurroundings} from './bind-surroundings.ts'
import {tryCase} from './bind-trial.ts'
import {openSocketCalls} from './native/sockets.ts'
import {insideCopy} from './scratch-namespace.ts'

/** Where nobody named a port: the first of these that nobody holds. */
const candidates = Array.from({length: 64}, (_, index) => 6969 + 101 * index)

/** Looks at the network namespace of the calling thread, and tries what was asked in a copy of it. */
export function answerBindcheck(question: BindQuestion, containers?: readonly string[]): BindAnswer {
  const {protocols, inPlace, uid, server} = question
  const port = question.port ?? freePort(question)
  const {settings, addresses, netns} = readSurroundings()
  const {sockets: holders, warnings} = holdersOf(port, protocols)
  const actor = actorOf(uid, containers)
  const heard = [...warnings]
  const rehearsal: Rehearsal = {question, actor, means: {calls: openSocketCalls(), port}}
  const needed = neededAddresses(addresses, addressesOf(question), holders)
  const measured = insideCopy(
    {settings, addresses: needed, extra: deliveryAddresses},
    {warn: (text) => heard.push(text), look: () => measure(rehearsal, holders)},
  )
  const live = inPlace ? tryInPlace(rehearsal) : []
  return {
    type: 'bind',
    port,
    actor,
    netns,
    settings,
    addresses,
    holders,
    ...measured,
    trials: [...measured.trials, ...live],
    ids: [...measured.ids, ...(server === undefined ? [] : tryServer(server, rehearsal.means.calls))],
    warnings: heard,
  }
}

function measure(
  rehearsal: Rehearsal,
  holders: readonly HeldSocket[],
): Pick<BindAnswer, 'trials' | 'matrix' | 'matrixMs' | 'deliveries' | 'ids'> {
  const trials = [...tryEmpty(rehearsal), ...tryBeside(holders, rehearsal)]
  const startedMs = performance.now()
  const {means, question} = rehearsal
  const {protocols} = question
  const matrix = matrixCases(protocols).map((each) => tryCase(each, means))
  const matrixMs = performance.now() - startedMs
  return {
    trials,
    matrix,
    matrixMs,
    deliveries: tryDelivery(protocols, means),
    ids: protocols.includes('udp') ? tryIds(means) : [],
  }
}

function freePort({protocols}: BindQuestion): number {
  return candidates.find((port) => holdersOf(port, protocols).sockets.length === 0) ?? 6969
}

/** A copy with every address of a node would take longer than all that is tried in it. */
function neededAddresses(
  held: readonly HeldAddress[],
  asked: readonly string[],
  holders: readonly HeldSocket[],
): readonly HeldAddress[] {
  const wanted = new Set([...asked, ...holders.map(({address}) => address)].map(withoutZone))
  const plain = [...wanted].map((each) => each.replace(/^::ffff:(?=\d+\.)/, ''))
  const needs = new Set([...plain, '127.0.0.1', '::1'])
  return held.filter((each) => needs.has(each.ip) && isUsable(each))
}
