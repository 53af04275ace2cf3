import type {HeldSocket, SocketPlan} from '../protocol/binding.ts'
import {overlaps, reachOf} from './rule.ts'

/** Why a bind beside a socket fails. */
export type BlockerKind =
  | 'dual-stack' // an IPv6 wildcard that takes IPv4 as well
  | 'shares' // it would share the port with its like
  | 'time-wait'
  | 'connection' // the port is the source port of somebody's connection
  | 'same' // it wants the same packets

export interface Blocker {
  readonly kind: BlockerKind
  readonly holder: HeldSocket
}

/** IPv4 of a socket whose flag is not known counts: most applications leave the flag alone. */
const held = ({address, v6only}: HeldSocket): Pick<SocketPlan, 'address' | 'v6only'> => ({address, v6only})

/** Those that keep a socket from being bound: the most telling first. `isShareable`: with a reuse flag of its own it was bound beside them. */
export function blockersOf(
  asked: SocketPlan,
  holders: readonly HeldSocket[],
  isShareable: boolean,
): readonly Blocker[] {
  const meeting = holders.filter((holder) => overlaps(asked, held(holder)))
  // What a listener accepted ends with it.
  const first = meeting.filter(({state}) => state === 'listen' || state === 'unconnected')
  const all = (first.length > 0 ? first : meeting).map((holder) => ({kind: kindOf(asked, holder, isShareable), holder}))
  const hard = all.filter(({kind}) => kind !== 'shares')
  return hard.length > 0 ? hard : all
}

function kindOf(asked: SocketPlan, holder: HeldSocket, isShareable: boolean): BlockerKind {
  if (holder.state === 'time-wait') return 'time-wait'
  if (holder.peer !== undefined) return isShareable ? 'shares' : 'connection'
  if (holder.reuseport === true) return 'shares'
  if (isDualStack(holder) && reachOf(asked).ipv6 === undefined) return 'dual-stack'
  return isShareable ? 'shares' : 'same'
}

export function isDualStack(holder: HeldSocket): boolean {
  const {ipv4, ipv6} = reachOf(held(holder))
  return ipv4 !== undefined && ipv6 !== undefined
}

/** A socket that is what was asked for, on its own: one that is bound to a device hears less. */
export const isExactly = (asked: SocketPlan, holder: HeldSocket): boolean => {
  const [one, other] = [reachOf(asked), reachOf(held(holder))]
  const isWaiting = holder.state === 'listen' || holder.state === 'unconnected'
  return isWaiting && holder.device === undefined && one.ipv4 === other.ipv4 && one.ipv6 === other.ipv6
}
