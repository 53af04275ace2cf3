import type {DropCount} from '../protocol/drops.ts'

export interface DropMeaning {
  /** Which part of the kernel dropped it. */
  readonly layer: string
  readonly text: string
  /** Nothing is wrong: the kernel frees packets this way in normal operation. */
  readonly isBenign: boolean
}

type Place = Pick<DropCount, 'reason' | 'symbol'>
type Rule = readonly [reason: RegExp, symbol: RegExp, layer: string, text: string]

const any = /^/

/** Met on nodes where nothing is wrong (ipv6-domain §8): multicast that nobody joined, queues that are emptied, flooded unicast. */
const benign: readonly Rule[] = [
  [/^NOT_SPECIFIED$/, /^ip6_mc_input$/, 'multicast', 'multicast that nobody here has joined'],
  [/^NO_SOCKET$/, /^ping_rcv$/, 'socket', 'an echo reply that a raw socket has taken already'],
  [/^QUEUE_PURGE$/, any, 'socket', 'a queue was emptied'],
  [/^OTHERHOST$/, any, 'link', 'unicast for another host, flooded here'],
  [any, /^skb_release_data$/, 'memory', 'part of a packet that was freed'],
]

const told: readonly Rule[] = [
  [/^NETFILTER_DROP$/, any, 'netfilter', 'a rule of nftables, ip6tables or a network policy'],
  [/^TC_|^QDISC/, any, 'TC', 'a traffic control filter or queue'],
  [/^XDP$/, any, 'XDP', 'an XDP program'],
  [/^BPF_/, any, 'BPF', 'a BPF program'],
  [/^NOT_SPECIFIED$/, /^neigh_invalidate$/, 'neighbour', 'no neighbour answered: its queue was given up'],
  [/^NEIGH_/, any, 'neighbour', 'the neighbour could not be resolved'],
  [/^IP_(IN|OUT)NOROUTES$/, any, 'routing', 'no route to destination'],
  [/^IP_INADDRERRORS$/, any, 'routing', 'not for this node, which does not forward it'],
  [/^IP_INHDR$/, /^ip6_forward$/, 'routing', 'the hop limit was reached'],
  [/^PKT_TOO_BIG$/, any, 'routing', 'too big for the next link'],
  [/^IPV6_NDISC_/, any, 'NDP validation', 'a neighbour discovery message that RFC 4861 does not allow'],
  [/FRAG|^DUP_FRAG$/, any, 'fragments', 'a fragment that cannot be put together'],
  [/^NOT_SPECIFIED$/, /^ipv6_frag_rcv$/, 'fragments', 'fragments overlap, or the first lacks its headers'],
  [/^NOT_SPECIFIED$/, /^ipv6_rthdr_rcv$/, 'extension headers', 'a routing header that this node does not process'],
  [/^IPV6_BAD_EXTHDR$|^UNHANDLED_PROTO$/, any, 'extension headers', 'an extension header or option that the kernel does not take'],
  [/^IP_INHDR$/, /^ip6_parse_tlv$/, 'extension headers', 'a header with bad padding'],
  [/^IP_NOPROTO$/, any, 'extension headers', 'a next header that nothing here handles'],
  [/^IPV6DISABLED$/, any, 'IPv6', 'IPv6 is disabled on the interface (disable_ipv6)'],
  [/^IP_INHDR$|^IP_CSUM$|^PKT_TOO_SMALL$/, any, 'IPv6', 'an invalid IP header'],
  [/_CSUM$/, any, 'checksum', 'a wrong checksum'],
  [/^NO_SOCKET$/, any, 'socket', 'nobody listens there'],
  [/^SOCKET_|^TCP_|^UDP_|^PROTO_MEM$/, any, 'socket', 'the socket did not take it'],
  [/^UNICAST_IN_L2_MULTICAST$/, any, 'link', 'unicast in a multicast frame'],
  [/^CPU_BACKLOG$|^FULL_RING$|^NOMEM$|^DEV_/, any, 'link', 'the device or the CPU could not keep up'],
] // prettier-ignore

export function meaningOf({reason, symbol = ''}: Place): DropMeaning {
  const matches = ([first, second]: Rule): boolean => first.test(reason) && second.test(symbol)
  const harmless = benign.find(matches)
  const [, , layer, text] = harmless ?? told.find(matches) ?? [any, any, 'kernel', 'the kernel gives no cause']
  return {layer, text, isBenign: harmless !== undefined}
}
