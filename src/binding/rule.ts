import {formatIPv4, parseAddress, withoutZone} from '../address/text.ts'
import type {BindCase, SocketPlan} from '../protocol/binding.ts'
import {stepsOf} from './cases.ts'

/** What a socket hears: every address of a family, one, or none. */
export interface Reach {
  readonly ipv4: string | undefined
  readonly ipv6: string | undefined
}

const any = '*'

/** Means nothing without its interface: link-local, or a multicast group of link or interface scope (RFC 4291 §2.7). */
export const isWithinLink = (ip: string): boolean => /^(fe[89ab]|ff[\da-f][12]:)/i.test(ip)

/** `::ffff:a.b.c.d` is IPv4's a.b.c.d, and `::` without V6ONLY is both wildcards (ipv6(7)). */
export function reachOf({address, v6only}: Pick<SocketPlan, 'address' | 'v6only'>): Reach {
  const parsed = parseAddress(address)
  if (parsed === undefined) throw new TypeError(`${address} is no address`)
  const {bytes, family} = parsed
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  if (family === 4 || isMapped) {
    const text = formatIPv4(bytes)
    return {ipv4: text === '0.0.0.0' ? any : text, ipv6: undefined}
  }
  const isWildcard = bytes.every((byte) => byte === 0)
  return isWildcard
    ? {ipv4: v6only === true ? undefined : any, ipv6: any}
    : {ipv4: undefined, ipv6: isWithinLink(address) ? address : withoutZone(address)}
}

const meet = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && (one === other || one === any || other === any)

/** Whether two sockets on one port want the same packets (inet_rcv_saddr_equal, net/ipv4/inet_connection_sock.c). */
export function overlaps(
  one: Pick<SocketPlan, 'address' | 'v6only'>,
  other: Pick<SocketPlan, 'address' | 'v6only'>,
): boolean {
  const [first, second] = [reachOf(one), reachOf(other)]
  return meet(first.ipv4, second.ipv4) || meet(first.ipv6, second.ipv6)
}

export interface Peer extends SocketPlan {
  readonly uid: number
  readonly isListening: boolean
}

/** Whether the kernel lets a socket have a port beside one that wants the same packets (inet_bind_conflict, udp_lib_lport_inuse). */
function mayShare(socket: Peer, present: Peer, protocol: 'tcp' | 'udp'): boolean {
  const shareAddress = socket.reuseaddr && present.reuseaddr && !(protocol === 'tcp' && present.isListening)
  return shareAddress || (socket.reuseport && present.reuseport && socket.uid === present.uid)
}

export interface Surroundings {
  /** Addresses that the target does not have, or cannot use yet. */
  readonly missing: readonly string[]
}

/** What each step gives by the rule, up to and with the first that fails. */
export function predict(bindCase: BindCase, {missing}: Surroundings): readonly string[] {
  const protocol = bindCase.mode === 'udp' ? 'udp' : 'tcp'
  const peers: Peer[] = []
  const outcomes: string[] = []
  for (const [index, step] of stepsOf(bindCase)) {
    const plan = bindCase.sockets[index]
    if (plan === undefined) break
    const socket: Peer = {...plan, uid: 0, isListening: step === 'listen'}
    const others = peers.filter((_, other) => other !== index)
    const isFree = others.every((other) => !overlaps(socket, other) || mayShare(socket, other, protocol))
    const outcome = missing.includes(plan.address) ? 'EADDRNOTAVAIL' : isFree ? 'ok' : 'EADDRINUSE'
    outcomes.push(outcome)
    if (outcome !== 'ok') break
    peers[index] = socket
  }
  return outcomes
}
