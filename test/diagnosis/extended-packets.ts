import type {Extension, ExtensionName, Fragment, HeaderOption, Packet, Routing} from '../../src/packet/packet.ts'
import type {Observation} from '../../src/diagnosis/observation.ts'

type Part = Partial<Omit<Extension, 'name'>> & {readonly name: ExtensionName}

const numbers: Readonly<Record<ExtensionName, number>> = {
  'hop-by-hop': 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  'destination-options': 60,
  mobility: 135,
  hip: 139,
  shim6: 140,
  esp: 50,
}

/** A packet with this chain, `payload` bytes behind it, and lengths that fit. */
export function extended(parts: readonly Part[], {protocol = 17, payload = 8, source = '2001:db8::1'} = {}): Packet {
  let offset = 40
  const chain = parts.map((part, place): Extension => {
    const length = part.length ?? 8
    const next = parts[place + 1]
    const header = {offset, length, nextHeader: next === undefined ? protocol : numbers[next.name], ...part}
    offset += length
    return header
  })
  const fragment = chain.findLast((each) => each.fragment !== undefined)?.fragment
  const [first] = parts
  return {
    vlans: [],
    chain,
    protocol,
    ...(fragment === undefined ? {} : {fragment}),
    bytes: offset + payload,
    ip: {
      family: 6,
      source,
      destination: '2001:db8::2',
      trafficClass: 0,
      flowLabel: 0,
      payloadLength: offset + payload - 40,
      nextHeader: first === undefined ? protocol : numbers[first.name],
      hopLimit: 64,
    },
  }
}

export const routing = (type: number, segmentsLeft: number): Part & {readonly routing: Routing} => ({
  name: 'routing',
  length: 24,
  routing: {type, segmentsLeft, addresses: ['2001:db8::3']},
})

export const option = (type: number, length: number): HeaderOption => ({
  type,
  name: `option ${type}`,
  length,
  action: (['skip', 'drop', 'drop-and-report', 'drop-and-report-unicast'] as const)[type >> 6] ?? 'skip',
})

const position = (offset: number, more: boolean): Fragment['position'] =>
  offset === 0 ? (more ? 'first' : 'atomic') : more ? 'later' : 'last'

export const piece = (offset: number, more: boolean, id = 1): Part => ({
  name: 'fragment',
  fragment: {id, offset, more, position: position(offset, more)},
})

export const heard = (packet: Packet, {seconds = 0, place = 'eth0'} = {}): Observation => ({
  type: 'packet',
  timeNs: BigInt(Math.round(seconds * 1e9)),
  interface: place,
  direction: 'ingress',
  packet,
})
