import type {JsonValue} from '../output/json.ts'
import {rfc3339} from '../output/time.ts'
import type {Extension, Packet} from '../packet/packet.ts'
import type {HeardPacket} from './ndp-message.ts'
import {protocolName} from './protocol-names.ts'

/** The contract's `extension` line: the details of one packet that was copied. */
export function extensionObject({node, timeNs, frame, interface: name, direction, packet}: HeardPacket): JsonValue {
  const {ip, chain, bytes, protocol, fragment} = packet
  const problem = problemOf(packet)
  const routing = routingOf(packet)
  return {
    kind: 'extension',
    time: rfc3339(timeNs),
    node,
    frame,
    interface: name,
    direction: direction ?? 'ingress',
    source: ip?.source,
    destination: ip?.destination,
    chain: chain.map((header) => header.name),
    depth: chain.length,
    bytes,
    protocol: protocol === undefined ? undefined : protocolName(protocol),
    fragment: fragment === undefined ? undefined : {...fragment},
    routing: routing === undefined ? undefined : {type: routing.type, segmentsLeft: routing.segmentsLeft},
    options: optionsOf(chain),
    problem: problem === undefined ? undefined : {...problem},
  }
}

/** A header can be wrong in itself where the chain goes on behind it; the first of them is what a receiver meets first. */
export const problemOf = ({chain, problem}: Packet): Packet['problem'] =>
  chain.find((header) => header.problem !== undefined)?.problem ?? problem

/** Of the first Routing header. */
export const routingOf = ({chain}: Packet): Extension['routing'] =>
  chain.find(({routing}) => routing !== undefined)?.routing

function optionsOf(chain: readonly Extension[]): JsonValue {
  const all = chain.flatMap(({name, options = []}) => options.map((option) => ({header: name, ...option})))
  return all.length === 0 ? undefined : all
}
