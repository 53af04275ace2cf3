import {noNextHeader} from '../packet/header-names.ts'
import type {DropKind} from '../protocol/drops.ts'

export interface DropMeaning {
  /** Which part of the kernel dropped it. */
  readonly layer: string
  readonly text: string
  /** Nothing is wrong: the kernel frees packets this way in normal operation. */
  readonly isBenign: boolean
}

type Place = Pick<DropKind, 'reason' | 'symbol'> & Partial<Pick<DropKind, 'protocol' | 'icmpType' | 'isAnnouncement'>>
type Rule = readonly [reason: RegExp, symbol: RegExp, layer: string, text: string]

const any = /^/

/** Met on nodes where nothing is wrong (ipv6-domain §8): multicast that nobody joined, queues that are emptied, flooded unicast. */
const benign: readonly Rule[] = [
  [/^NOT_SPECIFIED$/, /^ip6_mc_input$/, 'multicast', 'multicast that nobody here has joined'],
  [
    /^NO_SOCKET$/,
    /^ping_rcv$/,
    'socket',
    'an echo reply that nobody waits for, or that a raw socket has taken already',
  ],
  // Each raw socket gets a copy of its own; so keepalived does not hear what it sends itself.
  [/^SOCKET_FILTER$/, /^raw/, 'socket', 'a copy that a raw socket does not want'],
  [/^QUEUE_PURGE$/, any, 'socket', 'a queue was emptied'],
  [/^OTHERHOST$/, any, 'link', 'unicast for another host, flooded here'],
  [any, /^skb_release_data$/, 'memory', 'part of a packet that was freed'],
]

const told: readonly Rule[] = [
  [/^NETFILTER_DROP$/, any, 'netfilter', 'a rule of nftables, ip6tables or a network policy'],
  [/^TC_/, any, 'TC', 'a traffic control filter'],
  [/^QDISC|^CAKE_|^FQ_|^DUALPI2_/, any, 'TC', 'a queueing discipline: full, made to drop, or of an interface that is down'],
  [/^XDP$/, any, 'XDP', 'an XDP program'],
  [any, /xdp/, 'XDP', 'an XDP program'],
  [/^BPF_/, any, 'BPF', 'a BPF program'],
  [/^NOT_SPECIFIED$/, /^nft?_/, 'netfilter', 'a rule that copies, redirects or queues it'],
  [/^XFRM_POLICY$/, any, 'IPsec', 'a policy (ip xfrm policy) forbids it, or asks for protection that it has not'],
  [/^PSP_/, any, 'IPsec', 'its protection (PSP) is not as agreed'],
  [/^SECURITY_HOOK$/, any, 'security', 'a security module, such as SELinux'],
  [/^VXLAN_|TUNNEL_|^TUNNEL/, any, 'tunnel', 'a tunnel that does not take it: its header, its network or its congestion mark'],
  [/^NOT_SPECIFIED$/, /^neigh_invalidate$/, 'neighbour', 'no neighbour answered: its queue was given up'],
  [/^NEIGH_QUEUEFULL$/, any, 'neighbour', 'too many wait for the neighbour to answer'],
  [/^NEIGH_CREATEFAIL$/, any, 'neighbour', 'no room in the neighbour table (net.ipv6.neigh.default.gc_thresh3)'],
  [/^NEIGH_/, any, 'neighbour', 'the neighbour could not be resolved'],
  [/^IP_INNOROUTES$/, /^ip6?_pkt_prohibit/, 'routing', 'a route that prohibits it'],
  [/^IP_(IN|OUT)NOROUTES$/, any, 'routing', 'no route to destination'],
  [/^NOT_SPECIFIED$/, /^dst_discard/, 'routing', 'a blackhole route'],
  [/^IP_INADDRERRORS$/, any, 'routing', 'not for this node, which does not forward it'],
  [/^IP_RPFILTER$/, any, 'routing', 'the way back to its source is another (rp_filter)'],
  [/^IP_INHDR$/, /^ip6?_forward$/, 'routing', 'the hop limit was reached'],
  [/^PKT_TOO_BIG$/, any, 'routing', 'too big for the next link'],
  [/^IPV6_NDISC_NS_OTHERHOST$/, any, 'NDP validation', 'a solicitation for an address that nobody here has'],
  [/^IPV6_NDISC_/, any, 'NDP validation', 'a neighbour discovery message that RFC 4861 does not allow'],
  [/FRAG|^DUP_FRAG$/, any, 'fragments', 'a fragment that cannot be put together'],
  [/^NOT_SPECIFIED$/, /^ipv6_frag_rcv$/, 'fragments', 'fragments overlap, or the first lacks its headers'],
  [/^NOT_SPECIFIED$/, /^ipv6_rthdr_rcv$/, 'extension headers', 'a routing header that this node does not process'],
  [/^IPV6_BAD_EXTHDR$|^UNHANDLED_PROTO$/, any, 'extension headers', 'an extension header or option that the kernel does not take'],
  [/^IP_INHDR$/, /^ip6_parse_tlv$/, 'extension headers', 'a header with bad padding'],
  [/^IP_NOPROTO$/, any, 'extension headers', 'a next header that nothing here handles'],
  [/^PKT_TOO_SMALL$/, /^icmpv6_/, 'ICMPv6', 'a message that is too short'],
  [/^NOT_SPECIFIED$/, /^icmpv6_rcv$/, 'ICMPv6', 'a message that is not valid; on Linux 6.1 also one that was taken'],
  [/^IPV6DISABLED$/, any, 'IPv6', 'IPv6 is disabled on the interface (disable_ipv6)'],
  [/^PKT_TOO_SMALL$/, any, 'IPv6', 'shorter than its header says'],
  [/^IP_INHDR$|^IP_CSUM$/, any, 'IPv6', 'an invalid IP header, or an address that may not be there'],
  [/_CSUM$/, any, 'checksum', 'a wrong checksum'],
  [/^NO_SOCKET$/, any, 'socket', 'nobody listens there'],
  [/^SOCKET_RCVBUFF$|^PROTO_MEM$/, any, 'socket', 'its buffer is full: the program does not read fast enough'],
  [/^SOCKET_FILTER$/, any, 'socket', 'a filter of the socket'],
  [/^NOT_SPECIFIED$/, /^tcp_v[46]_rcv$/, 'socket', 'a connection that has ended took it (TIME_WAIT), or one that is being opened did not'],
  [/^SOCKET_|^TCP_|^UDP_/, any, 'socket', 'the socket did not take it'],
  [/^UNICAST_IN_L2_MULTICAST$/, any, 'link', 'unicast in a multicast frame'],
  [/^MAC_INVALID_SOURCE$/, any, 'link', 'a source MAC that no sender may have: zeros, or that of a group'],
  [/^LOCAL_MAC$/, any, 'link', 'a source MAC of this node: it came back in a loop'],
  [/^BRIDGE_INGRESS_STP_STATE$/, any, 'link', 'a port of a bridge that does not forward (spanning tree)'],
  [/^RECURSION_LIMIT$/, any, 'link', 'devices that send to each other in a circle'],
  [/^TAP_/, any, 'link', 'a filter of a TAP device'],
  [/^PACKET_SOCK_ERROR$/, any, 'socket', 'a capture, such as that of tcpdump, lost its copy: it does not read fast enough'],
  [/^(SKB_UCOPY_FAULT|PFMEMALLOC)$/, any, 'memory', 'no memory for it'],
  [/^HDR_TRUNC$/, any, 'IPv6', 'shorter than its headers'],
  [/^IP_(LOCAL_SOURCE|INVALID_SOURCE|INVALID_DEST|LOCALNET)$/, any, 'routing', 'a source or destination that may not be there'],
  [/^NOT_SPECIFIED$/, /^br_/, 'link', 'a bridge that does not pass it on: back to the port that it came from, another VLAN, or an isolated port'],
  [/^NO_TX_TARGET$/, any, 'link', 'a bridge without a port to send it to'],
  [/^CPU_BACKLOG$|^FULL_RING$|^NOMEM$|^DEV_/, any, 'link', 'the device or the CPU could not keep up'],
] // prettier-ignore

const nothingFollows: DropMeaning = {
  layer: 'extension headers',
  text: 'nothing follows its headers, as they say',
  isBenign: true,
}
const unfitDiscovery: DropMeaning = {layer: 'NDP validation', text: 'a neighbour discovery message that is not valid, or an advertisement that nobody asked for; on Linux 6.1 also one that was taken', isBenign: false} // prettier-ignore
const unusedAnnouncement: DropMeaning = {layer: 'NDP validation', text: 'an announcement of a neighbour that this node does not talk to', isBenign: true} // prettier-ignore
const isDiscovery = (type: number | undefined): boolean => type !== undefined && type >= 133 && type <= 137

/** The reason and the function; where they are the same for different things, what was dropped. */
export function meaningOf({reason, symbol = '', protocol, icmpType, isAnnouncement}: Place): DropMeaning {
  // RFC 8200 §4.7: what follows must be ignored. The kernel discards it as a blackhole route does.
  if (protocol === noNextHeader && symbol.startsWith('dst_discard')) return nothingFollows
  if (reason === 'NOT_SPECIFIED' && symbol === 'icmpv6_rcv' && isDiscovery(icmpType))
    return isAnnouncement === true ? unusedAnnouncement : unfitDiscovery
  const matches = ([first, second]: Rule): boolean => first.test(reason) && second.test(symbol)
  const harmless = benign.find(matches)
  const [, , layer, text] = harmless ?? told.find(matches) ?? [any, any, 'kernel', 'the kernel gives no cause']
  return {layer, text, isBenign: harmless !== undefined}
}
