import type {Icmpv6Body, Icmpv6Message, NdOption} from '../packet/icmpv6-message.ts'
import type {IpHeader, Packet} from '../packet/packet.ts'
import type {Observation} from './observation.ts'

/** One neighbour discovery, MLD or ICMPv6 error message as the rules read it. */
export interface NeighbourMessage {
  readonly timeNs: bigint
  /** Seconds since 1970. */
  readonly at: number
  readonly interface: string
  readonly direction: 'ingress' | 'egress' | undefined
  readonly packet: Packet
  readonly ip: IpHeader
  readonly icmp: Icmpv6Message
  readonly body: Icmpv6Body
  readonly source: string
  readonly destination: string
  /** Empty on a link without MACs. */
  readonly mac: string
  /** Source or target link-layer address option. */
  readonly optionMac: string | undefined
  readonly nonce: string | undefined
  /** A receiver takes it: what is not valid proves nothing about who is who. */
  readonly isValid: boolean
  /** The same packet was seen at another place before: bridge, its port and the NIC all show it. */
  readonly isRepeat: boolean
  /** `frame 7` or the time of day, for evidence. */
  readonly where: string
}

export type BodyOf<Kind extends Icmpv6Body['kind']> = Extract<Icmpv6Body, {kind: Kind}>

export function readNeighbourMessage(
  observation: Observation,
  isSeenElsewhere: (identity: string, observation: Observation & {type: 'packet'}) => boolean,
): NeighbourMessage | undefined {
  if (observation.type !== 'packet') return undefined
  const {packet, timeNs} = observation
  const {ip, transport} = packet
  if (ip?.family !== 6 || transport?.kind !== 'icmpv6') return undefined
  const icmp = transport.message
  if (!isRead(icmp)) return undefined
  const optionMac = macOption(icmp.options)
  const nonce = icmp.type === 135 ? optionsNamed(icmp.options, 'nonce')[0]?.nonce : undefined
  const mac = packet.sourceMac ?? ''
  return {
    timeNs,
    at: Number(timeNs) / 1e9,
    interface: observation.interface,
    direction: observation.direction,
    packet,
    ip,
    icmp,
    body: icmp.body,
    source: ip.source,
    destination: ip.destination,
    mac,
    optionMac,
    nonce,
    isValid: icmp.problems.length === 0 && icmp.checksum !== 'wrong',
    isRepeat: isSeenElsewhere(
      identityOf(icmp, [ip.source, ip.destination, mac, optionMac ?? '', nonce ?? '']),
      observation,
    ),
    get where() {
      return placeOf(observation)
    },
  }
}

/** Errors that the rules know, MLD, discovery and their kin; echoes are traffic. */
const isRead = ({type}: Icmpv6Message): boolean => type <= 4 || (type >= 130 && type <= 153)

function identityOf(icmp: Icmpv6Message, parts: readonly string[]): string {
  const {body} = icmp
  const target = 'target' in body ? body.target : ''
  const flags =
    body.kind === 'neighbor-advertisement' ? `${body.router}${body.solicited}${body.override}` : String(icmp.length)
  return `${icmp.type} ${target} ${flags} ${parts.join(' ')}`
}

function placeOf(observation: Observation & {type: 'packet'}): string {
  const time = new Date(Number(observation.timeNs / 1_000_000n)).toISOString().slice(11, 23)
  const way = observation.direction === undefined ? '' : ` ${observation.direction}`
  const frame = observation.frame === undefined ? '' : `frame ${observation.frame}, `
  return `${frame}${time} UTC, ${observation.interface}${way}`
}

export function macOption(options: readonly NdOption[]): string | undefined {
  const first = (type: 1 | 2): NdOption | undefined =>
    options.find((option) => option.type === type && option.problem === undefined)
  const option = first(1) ?? first(2)
  return option !== undefined && 'mac' in option ? option.mac : undefined
}

type Named<Name> = Extract<OfName<NdOption, Name>, NdOption>

/** Of the member for all other names, only `data` tells that it is meant. */
type OfName<Option extends NdOption, Name> = Option extends unknown
  ? 'data' extends keyof Option
    ? never
    : Name extends Option['name']
      ? Option
      : never
  : never

/** Readable options of one name. */
export function optionsNamed<const Name extends ReadName>(
  options: readonly NdOption[],
  name: Name,
): readonly Named<Name>[] {
  return options.filter((option): option is Named<Name> => option.name === name && option.problem === undefined)
}

type ReadName =
  | 'source-link-layer-address'
  | 'target-link-layer-address'
  | 'nonce'
  | 'prefix-information'
  | 'route-information'
  | 'rdnss'
  | 'dnssl'
  | 'mtu'
  | 'pref64'
  | 'encrypted-dns'

/** Who a MAC is, as far as it is known: `02:…:03 (pod default/p2)`. */
export const who = (mac: string, name: string | undefined): string =>
  name === undefined ? (mac === '' ? 'no MAC' : mac) : `${mac} (${name})`

/** Neighbour discovery, RFC 4861: types 133 to 137. */
export const isDiscovery = (message: NeighbourMessage): boolean => message.icmp.type >= 133 && message.icmp.type <= 137
