import {isUpperLayer, noNextHeader, walkedNames} from '../packet/header-names.ts'
import type {Extension, ExtensionName, HeaderOption, Packet} from '../packet/packet.ts'
import type {extensionPages} from './extension-pages.ts'

export interface Fault {
  readonly page: keyof typeof extensionPages
  readonly text: string
}

/** It has extension headers, or what stands in their place is not read: the only packets that can have a faulty chain. */
export const isChained = ({ip, chain, protocol}: Packet): boolean =>
  chain.length > 0 || (ip?.family === 6 && (endsOddly(protocol) || walkedNames[ip.nextHeader] !== undefined))

/** With no protocol that could be read, none at all, or one for experiments (RFC 4727 §3.2): news without any header before it. */
export const endsOddly = (protocol: number | undefined): boolean =>
  protocol === undefined || protocol >= 253 || protocol === noNextHeader

/** Where the packet ends, counted from its IP header; a payload length of 0 is that of a jumbogram or of BIG TCP. */
export const packetEnd = (packet: Packet): number =>
  packet.ip === undefined || packet.ip.payloadLength === 0 ? packet.bytes : 40 + packet.ip.payloadLength

/** Where the chain ends, as far as it could be read. */
export function chainEnd({chain}: Packet): number {
  const last = chain.at(-1)
  return last === undefined ? 40 : last.offset + last.length
}

/** True where the packet itself, not the capture, ends inside its chain. */
export function isChainCut(packet: Packet): boolean {
  const end = packetEnd(packet)
  if (packet.chain.some(({offset, length}) => offset + length > end)) return true
  const last = packet.chain.at(-1)
  const next = last === undefined ? packet.ip?.nextHeader : last.nextHeader
  const isLater = packet.fragment !== undefined && packet.fragment.offset > 0
  return next !== undefined && !isLater && walkedNames[next] !== undefined && end - chainEnd(packet) < 8
}

/** What is wrong with the chain of one packet, by itself. */
export function extensionFaults(packet: Packet): readonly Fault[] {
  if (packet.ip?.family !== 6) return []
  const faults = packet.chain.flatMap((header, place) => [
    ...placeFaults(header, place),
    ...optionFaults(header),
    ...contentFaults(header),
  ])
  return [...faults, ...chainFaults(packet)]
}

function placeFaults({name, routing}: Extension, place: number): readonly Fault[] {
  const faults: Fault[] = []
  if (name === 'hop-by-hop' && place > 0)
    faults.push({page: 'hbh-order', text: `hop-by-hop is header ${place + 1} of the chain`})
  if (routing?.type === 0 && routing.segmentsLeft > 0)
    faults.push({page: 'rh0', text: `segments left ${routing.segmentsLeft}, via ${routing.addresses.join(', ')}`})
  if (routing?.type === 4) faults.push({page: 'srv6', text: `segments left ${routing.segmentsLeft}`})
  if (routing !== undefined && routing.type >= 253 && routing.type < 255)
    faults.push({page: 'experimental', text: `routing type ${routing.type}`})
  return faults
}

/** The problems of fragments and of the place in the chain have rules of their own. */
const contradictions: ReadonlySet<string> = new Set([
  'header-option-past-end',
  'header-option-length',
  'jumbo-payload',
  'segments-left',
  'routing-length',
  'authentication-length',
])

const contentFaults = ({name, problem}: Extension): readonly Fault[] =>
  problem === undefined || !contradictions.has(problem.reason)
    ? []
    : [{page: 'malformed', text: `${name}: ${problem.text} (${problem.reference})`}]

const hex = (type: number): string => `0x${type.toString(16).padStart(2, '0')}`
const isPadding = ({type}: HeaderOption): boolean => type <= 1
const wholeLength = ({type, length}: HeaderOption): number => (type === 0 ? 1 : length + 2)

function optionFaults({name, options = []}: Extension): readonly Fault[] {
  const faults: Fault[] = []
  let padding = 0
  for (const option of options) {
    padding = isPadding(option) ? padding + wholeLength(option) : 0
    if (option.isDirty === true) faults.push({page: 'pad-covert', text: `padding of ${name} is not zero`})
    else if (padding > 7) faults.push({page: 'pad-covert', text: `${padding} bytes of padding in ${name}`})
    if (option.action !== 'skip' && !isKnownToLinux(option.type, name))
      faults.push({page: 'opt-drop', text: `option ${hex(option.type)} in ${name}: ${option.action}`})
    if ((option.type & 0x1f) === 0x1e)
      faults.push({page: 'experimental', text: `option ${hex(option.type)} in ${name}`})
  }
  return faults
}

/** Of the options that are not skipped, Linux has these two (net/ipv6/exthdrs.c). */
const isKnownToLinux = (type: number, name: ExtensionName): boolean =>
  (type === 0xc2 && name === 'hop-by-hop') || (type === 0xc9 && name === 'destination-options')

function chainFaults(packet: Packet): readonly Fault[] {
  const {chain, protocol, fragment} = packet
  const faults: Fault[] = []
  for (const [name, most] of repeatable) {
    const count = chain.filter((header) => header.name === name).length
    if (count > most) faults.push({page: 'dup', text: `${count} × ${name}`})
  }
  if (isUnordered(chain)) faults.push({page: 'order', text: chain.map(({name}) => name).join(', ')})
  const bytes = chain.reduce((sum, {name, length}) => sum + (name === 'esp' ? 0 : length), 0)
  if (chain.length > 8 || bytes > 104)
    faults.push({
      page: 'chain-long',
      text: `${chain.length} ${chain.length === 1 ? 'header' : 'headers'}, ${bytes} bytes`,
    })
  if (protocol === 253 || protocol === 254) faults.push({page: 'experimental', text: `protocol ${protocol}`})
  if (isChainCut(packet)) {
    if (fragment?.position !== 'first') faults.push({page: 'trunc', text: `packet of ${packetEnd(packet)} bytes`})
  } else if (isEmptyEnd(packet) && packetEnd(packet) > chainEnd(packet))
    faults.push({page: 'nonh-data', text: `${packetEnd(packet) - chainEnd(packet)} bytes behind No Next Header`})
  return faults
}

function isEmptyEnd({ip, chain, fragment}: Packet): boolean {
  const last = chain.at(-1)
  const isWhole = fragment === undefined || fragment.position === 'atomic'
  if (last === undefined) return ip?.nextHeader === noNextHeader
  return isWhole && last.nextHeader === noNextHeader && !isUpperLayer(last.name)
}

const repeatable: readonly (readonly [ExtensionName, number])[] = [
  ['routing', 1],
  ['fragment', 1],
  ['authentication', 1],
  ['esp', 1],
  ['destination-options', 2],
]

const ranks: Readonly<Partial<Record<ExtensionName, number>>> = {routing: 1, fragment: 2, authentication: 3, esp: 4}

function isUnordered(chain: readonly Extension[]): boolean {
  let highest = 0
  for (const [place, {name, options = []}] of chain.entries()) {
    const rank = ranks[name] ?? highest
    if (rank < highest) return true
    highest = rank
    if (name !== 'destination-options' || options.some(({type}) => type === 0xc9)) continue
    const rest = chain.slice(place + 1).map((header) => header.name)
    if (rest.includes('fragment') && !rest.includes('routing')) return true
  }
  return false
}
