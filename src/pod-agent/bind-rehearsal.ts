import {parseAddress} from '../address/text.ts'
import {isWithinLink} from '../binding/rule.ts'
import {addressesOf, strictMode, wantedSockets} from '../binding/wanted.ts'
import type {Actor, BindCase, BindQuestion, HeldSocket, SocketPlan, Trial} from '../protocol/binding.ts'
import {liveZones, makeSocket, placeOf, type TrialMeans, tryCase} from './bind-trial.ts'
import {actingAs} from './native/actor.ts'
import type {RawSocket} from './native/sockets.ts'

export interface Rehearsal {
  readonly question: BindQuestion
  readonly actor: Actor
  readonly means: TrialMeans
}

/** All that was asked about, made together where nothing else is: with IPV6_V6ONLY set, cleared and left alone. */
export function tryEmpty({question, actor, means}: Rehearsal): readonly Trial[] {
  const addresses = addressesOf(question)
  return question.protocols.flatMap((protocol) =>
    ([true, false, 'untouched'] as const).map((choice) => {
      const asked: BindCase = {mode: strictMode(protocol), sockets: wantedSockets(addresses, choice)}
      return {...asked, place: 'empty', outcomes: actingAs(actor, () => tryCase(asked, means))}
    }),
  )
}

/** Each that was asked about beside the sockets that hold the port now, made again: as it is, and with each flag that might help. */
export function tryBeside(holders: readonly HeldSocket[], rehearsal: Rehearsal): readonly Trial[] {
  const {question, actor, means} = rehearsal
  return question.protocols.flatMap((protocol) => {
    const present = holders.filter((each) => each.protocol === protocol)
    if (present.length === 0) return []
    return [...Map.groupBy(variants(question), linkOf)].flatMap(([link, sockets]) => {
      using made = new DisposableStack()
      for (const holder of distinct(present.filter((each) => mayMeet(each, link)))) remake(holder, means, made)
      return sockets.map((socket) => {
        const asked: BindCase = {mode: strictMode(protocol), sockets: [socket]}
        return {...asked, place: 'beside-holders' as const, outcomes: actingAs(actor, () => tryCase(asked, means))}
      })
    })
  })
}

/** A link-local address keeps its socket to the interface (__inet6_bind), and two on different ones never meet. */
const linkOf = ({address}: SocketPlan): string | undefined =>
  isWithinLink(address) ? parseAddress(address)?.zone : undefined
const mayMeet = ({device}: HeldSocket, link: string | undefined): boolean =>
  link === undefined || device === undefined || device === link

/** In the live network namespace: bound for a moment, never heard on. */
export function tryInPlace({question, actor, means}: Rehearsal): readonly Trial[] {
  const zones = {indexes: liveZones(), isCopy: false}
  return question.protocols.flatMap((protocol) =>
    wantedSockets(addressesOf(question), true).map((socket) => {
      const asked: BindCase = {mode: protocol === 'udp' ? 'udp' : 'tcp-bound', sockets: [socket]}
      const outcomes = actingAs(actor, () => tryCase(asked, {...means, zones, bindsOnly: true}))
      return {...asked, place: 'in-place', outcomes}
    }),
  )
}

function variants(question: BindQuestion): readonly SocketPlan[] {
  const [strict, loose] = [true, false].map((v6only) => wantedSockets(addressesOf(question), v6only))
  const both = [...(strict ?? []), ...(loose ?? []).filter(({v6only}) => v6only === false)]
  return [
    ...both,
    ...(strict ?? []).map((plan) => ({...plan, reuseaddr: true})),
    ...(strict ?? []).map((plan) => ({...plan, reuseport: true})),
  ]
}

/** A hundred accepted connections stand in the way like one. */
function distinct(holders: readonly HeldSocket[]): readonly HeldSocket[] {
  const keyOf = ({address, v6only, state, uid, reuseaddr, reuseport}: HeldSocket): string =>
    JSON.stringify([address, v6only, state, uid, reuseaddr, reuseport])
  return [...new Map(holders.map((each) => [keyOf(each), each])).values()]
}

/** What cannot be bound any more is covered by one that was: a connection by the listener that accepted it. */
function remake(holder: HeldSocket, {calls, port, zones}: TrialMeans, made: DisposableStack): RawSocket | undefined {
  const plan: SocketPlan = {
    address: holder.address,
    v6only: holder.family === 4 ? null : (holder.v6only ?? false),
    reuseaddr: holder.reuseaddr ?? false,
    reuseport: holder.reuseport ?? false,
  }
  const owner = {uid: holder.uid, mayBindLowPorts: true}
  const socket = actingAs(owner, () => makeSocket(calls, holder.protocol, plan))
  made.use(socket)
  // Its address may have gone since, and not every one is copied.
  socket.set('freebind', true)
  if (socket.bind({...placeOf(plan, zones), port}) !== 'ok') return undefined
  if (holder.state === 'listen') socket.listen()
  return socket
}
