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
  /** What `where` says, for those who remember no more of it. */
  readonly place: Place
}

export type Place = Pick<Observation & {type: 'packet'}, 'timeNs' | 'interface' | 'direction' | 'frame'>

export type BodyOf<Kind extends Icmpv6Body['kind']> = Extract<Icmpv6Body, {kind: Kind}>

export function readNeighbourMessage(
  observation: Observation,
  isSeenElsewhere: (identity: string, observation: Observation & {type: 'packet'}) => boolean,
): NeighbourMessage | undefined {
  if (observation.type !== 'packet') return undefined
  const {ip, transport} = observation.packet
  if (ip?.family !== 6 || transport?.kind !== 'icmpv6') return undefined
  const icmp = transport.message
  if (!isRead(icmp)) return undefined
  return new HeardMessage(observation, {ip, icmp}, isSeenElsewhere)
}

/** A getter of an object literal would give each message a hidden class of its own: 1.5 kB. */
class HeardMessage implements NeighbourMessage {
  readonly timeNs: bigint
  readonly at: number
  readonly packet: Packet
  readonly ip: IpHeader
  readonly icmp: Icmpv6Message
  readonly mac: string
  readonly optionMac: string | undefined
  readonly nonce: string | undefined
  readonly isValid: boolean
  readonly isRepeat: boolean
  readonly #observation: Observation & {type: 'packet'}

  constructor(
    observation: Observation & {type: 'packet'},
    {ip, icmp}: Pick<NeighbourMessage, 'ip' | 'icmp'>,
    isSeenElsewhere: (identity: string, observation: Observation & {type: 'packet'}) => boolean,
  ) {
    this.#observation = observation
    this.timeNs = observation.timeNs
    this.at = Number(observation.timeNs) / 1e9
    this.packet = observation.packet
    this.ip = ip
    this.icmp = icmp
    this.mac = observation.packet.sourceMac ?? ''
    this.optionMac = macOption(icmp.options)
    this.nonce = icmp.type === 135 ? optionsNamed(icmp.options, 'nonce')[0]?.nonce : undefined
    this.isValid = icmp.problems.length === 0 && icmp.checksum !== 'wrong'
    const parts = [ip.source, ip.destination, this.mac, this.optionMac ?? '', this.nonce ?? '']
    this.isRepeat = isSeenElsewhere(identityOf(icmp, parts), observation)
  }

  get interface(): string {
    return this.#observation.interface
  }

  get direction(): NeighbourMessage['direction'] {
    return this.#observation.direction
  }

  get body(): Icmpv6Body {
    return this.icmp.body
  }

  get source(): string {
    return this.ip.source
  }

  get destination(): string {
    return this.ip.destination
  }

  get place(): Place {
    const {timeNs, interface: name, direction, frame} = this.#observation
    return {timeNs, interface: name, direction, ...(frame === undefined ? {} : {frame})}
  }

  get where(): string {
    return placeText(this.#observation)
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

export function placeText({timeNs, interface: name, direction, frame}: Place): string {
  const time = new Date(Number(timeNs / 1_000_000n)).toISOString().slice(11, 23)
  const way = direction === undefined ? '' : ` ${direction}`
  return `${frame === undefined ? '' : `frame ${frame}, `}${time} UTC, ${name}${way}`
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
