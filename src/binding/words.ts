import {withoutZone} from '../address/text.ts'
import type {HeldSocket, SocketPlan} from '../protocol/binding.ts'
import {reachOf} from './rule.ts'

/** `0.0.0.0:80`, `[::]:80`. */
export const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

/** Families that reach a socket: IPv4 comes to an IPv6 wildcard too, unless IPV6_V6ONLY is set. */
export function acceptsOf({address, v6only}: Pick<SocketPlan, 'address' | 'v6only'>): readonly (4 | 6)[] {
  const {ipv4, ipv6} = reachOf({address: withoutZone(address), v6only})
  return [...(ipv4 === undefined ? [] : [4 as const]), ...(ipv6 === undefined ? [] : [6 as const])]
}

/** In words. */
export function acceptsText(socket: HeldSocket): string {
  if (socket.peer !== undefined) return `only from ${endpoint(socket.peer.address, socket.peer.port)}`
  if (isUnknown(socket)) return 'IPv6, and IPv4 unless V6ONLY is set (not known)'
  const families = acceptsOf(socket)
  return families.length === 2 ? 'IPv4 and IPv6' : families[0] === 4 ? 'IPv4 only' : 'IPv6 only'
}

/** The flag decides, and neither the kernel nor the owner's descriptor told it. */
const isUnknown = ({family, address, v6only}: HeldSocket): boolean =>
  family === 6 && address === '::' && v6only === null

/** `python3 (pid 123)`, as a sentence's subject. */
export function ownerText({owner, uid, state}: HeldSocket): string {
  if (owner !== undefined) {
    const {named, process, pid} = owner
    return `${process} (pid ${pid}${named === undefined ? '' : `, pod ${named.namespace}/${named.pod}`})`
  }
  return state === 'time-wait' ? 'a connection that has ended' : `a process of uid ${uid} that cannot be seen from here`
}

/** `[::] with V6ONLY=0`. */
export function socketText({address, v6only, family}: HeldSocket): string {
  const shown = address.includes(':') ? `[${address}]` : address
  if (family === 4 || address !== '::') return shown
  return v6only === null ? `${shown}, V6ONLY unknown` : `${shown}, V6ONLY=${v6only ? 1 : 0}`
}

/** What a person can look up again with ss -lnp. */
export const socketLine = (socket: HeldSocket): string =>
  `${socket.protocol} ${endpoint(socket.address, socket.port)} accepts ${acceptsText(socket)}, ${ownerText(socket)}`

export const listText = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`
