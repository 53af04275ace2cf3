import type {Icmpv6Body, Icmpv6Message, NdOption} from '../packet/icmpv6-message.ts'
import type {Packet} from '../packet/packet.ts'
import {icmpName} from './icmp-names.ts'
import {protocolName} from './protocol-names.ts'

type Called = (address: string) => string

/** What is said to one destination: an error, an echo, or what has no other words. Not escaped. */
export function toOneWords(message: Icmpv6Message, destination: string, called: Called): string {
  const {body, type, code} = message
  if (body.kind === 'error') return `tells ${destination}: ${errorWords(message, called)}`
  if (body.kind !== 'echo') return `sends ${icmpName({family: 6, type}, code)} to ${destination}`
  const words = type === echoRequest ? 'pings' : 'answers the ping of'
  return `${words} ${destination} (id ${body.id}, sequence ${body.sequence})`
}

const echoRequest = 128

/** `destination-unreachable/no-route, about TCP fd90::2 port 5000 → fd91::9 port 53`. */
function errorWords({type, code, body}: Icmpv6Message, called: Called): string {
  const {mtu, pointer, quoted}: Partial<Extract<Icmpv6Body, {kind: 'error'}>> = body.kind === 'error' ? body : {}
  const detail = [
    mtu === undefined ? '' : `, at most ${mtu} bytes`,
    pointer === undefined ? '' : `, at byte ${pointer}`,
    quoted?.ip === undefined ? '' : `, about ${quotedWords(quoted, called)}`,
  ]
  return `${icmpName({family: 6, type}, code)}${detail.join('')}`
}

function quotedWords({ip, protocol, transport}: Packet, called: Called): string {
  const name = protocol === undefined ? 'a packet' : protocolName(protocol)
  const hasPorts = transport !== undefined && 'sourcePort' in transport
  const port = (number: number): string => ` port ${number}`
  const from = `${called(ip?.source ?? '')}${hasPorts ? port(transport.sourcePort) : ''}`
  const to = `${called(ip?.destination ?? '')}${hasPorts ? port(transport.destinationPort) : ''}`
  const inner = transport?.kind === 'icmpv6' ? ` ${icmpName({family: 6, type: transport.message.type}, 0)}` : ''
  return `${name}${inner} ${from} → ${to}`
}

/** RFC 4286 §3: advertisement, solicitation, termination. */
export function multicastRouterWords({type, body}: Icmpv6Message): string {
  if (type === 152) return 'looks for multicast routers'
  if (type === 153) return 'is a multicast router no more'
  const every = body.kind === 'multicast-router' ? body.advertisementInterval : undefined
  return `is a multicast router${every === undefined ? '' : `, as it says every ${every} s`}`
}

/** RFC 3122: which addresses a link-layer address has. */
export function inverseWords({body, options}: Icmpv6Message, mac: Called): string {
  const told = options.find((option) => option.name === 'target-link-layer-address')
  const whose = told !== undefined && 'mac' in told ? mac(told.mac ?? '') : 'another'
  if (body.kind === 'inverse-solicitation') return `asks which addresses ${whose} has (inverse discovery)`
  const addresses = options.flatMap(listOf)
  return `says that ${whose} has ${addresses.map(mac).join(', ') || 'no address'} (inverse discovery)`
}

const listOf = (option: NdOption): readonly string[] =>
  option.name === 'target-address-list' && 'addresses' in option ? (option.addresses ?? []) : []
