import {parseAddress} from '../address/text.ts'
import {stepsOf} from '../binding/cases.ts'
import type {BindCase, Outcomes, SocketPlan} from '../protocol/binding.ts'
import {presentLinkFacts} from './facts.ts'
import {RawSocket, type SocketCalls} from './native/sockets.ts'
import {scratchInterface} from './scratch-namespace.ts'

export interface TrialMeans {
  readonly calls: SocketCalls
  readonly port: number
  /** Indexes of interfaces, for addresses with a zone; absent in the copy, which has one interface. */
  readonly zones?: ReadonlyMap<string, number>
  /** Nothing listens, so that nobody can connect. */
  readonly bindsOnly?: boolean
}

/** Makes the sockets of a case one after the other, in the network namespace of the calling thread, and closes them again. */
export function tryCase(bindCase: BindCase, {calls, port, zones, bindsOnly = false}: TrialMeans): Outcomes {
  const protocol = bindCase.mode === 'udp' ? 'udp' : 'tcp'
  using open = new DisposableStack()
  const sockets = bindCase.sockets.map((plan) => open.use(makeSocket(calls, protocol, plan)))
  const outcomes: string[] = []
  for (const [index, step] of stepsOf(bindCase)) {
    const [socket, plan] = [sockets[index], bindCase.sockets[index]]
    if (socket === undefined || plan === undefined || (bindsOnly && step === 'listen')) break
    const outcome = step === 'listen' ? socket.listen() : socket.bind({...placeOf(plan, zones), port})
    outcomes.push(outcome)
    if (outcome !== 'ok') break
  }
  return outcomes
}

export function makeSocket(calls: SocketCalls, protocol: 'tcp' | 'udp', plan: SocketPlan): RawSocket {
  const {family} = placeOf(plan)
  const socket = new RawSocket(calls, {family, protocol})
  if (plan.v6only !== null) socket.set('v6only', plan.v6only)
  if (plan.reuseaddr) socket.set('reuseaddr', true)
  if (plan.reuseport) socket.set('reuseport', true)
  return socket
}

/** Of the network namespace of the calling thread. */
export const liveZones = (): ReadonlyMap<string, number> =>
  new Map(presentLinkFacts().map(({index, facts}) => [facts.name, index]))

export function placeOf(
  {address}: Pick<SocketPlan, 'address'>,
  zones?: TrialMeans['zones'],
): Omit<Parameters<RawSocket['bind']>[0], 'port'> {
  const parsed = parseAddress(address)
  if (parsed === undefined) throw new TypeError(`${address} is no address`)
  const {bytes, family, zone} = parsed
  if (zone === undefined) return {bytes, family}
  return {bytes, family, scope: zones === undefined ? scratchInterface : (zones.get(zone) ?? 0)}
}
