import {escapeText} from '../output/escape.ts'
import {plural} from '../output/quantity.ts'
import {foldedNames} from '../packet/header-names.ts'
import type {Extension, Packet} from '../packet/packet.ts'
import type {ChainRow} from './extension-chains.ts'
import {problemOf, routingOf} from './extension-json.ts'
import {protocolName} from './protocol-names.ts'

/** `hop-by-hop, destination-options ×8 → TCP`: neighbours of the same name are folded. */
export function chainText({headers, protocol, end}: Pick<ChainRow, 'headers' | 'protocol' | 'end'>): string {
  if (end === 'truncated') return foldedNames([...headers, `${protocol} cut off`])
  if (end === 'cut') return foldedNames([...headers, `${protocol} not captured`])
  if (end === 'too-long') return `${foldedNames(headers)} and more`
  return headers.at(-1) === protocol.toLowerCase() ? foldedNames(headers) : `${foldedNames(headers)} → ${protocol}`
}

/** A copy that was cut off, or a chain that breaks, ends without a protocol. */
export const packetChain = ({chain, protocol}: Packet): string =>
  chainText({
    headers: chain.map(({name}) => name),
    protocol: protocol === undefined ? '' : protocolName(protocol),
    end: protocol === undefined ? 'too-long' : 'decoded',
  })

/** What one packet's headers hold. Safe to show. */
export function packetSentence(packet: Packet, labelOf: (ip: string) => string | undefined): string {
  const {ip, fragment, bytes} = packet
  const problem = problemOf(packet)
  const end = (address = '?'): string => {
    const label = labelOf(address)
    return label === undefined ? address : `${address} (${label})`
  }
  const routing = routingOf(packet)
  const parts = [
    `${end(ip?.source)} → ${end(ip?.destination)}: ${packetChain(packet)}`,
    plural(bytes, 'byte'),
    fragment === undefined ? '' : `${fragment.position} fragment of ${hex(fragment.id)} at ${fragment.offset}`,
    routing === undefined ? '' : `routing type ${routing.type}, ${plural(routing.segmentsLeft, 'segment')} left`,
    problem === undefined ? '' : escapeText(problem.text),
  ]
  return parts.filter((part) => part !== '').join(', ')
}

const hex = (id: number): string => `0x${id.toString(16).padStart(8, '0')}`

/** Each header with its length and options, as the wire has it. Safe to show. */
export const headerFields = ({chain}: Packet): string => escapeText(chain.map(headerField).join('; '))

function headerField({name, length, options = [], routing, spi}: Extension): string {
  const words = [
    ...options.map(
      (option) => `${option.name}(${option.length} B)${option.value === undefined ? '' : `=${option.value}`}`,
    ),
    ...(routing === undefined ? [] : [`type ${routing.type} via ${routing.addresses.join(' ')}`]),
    ...(spi === undefined ? [] : [`SPI ${hex(spi)}`]),
  ]
  return [`${name} ${length} B`, ...words].join(' ')
}
