import {setTimeout as pause} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'
import {DropLab, type Situation} from './drop-lab.ts'

const isRoot = process.getuid?.() === 0

/** `reason @ symbol`, and the layer: as Linux 6.18 has them. */
interface Row extends Omit<Situation, 'source'> {
  /** Instead of an address of its own. */
  readonly source?: string
  readonly where: string
  readonly layer: string
  readonly isBenign?: true
}

const to = (address: string, rest: string, options = ''): string => `IPv6(src=S, dst='${address}'${options}) / ${rest}`
const udp = (port: number, size = 4): string => `UDP(sport=7, dport=${port}) / ('x' * ${size})`
const router = 'fd0a::1'
const host = 'fd0b::1'
const far = 'fd0c::2'

const netfilter: readonly Row[] = [
  {name: 'nftables, on the way in', into: 'router', packet: to(router, udp(99)), where: 'NETFILTER_DROP @ nft_do_chain', layer: 'netfilter'},
  {name: 'nftables, while forwarding', into: 'router', packet: to(far, udp(98)), where: 'NETFILTER_DROP @ nft_do_chain', layer: 'netfilter'},
] // prettier-ignore

const devices: readonly Row[] = [
  {name: 'a TC program, on the way in', into: 'tc', packet: to('fd0b::5', udp(9)), where: 'TC_INGRESS @ __netif_receive_skb_core', layer: 'TC'},
  {name: 'a TC program, on the way out', into: 'router', packet: to('fd0e::2', udp(9)), where: 'TC_EGRESS @ __dev_queue_xmit', layer: 'TC'},
  {name: 'a queueing discipline', into: 'router', packet: to('fd0d::2', udp(9)), where: 'QDISC_DROP @ __dev_queue_xmit', layer: 'TC'},
  {name: 'an XDP program', into: 'xdp', packet: to('fd0b::3', udp(9)), where: 'NOT_SPECIFIED @ do_xdp_generic', layer: 'XDP'},
  {name: 'an XDP program in the driver', into: 'native', packet: to('fd0b::a', udp(9)), where: 'NOT_SPECIFIED @ veth_xdp_rcv_skb', layer: 'XDP'},
  {name: 'unicast to another MAC', into: 'host', mac: '02:00:00:00:00:99', packet: to(host, udp(9)), where: 'OTHERHOST @ ip6_rcv_core', layer: 'link', isBenign: true},
  {name: 'unicast in a multicast frame, where that is refused', into: 'strict', mac: '33:33:00:00:00:01', packet: to('fd0b::4', udp(9)), where: 'UNICAST_IN_L2_MULTICAST @ ip6_rcv_core', layer: 'link'},
] // prettier-ignore

const routing: readonly Row[] = [
  {name: 'no route', into: 'router', packet: to('2001:db8:ffff::1', udp(9)), where: 'IP_INNOROUTES @ ip6_pkt_discard', layer: 'routing'},
  {name: 'a blackhole route', into: 'router', packet: to('fd0b::1', udp(9)), where: 'NOT_SPECIFIED @ dst_discard_out', layer: 'routing'},
  {name: 'a prohibiting route', into: 'router', packet: to('fd0b:1::1', udp(9)), where: 'IP_INNOROUTES @ ip6_pkt_prohibit', layer: 'routing'},
  {name: 'an unreachable route', into: 'router', packet: to('fd0b:2::1', udp(9)), where: 'IP_INNOROUTES @ ip6_pkt_discard', layer: 'routing'},
  {name: 'too big for the next link', into: 'router', packet: to(far, udp(9, 1400)), where: 'PKT_TOO_BIG @ ip6_forward', layer: 'routing'},
  {name: 'hop limit 1', into: 'router', packet: to(far, udp(9), ', hlim=1'), where: 'IP_INHDR @ ip6_forward', layer: 'routing'},
  {name: 'to another, on a host', into: 'host', packet: to('fd0b::99', udp(9)), where: 'IP_INADDRERRORS @ ip6_forward', layer: 'routing'},
  {name: 'a neighbour that does not answer', into: 'router', packet: to('fd0c::dead', udp(9)), where: 'NOT_SPECIFIED @ neigh_invalidate', layer: 'neighbour'},
  {name: 'too many that wait for a neighbour', into: 'router', packet: `[${to('fd0c::deaf', udp(9, 1000))}] * 9`, where: 'NEIGH_QUEUEFULL @ __neigh_event_send', layer: 'neighbour'},
  {name: 'a neighbour that may not be asked', into: 'router', packet: to('fd0f::2', udp(9)), where: 'NEIGH_FAILED @ __neigh_event_send', layer: 'neighbour'},
] // prettier-ignore

const headers: readonly Row[] = [
  {name: 'IPv6 disabled on the interface', into: 'disabled', packet: to('fd0b::2', udp(9)), where: 'IPV6DISABLED @ ip6_rcv_core', layer: 'IPv6'},
  {name: 'a multicast source', into: 'host', source: 'ff02::1:1', packet: to(host, udp(9)), where: 'IP_INHDR @ ip6_rcv_core', layer: 'IPv6'},
  {name: 'the loopback as source', into: 'host', source: '::1', packet: to(host, udp(9)), where: 'IP_INHDR @ ip6_rcv_core', layer: 'IPv6'},
  {name: 'multicast of scope 0', into: 'host', packet: to('ff00::1', udp(9)), where: 'IP_INHDR @ ip6_rcv_core', layer: 'IPv6'},
  {name: 'a payload that is shorter than it says', into: 'host', packet: to(host, udp(9), ', plen=500'), where: 'PKT_TOO_SMALL @ ip6_rcv_core', layer: 'IPv6'},
  {name: 'the same through a bridge that asks netfilter', into: 'bridge', mac: '02:00:00:00:00:77', packet: to(far, udp(9), ', plen=500'), where: 'IP_INHDR @ br_nf_pre_routing_ipv6', layer: 'IPv6'},
  {name: 'protocol 253', into: 'host', packet: to(host, `Raw('x' * 8)`, ', nh=253'), where: 'IP_NOPROTO @ ip6_input_finish', layer: 'extension headers'},
  {name: 'ESP that nobody takes', into: 'host', packet: to(host, `Raw('x' * 24)`, ', nh=50'), where: 'IP_NOPROTO @ ip6_input_finish', layer: 'extension headers'},
  {name: 'no next header', into: 'host', packet: to(host, `Raw('x' * 8)`, ', nh=59'), where: 'NOT_SPECIFIED @ dst_discard_out', layer: 'extension headers', isBenign: true},
  {name: 'a type 0 routing header', into: 'host', packet: to(host, `IPv6ExtHdrRouting(type=0, addresses=['fd0b::2'], segleft=1) / ${udp(9)}`), where: 'NOT_SPECIFIED @ ipv6_rthdr_rcv', layer: 'extension headers'},
  {name: 'a type 2 routing header', into: 'host', packet: to(host, `IPv6ExtHdrRouting(type=2, addresses=['fd0b::2'], segleft=1) / ${udp(9)}`), where: 'NOT_SPECIFIED @ ipv6_rthdr_rcv', layer: 'extension headers'},
  {name: 'a segment routing header, where it is not enabled', into: 'host', packet: to(host, `IPv6ExtHdrSegmentRouting(addresses=['fd0b::2', 'fd0b::3'], segleft=1, lastentry=1) / ${udp(9)}`), where: 'NOT_SPECIFIED @ ipv6_rthdr_rcv', layer: 'extension headers'},
  {name: 'an option that says to be dropped', into: 'host', packet: to(host, `IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=0x5e, optlen=4, optdata='abcd')]) / ${udp(9)}`), where: 'UNHANDLED_PROTO @ ip6_tlvopt_unknown', layer: 'extension headers'},
  {name: 'bad padding', into: 'host', packet: to(host, `IPv6ExtHdrDestOpt(options=[PadN(optdata=b'abcd')]) / ${udp(9)}`), where: 'IP_INHDR @ ip6_parse_tlv', layer: 'extension headers'},
] // prettier-ignore

const fragments: readonly Row[] = [
  {name: 'fragments that overlap', into: 'host', packet: `[IPv6(src=S, dst='${host}') / IPv6ExtHdrFragment(id=1, offset=0, m=1, nh=17) / Raw('x' * 64), IPv6(src=S, dst='${host}') / IPv6ExtHdrFragment(id=1, offset=4, m=0, nh=17) / Raw('x' * 64)]`, where: 'NOT_SPECIFIED @ ipv6_frag_rcv', layer: 'fragments'},
  {name: 'a fragment that waits for its last', into: 'host', packet: `IPv6(src=S, dst='${host}') / IPv6ExtHdrFragment(id=6, offset=0, m=1, nh=17) / Raw('x' * 64)`, where: 'FRAG_REASM_TIMEOUT @ ip6_frag_expire', layer: 'fragments'},
  {name: 'a fragment twice', into: 'host', packet: `[IPv6(src=S, dst='${host}') / IPv6ExtHdrFragment(id=2, offset=0, m=1, nh=17) / Raw('x' * 64)] * 2`, where: 'DUP_FRAG @ ipv6_frag_rcv', layer: 'fragments'},
  {name: 'a fragment whose others do not come', into: 'host', packet: `IPv6(src=S, dst='${host}') / IPv6ExtHdrFragment(id=3, offset=8, m=1, nh=17) / Raw('x' * 64)`, where: 'FRAG_REASM_TIMEOUT @ inet_frag_rbtree_purge', layer: 'fragments'},
  {name: 'a first fragment without its headers', into: 'host', packet: `IPv6(src=S, dst='${host}') / IPv6ExtHdrFragment(id=4, offset=0, m=1, nh=60)`, where: 'NOT_SPECIFIED @ ipv6_frag_rcv', layer: 'fragments'},
] // prettier-ignore

const sockets: readonly Row[] = [
  {name: 'a closed UDP port', into: 'host', packet: to(host, udp(9)), where: 'NO_SOCKET @ __udp6_lib_rcv', layer: 'socket'},
  {name: 'a closed TCP port', into: 'host', packet: to(host, `TCP(sport=7, dport=9, flags='S')`), where: 'NO_SOCKET @ tcp_v6_rcv', layer: 'socket'},
  {name: 'a wrong UDP checksum', into: 'host', packet: to(host, `UDP(sport=7, dport=9, chksum=0x1234) / 'x'`), where: 'UDP_CSUM @ __udp6_lib_rcv', layer: 'checksum'},
  {name: 'a wrong TCP checksum', into: 'host', packet: to(host, `TCP(sport=7, dport=9, flags='S', chksum=0x1234)`), where: 'TCP_CSUM @ tcp_v6_rcv', layer: 'checksum'},
  {name: 'a socket whose buffer is full', into: 'host', packet: `[${to(host, udp(5000, 900))}] * 30`, where: 'SOCKET_RCVBUFF @ udpv6_queue_rcv_one_skb', layer: 'socket'},
  {name: 'a filter of a socket', into: 'host', packet: to(host, udp(5001)), where: 'SOCKET_FILTER @ udpv6_queue_rcv_one_skb', layer: 'socket'},
  {name: 'an ACK that belongs to no connection', into: 'host', packet: to(host, `TCP(sport=7, dport=5002, flags='A')`), where: 'TCP_FLAGS @ tcp_v6_do_rcv', layer: 'socket'},
  {name: 'a closed port over IPv4', into: 'host', source: '198.51.100.7', packet: `IP(src=S, dst='198.51.100.1') / ${udp(9)}`, where: 'NO_SOCKET @ __udp4_lib_rcv', layer: 'socket'},
  {name: 'multicast that nobody joined', into: 'host', packet: to('ff02::99', udp(9)), where: 'NOT_SPECIFIED @ ip6_mc_input', layer: 'multicast', isBenign: true},
  {name: 'an echo reply to nobody', into: 'host', packet: to(host, 'ICMPv6EchoReply(id=7)'), where: 'NO_SOCKET @ ping_rcv', layer: 'socket', isBenign: true},
] // prettier-ignore

const nd = (rest: string, options = ''): string => to(host, rest, `, hlim=255${options}`)
const discovery: readonly Row[] = [
  {name: 'a solicitation from farther away', into: 'host', packet: to(host, `ICMPv6ND_NS(tgt='${host}')`, ', hlim=64'), where: 'IPV6_NDISC_HOP_LIMIT @ icmpv6_rcv', layer: 'NDP validation'},
  {name: 'a solicitation with a code', into: 'host', packet: nd(`ICMPv6ND_NS(tgt='${host}', code=1)`), where: 'IPV6_NDISC_BAD_CODE @ icmpv6_rcv', layer: 'NDP validation'},
  {name: 'an option of length 0', into: 'host', packet: nd(`ICMPv6ND_NS(tgt='${host}') / ICMPv6NDOptSrcLLAddr(len=0)`), where: 'IPV6_NDISC_BAD_OPTIONS @ icmpv6_rcv', layer: 'NDP validation'},
  {name: 'a solicitation in a fragment', into: 'host', packet: nd(`IPv6ExtHdrFragment(id=5) / ICMPv6ND_NS(tgt='${host}')`), where: 'IPV6_NDISC_FRAG @ icmpv6_rcv', layer: 'NDP validation'},
  {name: 'a solicitation for another', into: 'host', packet: nd(`ICMPv6ND_NS(tgt='fd0b::77')`), where: 'IPV6_NDISC_NS_OTHERHOST @ icmpv6_rcv', layer: 'NDP validation'},
  {name: 'a wrong ICMPv6 checksum', into: 'host', packet: nd(`ICMPv6ND_NS(tgt='${host}', cksum=0x1234)`), where: 'ICMP_CSUM @ icmpv6_rcv', layer: 'checksum'},
  {name: 'a short router advertisement', into: 'host', source: 'fe80::77', packet: nd(`ICMPv6Unknown(type=134, msgbody=b'1234')`), where: 'PKT_TOO_SMALL @ icmpv6_rcv', layer: 'ICMPv6'},
  {name: 'a router advertisement from a global address', into: 'host', packet: nd('ICMPv6ND_RA()'), where: 'NOT_SPECIFIED @ icmpv6_rcv', layer: 'NDP validation'},
  {name: 'an announcement to all of an unknown neighbour', into: 'host', mac: '33:33:00:00:00:01', packet: `IPv6(src=S, dst='ff02::1', hlim=255) / ICMPv6ND_NA(tgt='fd0b::79', S=0)`, where: 'NOT_SPECIFIED @ icmpv6_rcv', layer: 'NDP validation', isBenign: true},
  {name: 'an answer that is sent to all', into: 'host', mac: '33:33:00:00:00:01', packet: `IPv6(src=S, dst='ff02::1', hlim=255) / ICMPv6ND_NA(tgt='fd0b::79', S=1)`, where: 'NOT_SPECIFIED @ icmpv6_rcv', layer: 'NDP validation'},
  {name: 'an advertisement of an unknown neighbour', into: 'host', packet: nd(`ICMPv6ND_NA(tgt='fd0b::78')`), where: 'NOT_SPECIFIED @ icmpv6_rcv', layer: 'NDP validation'},
] // prettier-ignore

const written = [...netfilter, ...devices, ...routing, ...headers, ...fragments, ...sockets, ...discovery]
const rows = written.map((row, index) => ({...row, source: row.source ?? `fd0a::1:${(index + 1).toString(16)}`}))

const isOf = (row: Row, {source, reason, symbol}: JsonLine): boolean =>
  source === row.source && `${String(reason)} @ ${String(symbol)}` === row.where

describe.skipIf(!isRoot)('what dropped a packet (needs root)', () => {
  let lab: DropLab | undefined
  let drops: readonly JsonLine[] = []
  beforeAll(async () => {
    lab = new DropLab(`d${process.pid}`)
    await using plugin = new Plugin(['drops', 'local', '--family', 'all', '-o', 'json'], {
      prefix: ['ip', 'netns', 'exec', lab.namespace('c')],
    })
    await plugin.until(/"kind":"start"/)
    // Whoever else drops on this machine meanwhile takes from what is copied of each kind in a second.
    for (let round = 0, missing: typeof rows = rows; round < 4 && missing.length > 0; round++) {
      lab.send(missing)
      // The sender's neighbours have 300 ms to answer, fragments a second.
      for (let look = 0; look < 60 && missing.length > 0; look++) {
        await pause(100)
        missing = missing.filter((row) => !plugin.lines.some((line) => isOf(row, line)))
      }
    }
    await plugin.end()
    drops = plugin.lines.filter(({kind}) => kind === 'drop')
  }, 120_000)
  afterAll(() => lab?.[Symbol.dispose]())

  test.each(rows)('$name', ({source, ...row}) => {
    const {where, layer, isBenign = false} = row
    const found = drops.filter((line) => line['source'] === source)
    const seen = found.map((line) => ({
      where: `${String(line['reason'])} @ ${String(line['symbol'])}`,
      layer: line['layer'],
      isBenign: line['benign'],
      meaning: line['meaning'],
    }))
    expect(seen).toContainEqual({where, layer, isBenign, meaning: expect.any(String) as string})
  })
})
