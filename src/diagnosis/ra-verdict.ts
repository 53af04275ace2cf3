import type {NdOption} from '../packet/icmpv6-message.ts'
import type {Packet} from '../packet/packet.ts'
import type {InterfaceFacts, RouteFacts} from '../protocol/facts.ts'
import {type BodyOf, optionsNamed} from './neighbour-message.ts'

export type RaVerdict =
  | {
      readonly accepted: true
      /** `daemon`: the kernel leaves it to a program, such as systemd-networkd, that keeps the routes. */
      readonly by: 'kernel' | 'daemon'
      /** What of it is not taken over. */
      readonly except: readonly RaException[]
    }
  | ({readonly accepted: false} & RaException)

export interface RaException {
  readonly because: string
  /** `net.ipv6.conf.eth0.accept_ra`, where a setting decides. */
  readonly setting?: string
}

/**
 * Whether this node takes over what a router advertisement says: RFC 4861 §6.1.2 first, then the kernel's settings
 * (net/ipv6/ndisc.c, ndisc_router_discovery). `routes` are those of the interface.
 */
export function raVerdict(packet: Packet, device: InterfaceFacts, routes: readonly RouteFacts[]): RaVerdict {
  const invalid = invalidity(packet)
  if (invalid !== undefined) return {accepted: false, because: invalid}
  const refusal = refusalOf(device)
  if (refusal !== undefined) {
    const isKept = routes.some(({protocol, gateway}) => protocol === 'ra' && gateway === packet.ip?.source)
    return isKept && refusal.setting?.endsWith('accept_ra') === true
      ? {accepted: true, by: 'daemon', except: []}
      : {accepted: false, ...refusal}
  }
  return {accepted: true, by: 'kernel', except: exceptionsOf(packet, device)}
}

/** Before any message: what would become of a valid RA on this interface. */
export function raRefusal(device: InterfaceFacts, routes: readonly RouteFacts[]): RaException | undefined {
  const refusal = refusalOf(device)
  return refusal !== undefined && routes.some(({protocol}) => protocol === 'ra') ? undefined : refusal
}

function invalidity({transport, ip, fragment}: Packet): string | undefined {
  if (transport?.kind !== 'icmpv6' || transport.message.body.kind !== 'router-advertisement')
    return 'it is no readable router advertisement'
  if (fragment !== undefined) return 'it came in fragments (RFC 6980 §5)'
  if (ip !== undefined && ip.hopLimit !== 255) return `its hop limit is ${ip.hopLimit} (RFC 4861 §6.1.2)`
  const {checksum, problems} = transport.message
  if (checksum === 'wrong') return 'its checksum is wrong (RFC 4443 §2.3)'
  const [problem] = problems
  return problem === undefined ? undefined : `${problem.text} (${problem.reference})`
}

function refusalOf({name, settings}: InterfaceFacts): RaException | undefined {
  const conf = `net.ipv6.conf.${name}`
  if (settings['disable_ipv6'] === 1) return {because: 'IPv6 is off on the interface', setting: `${conf}.disable_ipv6`}
  const acceptRa = settings['accept_ra']
  if (acceptRa === 0) return {because: 'accept_ra is 0', setting: `${conf}.accept_ra`}
  if (acceptRa !== undefined && acceptRa < 2 && (settings['forwarding'] ?? 0) > 0)
    return {because: `forwarding is on and accept_ra is ${acceptRa}, not 2`, setting: `${conf}.accept_ra`}
  return undefined
}

function exceptionsOf({transport}: Packet, device: InterfaceFacts): readonly RaException[] {
  if (transport?.kind !== 'icmpv6' || transport.message.body.kind !== 'router-advertisement') return []
  const {body, options} = transport.message
  const {name, settings, mtu} = device
  const conf = `net.ipv6.conf.${name}`
  const has = (option: string): boolean => options.some((item) => item.name === option)
  const exceptions: (RaException | false)[] = [
    settings['accept_ra_defrtr'] === 0 && {
      because: 'its default route is ignored: accept_ra_defrtr is 0',
      setting: `${conf}.accept_ra_defrtr`,
    },
    ...limitExceptions(body, device),
    has('prefix-information') &&
      settings['accept_ra_pinfo'] === 0 && {
        because: 'its prefixes are ignored: accept_ra_pinfo is 0',
        setting: `${conf}.accept_ra_pinfo`,
      },
    has('route-information') &&
      (settings['accept_ra_rt_info_max_plen'] ?? 0) === 0 && {
        because: 'its routes are ignored: accept_ra_rt_info_max_plen is 0',
        setting: `${conf}.accept_ra_rt_info_max_plen`,
      },
    mtuException(options, mtu),
  ]
  return exceptions.filter((exception) => exception !== false)
}

function mtuException(options: readonly NdOption[], link: number): RaException | false {
  const mtu = optionsNamed(options, 'mtu')[0]?.mtu
  if (mtu === undefined || (mtu >= 1280 && mtu <= link)) return false
  return {because: `its MTU of ${mtu} is ignored: the link has ${link}`}
}

function limitExceptions(
  {routerLifetime, hopLimit}: BodyOf<'router-advertisement'>,
  {name, settings}: InterfaceFacts,
): readonly (RaException | false)[] {
  const conf = `net.ipv6.conf.${name}`
  const leastLifetime = settings['accept_ra_min_lft'] ?? 0
  const leastHopLimit = settings['accept_ra_min_hop_limit'] ?? 1
  return [
    routerLifetime > 0 &&
      routerLifetime < leastLifetime && {
        because: `its lifetime of ${routerLifetime} s is below ${leastLifetime} s`,
        setting: `${conf}.accept_ra_min_lft`,
      },
    hopLimit > 0 &&
      hopLimit < leastHopLimit && {
        because: `its hop limit of ${hopLimit} is below ${leastHopLimit}`,
        setting: `${conf}.accept_ra_min_hop_limit`,
      },
  ]
}
