import type {Icmpv6Body, Icmpv6Message, NdOption} from '../packet/icmpv6-message.ts'
import type {Packet} from '../packet/packet.ts'

/** A decoded packet with where and when it was met. */
export interface HeardPacket {
  readonly node: string
  readonly timeNs: bigint
  readonly interface: string
  readonly direction: 'ingress' | 'egress' | undefined
  readonly packet: Packet
  /** In a capture, from 1. */
  readonly frame?: number
}

export const icmpv6Of = ({transport}: Packet): Icmpv6Message | undefined =>
  transport?.kind === 'icmpv6' ? transport.message : undefined

/** Neighbour and inverse discovery, SEND, MLD and multicast router discovery. */
export const isNdp = ({type}: Icmpv6Message): boolean =>
  (type >= 130 && type <= 137) ||
  (type >= 141 && type <= 143) ||
  type === 148 ||
  type === 149 ||
  (type >= 151 && type <= 153)

/** What `ndp` tells, as on a wire so in a capture: the errors of RFC 4443, and the neighbour's and the listener's messages; an echo only where its type is among those asked for. */
export const isTold = (message: Icmpv6Message, asked: readonly number[] = []): boolean =>
  (message.type >= 1 && message.type <= 4) || isNdp(message) || asked.includes(message.type)

/** RFC 4862 §5.4.2: only duplicate address detection asks from the unspecified address. */
export const isDad = (packet: Packet): boolean =>
  packet.ip?.source === '::' && icmpv6Of(packet)?.body.kind === 'neighbor-solicitation'

/** The link-layer address that a message tells of its sender or target; undefined where it has no such option. */
export function toldMac({options}: Icmpv6Message): string | undefined {
  const found = options.find(isLinkLayerAddress)
  return found?.mac
}

const isLinkLayerAddress = (
  option: NdOption,
): option is Extract<NdOption, {readonly name: 'source-link-layer-address' | 'target-link-layer-address'}> =>
  option.name === 'source-link-layer-address' || option.name === 'target-link-layer-address'

export type ListenerBody = Extract<Icmpv6Body, {readonly kind: `listener-${string}`}>

export const isListenerBody = (body: Icmpv6Body): body is ListenerBody => body.kind.startsWith('listener-')
