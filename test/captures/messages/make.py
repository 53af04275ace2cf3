#!/usr/bin/python3
"""Writes made.pcap: every neighbour discovery option, MLD, routing and other headers that no driver at hand sends, and malformed ones. Run it by hand; the capture is committed."""
import os
import socket
import struct
import sys

from scapy.all import (Ether, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, ICMPv6EchoRequest, HAO, PadN, Raw, RouterAlert, UDP, wrpcap)
from scapy.layers.inet6 import in6_chksum

here = os.path.dirname(os.path.abspath(__file__))
ether = Ether(src="02:00:00:00:00:0a", dst="33:33:00:00:00:01")
link = IPv6(src="fe80::a", dst="ff02::1", hlim=255)


def six(text):
    return socket.inet_pton(socket.AF_INET6, text)


def option(kind, body):
    return bytes([kind, (len(body) + 9) // 8]) + body + b"\0" * (-(len(body) + 2) % 8)


def icmp(kind, body, ip=link, code=0):
    ip = ip.copy()
    ip.nh = 58
    plain = struct.pack("!BBH", kind, code, 0) + body
    return ether / ip / Raw(plain[:2] + struct.pack("!H", in6_chksum(58, ip, plain)) + plain[4:])


def advertisement(*options):
    return icmp(134, struct.pack("!BBHII", 64, 0xD8, 1800, 0, 0) + b"".join(options))


def options():
    yield advertisement(option(1, bytes(6)), option(3, struct.pack("!BBIII", 64, 0xF0, 0xFFFFFFFF, 600, 0) + six("2001:db8::")), option(5, struct.pack("!HI", 0, 1500)))
    for code, prefix in enumerate(["64:ff9b::", "2001:db8:64::", "2001:db8:56::", "2001:db8:48::", "2001:db8:4000::", "2001:db8::"]):
        yield advertisement(option(38, struct.pack("!H", 1800 & 0xFFF8 | code) + six(prefix)[:12]))
    yield advertisement(option(7, struct.pack("!HI", 0, 4000)), option(8, struct.pack("!HHH", 0, 5, 900)))
    for length, flags in ((0, 0x08), (48, 0x18), (64, 0), (80, 0x08), (128, 0x18)):
        yield advertisement(option(24, struct.pack("!BBI", length, flags, 0xFFFFFFFF) + six("2001:db8:1:2:3:4:5:6")[: 0 if length == 0 else 8 if length <= 64 else 16]))
    yield advertisement(option(25, struct.pack("!HI", 0, 1200) + six("2001:db8::53") + six("fe80::53")))
    yield advertisement(option(31, struct.pack("!HI", 0, 1200) + b"\3lab\7example\0\7example\3org\0"))
    yield advertisement(option(37, b"https://portal.example/api"), option(26, b"\x80" + bytes(5)))
    yield icmp(135, bytes(4) + six("2001:db8::1") + option(14, bytes(range(6))), IPv6(src="::", dst="ff02::1:ff00:1", hlim=255))
    yield icmp(135, bytes(4) + six("2001:db8::1") + option(14, bytes(range(14))) + option(13, bytes(6) + struct.pack("!IHH", 1, 2, 0x8000)) + option(253, b"abcdef"))
    yield icmp(141, bytes(4) + option(1, bytes(6)) + option(2, bytes(6)))
    yield icmp(142, bytes(4) + option(1, bytes(6)) + option(2, bytes(6)) + option(10, bytes(6) + six("fe80::1") + six("2001:db8::1")))
    quoted = bytes(IPv6(src="2001:db8::1", dst="2001:db8::2") / UDP(sport=5, dport=6) / Raw(bytes(16)))
    yield icmp(137, bytes(4) + six("fe80::9") + six("2001:db8::2") + option(2, b"\2\0\0\0\0\x99") + option(4, bytes(6) + quoted), IPv6(src="fe80::1", dst="2001:db8::1", hlim=255))


def listeners():
    def mld(kind, body):
        plain = struct.pack("!BBH", kind, 0, 0) + body
        sum_of = in6_chksum(58, IPv6(src="fe80::a", dst="ff02::16"), plain)
        return ether / IPv6(src="fe80::a", dst="ff02::16", hlim=1) / IPv6ExtHdrHopByHop(nh=58, options=[RouterAlert(), PadN(optdata=b"")]) / Raw(plain[:2] + struct.pack("!H", sum_of) + plain[4:])

    group = six("ff05::4242")
    yield mld(130, struct.pack("!HH", 10000, 0) + bytes(16))
    yield mld(130, struct.pack("!HH", 1000, 0) + group + struct.pack("!BBH", 0x0A, 125, 2) + six("2001:db8::1") + six("2001:db8::2"))
    yield mld(131, bytes(4) + group)
    yield mld(132, bytes(4) + group)
    records = b"".join(struct.pack("!BBH", kind, kind % 2, kind - 1) + group + six("2001:db8::7") * (kind - 1) + bytes(4 * (kind % 2)) for kind in range(1, 7))
    yield mld(143, struct.pack("!HH", 0, 6) + records)


def headers():
    a, b = "2001:db8::a", "2001:db8::b"
    for body in (b"\x05\2\0\1\1\0", b"\0\0\1\2\1\2", b"\x1e\2ab\0\0", b"\x04\1\5\0\1\0", b"\x30\4\5\xdc\0\0"):
        yield ether / IPv6(src=a, dst=b, nh=0) / Raw(bytes([17, 0]) + body) / UDP(sport=1, dport=2)
    yield ether / IPv6(src=a, dst=b) / IPv6ExtHdrDestOpt(options=[HAO(hoa="2001:db8::99")]) / ICMPv6EchoRequest()
    for left in (0, 1, 2):
        yield ether / IPv6(src=a, dst=b) / IPv6ExtHdrRouting(addresses=["2001:db8::c", "2001:db8::d"], segleft=left) / ICMPv6EchoRequest()
    yield ether / IPv6(src=a, dst=b) / IPv6ExtHdrRouting(type=2, addresses=["2001:db8::c"], segleft=1) / ICMPv6EchoRequest()
    segments = bytes([17, 4, 4, 1, 1, 0, 0, 9]) + six("2001:db8::d") + six("2001:db8::c")
    yield ether / IPv6(src=a, dst=b, nh=43) / Raw(segments) / UDP(sport=3, dport=4)
    yield ether / IPv6(src=a, dst=b, nh=135) / Raw(bytes([59, 1, 5, 0, 0, 0, 0, 1]) + bytes(8))
    yield ether / IPv6(src=a, dst=b, nh=139) / Raw(bytes([59, 4, 1, 0x21, 0, 0, 0, 0]) + bytes(32))


def malformed():
    yield icmp(134, struct.pack("!BBHII", 64, 0, 1800, 0, 0) + b"\1\0" + bytes(6))
    yield icmp(134, struct.pack("!BBHII", 64, 0, 1800, 0, 0) + b"\3\4" + bytes(6))
    yield icmp(134, bytes(4))
    yield icmp(135, bytes(4) + six("ff02::5"), IPv6(src="fe80::a", dst="ff02::1:ff00:5", hlim=64), code=3)
    yield icmp(136, b"\x40" + bytes(3) + six("2001:db8::1"))


wrpcap(os.path.join(here, "made.pcap"), [packet for make in (options, listeners, headers, malformed) for packet in make()])
sys.stdout.write("written\n")
