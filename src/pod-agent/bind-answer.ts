import {matrixCases} from '../binding/cases.ts'
import {reachOf} from '../binding/rule.ts'
import {isAt, isUsable} from '../binding/surroundings.ts'
import {addressesOf} from '../binding/wanted.ts'
import type {BindAnswer, BindQuestion, HeldAddress, HeldSocket} from '../protocol/binding.ts'
import {deliveryAddresses, tryDelivery} from './bind-delivery.ts'
import {tryIds, tryServer} from './bind-ids.ts'
import {holdersOf} from './bind-holders.ts'
import {type Rehearsal, tryBeside, tryEmpty, tryInPlace} from './bind-rehearsal.ts'
import {routedAddresses} from './bind-routes.ts'
import {actorOf, readSurroundings} from './bind-surroundings.ts'
import {copiedText, liveZones, tryCase, type Zones} from './bind-trial.ts'
import {openSocketCalls} from './native/sockets.ts'
import {insideCopy} from './scratch-namespace.ts'

/** Where nobody named a port: the first of these that nobody holds. */
const candidates = Array.from({length: 64}, (_, index) => 6969 + 101 * index)

/** Looks at the network namespace of the calling thread, and tries what was asked in a copy of it. */
export function answerBindcheck(question: BindQuestion, containers?: readonly string[]): BindAnswer {
  const {protocols, inPlace, uid, server} = question
  const port = question.port ?? freePort(question)
  const {settings, addresses: held, netns} = readSurroundings()
  const {sockets: holders, warnings} = holdersOf(port, protocols)
  const actor = actorOf(uid, containers)
  const heard = [...warnings]
  const zones: Zones = {indexes: liveZones(), isCopy: true}
  const rehearsal: Rehearsal = {question, actor, means: {calls: openSocketCalls(), port, zones}}
  const named = new Set([...addressesOf(question), ...holders.map(({address}) => address)])
  const addresses = [...held, ...routedAddresses(withoutHolder(named, held), zones.indexes)]
  const needed = neededAddresses(addresses, named, zones)
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

/** IPv4 addresses that no interface has. */
const withoutHolder = (named: ReadonlySet<string>, held: readonly HeldAddress[]): readonly string[] =>
  [...named].flatMap((address) => {
    const {ipv4} = reachOf({address, v6only: true})
    return ipv4 === undefined || ipv4 === '*' || held.some(({ip}) => ip === ipv4) ? [] : [ipv4]
  })

/** A copy with every address of a node would take longer than all that is tried in it. */
function neededAddresses(held: readonly HeldAddress[], named: ReadonlySet<string>, zones: Zones): ReadonlySet<string> {
  const usable = held.filter(isUsable)
  const plain = [...named, '127.0.0.1', '::1'].map((address) => reachOf({address, v6only: true}).ipv4 ?? address)
  return new Set(plain.filter((each) => usable.some((own) => isAt(own, each))).map((each) => copiedText(each, zones)))
}
