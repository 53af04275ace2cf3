import type {Extension, Fragment, HeaderOption, Packet, Routing, Transport} from '../../src/packet/packet.ts'
import {shownMessage} from './shown-message.ts'

/** What we decoded, in tshark's field names and spelling, in the order of the bytes: to be compared with what it shows. */
export function shownPacket(packet: Packet): readonly string[] {
  const {ip} = packet
  const vlans = packet.vlans.map((id) => `vlan.id=${id}`)
  if (ip === undefined) return vlans
  if (ip.family === 4)
    return [
      ...vlans,
      `ip.proto=${ip.nextHeader}`,
      `ip.src=${ip.source}`,
      `ip.dst=${ip.destination}`,
      ...transportOf(packet),
    ]
  return [
    ...vlans,
    `ipv6.tclass=${ip.trafficClass}`,
    `ipv6.flow=${ip.flowLabel}`,
    `ipv6.plen=${ip.payloadLength}`,
    `ipv6.nxt=${ip.nextHeader}`,
    `ipv6.hlim=${ip.hopLimit}`,
    `ipv6.src=${ip.source}`,
    `ipv6.dst=${ip.destination}`,
    ...packet.chain.flatMap(extension),
    ...transportOf(packet),
  ]
}

function extension({name, nextHeader, length, options, routing, fragment, spi}: Extension): readonly string[] {
  const units = length / 8 - 1
  const head = (field: string): readonly string[] => [`${field}.nxt=${String(nextHeader)}`, `${field}.len=${units}`]
  switch (name) {
    case 'hop-by-hop':
      return [...head('ipv6.hopopts'), ...optionsOf(options)]
    case 'destination-options':
      return [...head('ipv6.dstopts'), ...optionsOf(options)]
    case 'routing':
      return [...head('ipv6.routing'), ...(routing === undefined ? [] : routingOf(routing))]
    case 'fragment':
      return [`ipv6.fraghdr.nxt=${String(nextHeader)}`, ...(fragment === undefined ? [] : fragmentOf(fragment))]
    case 'authentication':
      return [`ah.next_header=${String(nextHeader)}`, `ah.length=${length / 4 - 2}`, `ah.spi=${String(spi)}`]
    case 'esp':
      return [`esp.spi=${String(spi)}`]
    case 'mobility':
      return [`mip6.proto=${String(nextHeader)}`, `mip6.hlen=${units}`]
    case 'hip':
      return [`hip.proto=${String(nextHeader)}`, `hip.hdr_len=${units}`]
    case 'shim6':
      return [`shim6.nxt=${String(nextHeader)}`, `shim6.len=${units}`]
  }
}

const optionsOf = (options: readonly HeaderOption[] | undefined): readonly string[] =>
  options?.flatMap(headerOption) ?? []

const fragmentOf = ({offset, more, id}: Fragment): readonly string[] => [
  `ipv6.fraghdr.offset=${offset}`,
  `ipv6.fraghdr.more=${Number(more)}`,
  `ipv6.fraghdr.ident=${id}`,
]

const routingOf = ({type, segmentsLeft, addresses, lastEntry, flags = 0, tag = 0}: Routing): readonly string[] => [
  `ipv6.routing.type=${type}`,
  `ipv6.routing.segleft=${segmentsLeft}`,
  ...(lastEntry === undefined
    ? []
    : [`ipv6.routing.srh.last_entry=${lastEntry}`, `ipv6.routing.srh.flags=${flags}`, `ipv6.routing.srh.tag=${tag}`]),
  ...addresses.map((address) => `${addressFields[type] ?? ''}=${address}`),
]

const addressFields: Readonly<Record<number, string>> = {
  0: 'ipv6.routing.src.addr',
  2: 'ipv6.routing.mipv6.home_address',
  4: 'ipv6.routing.srh.addr',
}

const valueFields: Readonly<Record<number, string>> = {
  4: 'ipv6.opt.tel',
  5: 'ipv6.opt.router_alert',
  0xc2: 'ipv6.opt.jumbo',
  0x30: 'ipv6.opt.pmtu.min',
}

function headerOption({type, length, value, address}: HeaderOption): readonly string[] {
  const field = valueFields[type]
  return [
    `ipv6.opt.type=${type}`,
    ...(type === 0 ? [] : [`ipv6.opt.length=${length}`]),
    ...(field === undefined || value === undefined ? [] : [`${field}=${value}`]),
    ...(address === undefined ? [] : [`ipv6.opt.mipv6.home_address=${address}`]),
  ]
}

const transportOf = ({transport}: Packet): readonly string[] =>
  transport === undefined ? [] : transportFields(transport)

function transportFields(transport: Transport): readonly string[] {
  switch (transport.kind) {
    case 'tcp': {
      const {sourcePort, destinationPort, sequence, acknowledgement, flags, window} = transport
      const fields = {
        srcport: sourcePort,
        dstport: destinationPort,
        seq_raw: sequence,
        ack_raw: acknowledgement,
        flags,
        window_size_value: window,
      }
      return Object.entries(fields).map(([field, value]) => `tcp.${field}=${value}`)
    }
    case 'udp':
    case 'sctp':
    case 'dccp':
      return [
        `${transport.kind}.srcport=${transport.sourcePort}`,
        `${transport.kind}.dstport=${transport.destinationPort}`,
      ]
    case 'icmp':
      return [`icmp.type=${transport.type}`, `icmp.code=${transport.code}`]
    case 'icmpv6':
      return shownMessage(transport.message)
  }
}
