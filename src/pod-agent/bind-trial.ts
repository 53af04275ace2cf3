import {formatBytes, parseAddress} from '../address/text.ts'
import {stepsOf} from '../binding/cases.ts'
import {isWithinLink} from '../binding/rule.ts'
import type {BindCase, Outcomes, SocketPlan} from '../protocol/binding.ts'
import {presentLinkFacts} from './facts.ts'
import {RawSocket, type SocketCalls} from './native/sockets.ts'
import {scratchInterface} from './scratch-namespace.ts'

export interface TrialMeans {
  readonly calls: SocketCalls
  readonly port: number
  readonly zones?: Zones
  /** Nothing listens, so that nobody can connect. */
  readonly bindsOnly?: boolean
}

/** Where an address with a zone is. Without these: on the one interface of the copy. */
export interface Zones {
  /** Of the target's interfaces, by name. */
  readonly indexes: ReadonlyMap<string, number>
  /** The copy has one interface for all of them. */
  readonly isCopy: boolean
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
  zones?: Zones,
): Omit<Parameters<RawSocket['bind']>[0], 'port'> {
  const parsed = parseAddress(address)
  if (parsed === undefined) throw new TypeError(`${address} is no address`)
  const {bytes, family, zone} = parsed
  if (zone === undefined) return {bytes, family}
  if (zones === undefined) return {bytes, family, scope: scratchInterface}
  const index = zones.indexes.get(zone) ?? 0
  return zones.isCopy ? {bytes: standIn(bytes, index), family, scope: scratchInterface} : {bytes, family, scope: index}
}

/** What the copy has for an address with a zone. */
export const copiedText = (address: string, zones: Zones): string => {
  const {bytes, family} = placeOf({address}, zones)
  return formatBytes(bytes, family)
}

/** On one interface, fe80::1 of two links is told apart by their indexes within it, as KAME does (RFC 4007 §11.1 leaves 54 bits for it). */
function standIn(bytes: Uint8Array, index: number): Uint8Array {
  if (!isWithinLink(formatBytes(bytes, 6))) return bytes
  const marked = Buffer.from(bytes)
  marked.writeUInt32BE(index, 4)
  return marked
}
