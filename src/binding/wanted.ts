import {parseAddress} from '../address/text.ts'
import type {BindMode, BindQuestion, SocketPlan, Transport} from '../protocol/binding.ts'
import {reachOf} from './rule.ts'

export const bothFamilies: readonly string[] = ['0.0.0.0', '::']

export const addressesOf = ({addresses}: Pick<BindQuestion, 'addresses'>): readonly string[] =>
  addresses.length === 0 ? bothFamilies : addresses

/** Each address with a socket of its own, as an application would make it that cares: IPv6 means IPv6. */
export const wantedSockets = (addresses: readonly string[], v6only: boolean): readonly SocketPlan[] =>
  addresses.map((address) => ({
    address,
    v6only: flagFor(address, v6only),
    reuseaddr: false,
    reuseport: false,
  }))

/** An IPv4 socket has no such flag, and a mapped address is refused with it (af_inet6.c, __inet6_bind). */
function flagFor(address: string, v6only: boolean): boolean | null {
  if (parseAddress(address)?.family === 4) return null
  return reachOf({address, v6only: true}).ipv4 === undefined && v6only
}

export const strictMode = (protocol: Transport): BindMode => (protocol === 'udp' ? 'udp' : 'tcp-listen')

/** `0.0.0.0:80`, `[::]:80`. */
export const endpoint = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
