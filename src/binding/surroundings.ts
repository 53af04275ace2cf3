import {withoutZone} from '../address/text.ts'
import type {BindAnswer, HeldAddress, SocketPlan, Transport} from '../protocol/binding.ts'
import {places} from './cases.ts'
import {isWithinLink, reachOf, type Surroundings} from './rule.ts'

/** RFC 4862 §5.4: until duplicate address detection has ended the address is not assigned; RFC 4429 lets an optimistic one be used. */
const unusable = ['dadfailed', 'down']

export const isUsable = ({flags}: HeldAddress): boolean =>
  !flags.some((flag) => unusable.includes(flag)) && (!flags.includes('tentative') || flags.includes('optimistic'))

/** Of IPv4 the kernel lets everybody bind these, and all hosts' address (RTN_MULTICAST and RTN_BROADCAST in inet_bind). */
const isMulticast = (ip: string): boolean => /^(ff[\da-f]{2}:|2(2[4-9]|3\d)\.|255\.255\.255\.255$)/i.test(ip)

/** With a zone, it is that of one interface; of any other address bind passes the zone over (__inet6_bind). */
export const isAt = ({ip, interface: name}: HeldAddress, address: string): boolean =>
  ip === withoutZone(address) && (!isWithinLink(ip) || !address.includes('%') || address.endsWith(`%${name}`))

type Target = Pick<BindAnswer, 'addresses' | 'settings'>
type Place = Pick<SocketPlan, 'address' | 'v6only'>

/** Whether a socket may be bound to it there, as far as the address goes. */
function isBindable(place: Place, {addresses, settings}: Target): boolean {
  const {ipv4, ipv6} = reachOf({...place, address: withoutZone(place.address)})
  const wanted = ipv6 ?? ipv4 ?? ''
  if (isMulticast(wanted)) return true
  const family = ipv6 === undefined ? 'ipv4' : 'ipv6'
  if (wanted === '*' || settings[`${family}.ip_nonlocal_bind`] === '1') return true
  const prefix = wanted.startsWith('127.') ? '127.' : undefined
  const isIt = ({ip}: HeldAddress): boolean => (prefix === undefined ? ip === wanted : ip.startsWith(prefix))
  return addresses.some((each) => isIt(each) && isUsable(each))
}

/** What of the matrix cannot be bound there for want of an address. */
export const surroundingsOf = (target: Target): Surroundings => ({
  missing: places.filter((place) => !isBindable(place, target)).map(({address}) => address),
})

/** Why an address that was asked about cannot be bound, in a sentence; nothing when it can. */
export function addressFault(place: Place, target: Target, protocol: Transport): readonly string[] {
  const {address} = place
  const plain = withoutZone(address)
  if (isMulticast(plain) && protocol === 'tcp' && plain.includes(':')) return [`${address} is a multicast address: TCP has none, and bind fails with EINVAL.`] // prettier-ignore
  const isLinkLocal = isWithinLink(plain)
  const held = target.addresses.filter((each) => isAt(each, address))
  if (isLinkLocal && !address.includes('%')) {
    const [zone] = held.map(({interface: name}) => name)
    return [`${address} is ${isMulticast(plain) ? 'a group of one link' : 'link-local'}, and bind fails with EINVAL without its interface: write ${address}%${zone ?? 'INTERFACE'}.`] // prettier-ignore
  }
  if (isLinkLocal && !isMulticast(plain) ? held.some(isUsable) : isBindable(place, target)) return []
  const [first] = held
  const elsewhere = target.addresses.filter(({ip}) => ip === plain).map(({interface: name}) => name)
  if (first === undefined && elsewhere.length > 0) return [`${address} names no interface of this network namespace that has it, and bind fails: write ${elsewhere.map((name) => `${plain}%${name}`).join(' or ')}.`] // prettier-ignore
  if (first === undefined) return [`${address} is no address of this network namespace, and bind fails with EADDRNOTAVAIL (IPV6_FREEBIND or IP_FREEBIND would let it pass).`] // prettier-ignore
  return [`${address} ${stateText(first)}, and bind fails with EADDRNOTAVAIL.`]
}

function stateText({flags, interface: name}: HeldAddress): string {
  if (flags.includes('dadfailed')) return `on ${name} failed duplicate address detection: another host has it`
  if (flags.includes('down')) return `is on ${name}, which is down`
  return `on ${name} is still tentative: duplicate address detection has not ended (it takes about a second; nodad or IPV6_FREEBIND do not wait)` // prettier-ignore
}
