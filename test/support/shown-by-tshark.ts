import type {Shown} from './pdml.ts'

/** Fields that both sides show; of the rest of tshark's thousands nothing is decoded here. */
const compared = new Set(
  `vlan.id ip.src ip.dst ip.proto ipv6.tclass ipv6.flow ipv6.plen ipv6.nxt ipv6.hlim ipv6.src ipv6.dst
  ipv6.hopopts.nxt ipv6.hopopts.len ipv6.dstopts.nxt ipv6.dstopts.len ipv6.opt.type ipv6.opt.length ipv6.opt.tel ipv6.opt.router_alert ipv6.opt.jumbo ipv6.opt.pmtu.min ipv6.opt.mipv6.home_address
  ipv6.routing.nxt ipv6.routing.len ipv6.routing.type ipv6.routing.segleft ipv6.routing.src.addr ipv6.routing.mipv6.home_address ipv6.routing.srh.last_entry ipv6.routing.srh.flags ipv6.routing.srh.tag ipv6.routing.srh.addr
  ipv6.fraghdr.nxt ipv6.fraghdr.offset ipv6.fraghdr.more ipv6.fraghdr.ident ah.next_header ah.length ah.spi esp.spi mip6.proto mip6.hlen hip.proto hip.hdr_len shim6.nxt shim6.len
  tcp.srcport tcp.dstport tcp.seq_raw tcp.ack_raw tcp.flags tcp.window_size_value udp.srcport udp.dstport sctp.srcport sctp.dstport dccp.srcport dccp.dstport icmp.type icmp.code
  icmpv6.type icmpv6.code icmpv6.checksum.status icmpv6.mtu icmpv6.pointer icmpv6.echo.identifier icmpv6.echo.sequence_number
  icmpv6.nd.ra.cur_hop_limit icmpv6.nd.ra.flag.m icmpv6.nd.ra.flag.o icmpv6.nd.ra.flag.h icmpv6.nd.ra.flag.prf icmpv6.nd.ra.flag.p icmpv6.nd.ra.router_lifetime icmpv6.nd.ra.reachable_time icmpv6.nd.ra.retrans_timer
  icmpv6.nd.ns.target_address icmpv6.nd.na.flag.r icmpv6.nd.na.flag.s icmpv6.nd.na.flag.o icmpv6.nd.na.target_address icmpv6.nd.rd.target_address icmpv6.rd.na.destination_address
  icmpv6.opt.type icmpv6.opt.length icmpv6.opt.src_linkaddr icmpv6.opt.target_linkaddr icmpv6.opt.prefix.length icmpv6.opt.prefix.flag.l icmpv6.opt.prefix.flag.a icmpv6.opt.prefix.flag.r
  icmpv6.opt.prefix.valid_lifetime icmpv6.opt.prefix.preferred_lifetime icmpv6.opt.prefix icmpv6.opt.mtu icmpv6.opt.advertisement_interval icmpv6.opt.home_agent_preference icmpv6.opt.home_agent_lifetime
  icmpv6.opt.nonce icmpv6.opt.route_info.flag.route_preference icmpv6.opt.route_lifetime icmpv6.opt.rdnss.lifetime icmpv6.opt.rdnss icmpv6.opt.dnssl.lifetime icmpv6.opt.dnssl icmpv6.opt.captive_portal
  icmpv6.opt.pref64.scaled_lifetime icmpv6.opt.pref64.plc icmpv6.opt.pref64.prefix icmpv6.opt.ipv6_address
  icmpv6.mld.maximum_response_code icmpv6.mld.multicast_address icmpv6.mld.flag.s icmpv6.mld.flag.qrv icmpv6.mld.qqi icmpv6.mld.nb_sources icmpv6.mld.source_address
  icmpv6.mldr.mar.record_type icmpv6.mldr.mar.nb_sources icmpv6.mldr.mar.multicast_address icmpv6.mldr.mar.source_address icmpv6.mcast_ra.query_interval icmpv6.mcast_ra.robustness_variable`.split(/\s+/),
) // prettier-ignore

/** The same list as `shownPacket` gives, from tshark's tree. A tunnel's inner packet is not looked into. */
export function shownByTshark(frame: Shown): readonly string[] {
  const protocols = frame.children.filter(({name}) => name !== 'geninfo' && name !== 'frame')
  const isIp = ({name}: Shown): boolean => name === 'ipv6' || name === 'ip'
  const first = protocols.findIndex(isIp)
  const second = protocols.findIndex((protocol, index) => index > first && isIp(protocol))
  const own = second === -1 ? protocols : protocols.slice(0, second)
  return own.flatMap(fieldsOf)
}

function fieldsOf(node: Shown): readonly string[] {
  const name = node.name.replace('ieee8021ad.id', 'vlan.id')
  const own = compared.has(name) ? [`${name}=${spelling(node)}`] : []
  return [...own, ...node.children.flatMap(fieldsOf)]
}

function spelling({name, show}: Shown): string {
  // In its list of fields it is in bytes, in the tree in units of 8.
  if (name === 'ipv6.fraghdr.offset') return String(8 * Number(show))
  if (name === 'ipv6.routing.srh.tag') return String(parseInt(show.replace(':', ''), 16))
  if (show === 'True' || show === 'False') return String(Number(show === 'True'))
  return /^0x[\da-f]+$/i.test(show) ? String(Number(show)) : show
}
