#!/usr/bin/python3
"""Writes the captures of this folder with scapy: each shows one thing that a flow counter can get wrong. Run it by hand; the captures are committed."""
import os
import sys

from scapy.all import (AH, ESP, GRE, IP, SCTP, TCP, UDP, Dot1AD, Dot1Q, Ether, ICMP, ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest,
                       ICMPv6MLReport2, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_RS, ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr, ICMPv6PacketTooBig,
                       ICMPv6TimeExceeded, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, Raw, RouterAlert,
                       SCTPChunkInit, fragment6, wrpcap)

here = os.path.dirname(os.path.abspath(__file__))
ether = Ether(src="02:00:00:00:00:0a", dst="02:00:00:00:00:0b")
a, b, c = "2001:db8::a", "2001:db8::b", "fd00:6::c"
ab = IPv6(src=a, dst=b)


def tcp_and_udp():
    for port in range(40000, 40010):
        yield ether / ab / TCP(sport=port, dport=443, flags="S")
        yield ether / IPv6(src=b, dst=a) / TCP(sport=443, dport=port, flags="SA")
        yield ether / ab / TCP(sport=port, dport=443, flags="PA") / Raw(b"x" * (port - 39000))
    for size in (0, 1, 7, 8, 100, 1232):
        yield ether / IPv6(src=c, dst=b) / UDP(sport=5353, dport=53) / Raw(b"q" * size)


def icmpv6():
    for sequence in range(5):
        yield ether / ab / ICMPv6EchoRequest(id=7, seq=sequence, data=b"p" * 56)
        yield ether / IPv6(src=b, dst=a) / ICMPv6EchoReply(id=7, seq=sequence, data=b"p" * 56)
    quoted = ab / UDP(sport=1111, dport=2222) / Raw(b"z" * 64)
    yield ether / IPv6(src=c, dst=a) / ICMPv6PacketTooBig(mtu=1280) / quoted
    for code in range(7):
        yield ether / IPv6(src=c, dst=a) / ICMPv6DestUnreach(code=code) / quoted
    yield ether / IPv6(src=c, dst=a) / ICMPv6TimeExceeded(code=0) / quoted
    local = IPv6(src="fe80::1", dst="ff02::1", hlim=255)
    yield ether / IPv6(src="fe80::2", dst="ff02::2", hlim=255) / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:0a")
    yield ether / local / ICMPv6ND_RA() / ICMPv6NDOptPrefixInfo(prefix="2001:db8::", prefixlen=64)
    yield ether / IPv6(src="::", dst="ff02::1:ff00:a", hlim=255) / ICMPv6ND_NS(tgt=a)
    yield ether / IPv6(src="fe80::1", dst="ff02::1", hlim=255) / ICMPv6ND_NA(tgt=a, R=0, S=0, O=1)
    yield ether / IPv6(src="fe80::1", dst="ff02::16", hlim=1) / IPv6ExtHdrHopByHop(options=[RouterAlert(), PadN(optdata=b"")]) / ICMPv6MLReport2()


def extension_headers():
    hop, options, long_options = IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt(), IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0" * 200)])
    routing = IPv6ExtHdrRouting(addresses=[c], segleft=0)
    last = TCP(sport=1000, dport=2000, flags="A") / Raw(b"e" * 20)
    for chain in ([hop], [options], [hop, options], [hop, options, routing], [long_options], [hop, long_options, routing, options], [options] * 8, [options] * 16):
        packet = ether / ab
        for header in chain:
            packet = packet / header.copy()
        yield packet / last
        yield packet / UDP(sport=1000, dport=2000) / Raw(b"e" * 20)
        yield packet / ICMPv6EchoRequest(data=b"e" * 20)
    yield ether / ab / AH(spi=1, seq=1, icv=b"\1" * 12, padding=b"", payloadlen=4, nh=6) / last
    yield ether / ab / hop / AH(spi=1, seq=1, icv=b"\1" * 12, padding=b"", payloadlen=4, nh=17) / UDP(sport=3, dport=4)
    yield ether / ab / ESP(spi=9, seq=1, data=b"s" * 40)
    yield ether / ab / options / ESP(spi=9, seq=2, data=b"s" * 40)
    yield ether / IPv6(src=a, dst=b, nh=59)
    yield ether / IPv6(src=a, dst=b, nh=253) / Raw(b"experiment")


def fragments():
    for size, protocol in ((4000, UDP(sport=7000, dport=7001)), (9000, TCP(sport=7000, dport=7001, flags="A")), (3000, ICMPv6EchoRequest())):
        for piece in fragment6(ab / IPv6ExtHdrFragment(id=size) / protocol / Raw(b"f" * size), 1280):
            yield ether / piece
        for piece in fragment6(ab / IPv6ExtHdrHopByHop() / IPv6ExtHdrFragment(id=size + 1) / protocol / Raw(b"f" * size), 1280):
            yield ether / piece
    yield ether / ab / IPv6ExtHdrFragment(id=1, offset=0, m=0) / UDP(sport=7000, dport=7002) / Raw(b"atomic")


def vlans():
    for tags in ([Dot1Q(vlan=5)], [Dot1Q(vlan=5), Dot1Q(vlan=6)], [Dot1AD(vlan=7), Dot1Q(vlan=8)]):
        packet = ether
        for tag in tags:
            packet = packet / tag.copy()
        yield packet / ab / UDP(sport=1, dport=2) / Raw(b"v" * 30)
        yield packet / ab / IPv6ExtHdrDestOpt() / TCP(sport=3, dport=4)
        yield packet / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=5, dport=6) / Raw(b"v" * 30)


def other_protocols():
    yield ether / ab / SCTP(sport=36412, dport=36413) / SCTPChunkInit()
    yield ether / ab / GRE(proto=0x86DD) / IPv6(src=c, dst=a) / UDP(sport=8, dport=9)
    yield ether / ab / IPv6(src=c, dst=a) / TCP(sport=8, dport=9)
    yield ether / IPv6(src=a, dst=b, nh=4) / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=8, dport=9)
    for udp_length in (0, 4, 18, 40):
        yield ether / IP(src="192.0.2.1", dst="198.51.100.2") / UDP(sport=123, dport=123) / Raw(b"4" * udp_length)
    yield ether / IP(src="192.0.2.1", dst="198.51.100.2", options=[b"\x01\x01\x01\x01"]) / TCP(sport=22, dport=50000, flags="FA") / Raw(b"4" * 9)
    yield ether / IP(src="192.0.2.1", dst="198.51.100.2") / ICMP(type=8) / Raw(b"4" * 32)


for make in (tcp_and_udp, icmpv6, extension_headers, fragments, vlans, other_protocols):
    wrpcap(os.path.join(here, make.__name__.replace("_", "-") + ".pcap"), list(make()))
sys.stdout.write("written\n")
