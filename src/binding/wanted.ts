import {parseAddress} from '../address/text.ts'
import type {BindMode, BindQuestion, SocketPlan, Transport} from '../protocol/binding.ts'
import {reachOf} from './rule.ts'

const bothFamilies: readonly string[] = ['0.0.0.0', '::']

export const addressesOf = ({addresses}: Pick<BindQuestion, 'addresses'>): readonly string[] =>
  addresses.length === 0 ? bothFamilies : addresses

/** IPV6_V6ONLY set, cleared, or left to net.ipv6.bindv6only. */
export type V6onlyChoice = boolean | 'untouched'

/** Each address with a socket of its own. */
export const wantedSockets = (addresses: readonly string[], choice: V6onlyChoice): readonly SocketPlan[] =>
  addresses.map((address) => ({
    address,
    v6only: flagFor(address, choice),
    reuseaddr: false,
    reuseport: false,
  }))

/** An IPv4 socket has no such flag, and a mapped address is refused with it (af_inet6.c, __inet6_bind). */
function flagFor(address: string, choice: V6onlyChoice): boolean | null {
  if (choice === 'untouched' || parseAddress(address)?.family === 4) return null
  return reachOf({address, v6only: true}).ipv4 === undefined && choice
}

export const strictMode = (protocol: Transport): BindMode => (protocol === 'udp' ? 'udp' : 'tcp-listen')
