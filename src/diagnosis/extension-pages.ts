import type {RulePage} from './rule.ts'

const asSender =
  'Find the sender by the source and the MAC address in the evidence; if nobody needs such packets, drop them at the edge (RFC 9288).'

/** Rules about the chain of extension headers. */
export const extensionPages = {
  rh0: {
    rule: 'exthdr/rh0',
    severities: ['critical'],
    title: 'Routing header type 0 with segments left',
    meaning:
      'A deprecated header that lets a sender route a packet back and forth between nodes, for amplification and to pass filters. Linux answers it with Parameter Problem.',
    detection: 'A Routing header of type 0 whose Segments Left is not 0.',
    notThis: 'Segments Left 0, which is ignored by its receiver; types 2, 3 and 4.',
    fix: asSender,
    references: ['RFC 5095 §3'],
  },
  'hbh-order': {
    rule: 'exthdr/hbh-order',
    severities: ['error'],
    title: 'Hop-by-Hop Options not first, or twice',
    meaning:
      'Routers look for this header only behind the IPv6 header; elsewhere it passes filters that look in one place. Receivers answer Parameter Problem, code 1.',
    detection: 'A Hop-by-Hop Options header at any other place of the chain than the first.',
    notThis: 'One Hop-by-Hop header as the first: MLD with a router alert, and the jumbo option of BIG TCP.',
    fix: asSender,
    references: ['RFC 8200 §4.1'],
  },
  dup: {
    rule: 'exthdr/dup',
    severities: ['warning'],
    title: 'Extension header repeated',
    meaning: 'Each header should occur once, Destination Options twice. Repeats are used to get past filters.',
    detection:
      'Routing, Fragment, Authentication or ESP more than once, or Destination Options more than twice, in one packet.',
    notThis:
      'Headers of a packet inside a tunnel; they begin a chain of their own. A second Hop-by-Hop header is exthdr/hbh-order.',
    fix: asSender,
    references: ['RFC 8200 §4.1'],
  },
  order: {
    rule: 'exthdr/order',
    severities: ['info'],
    title: 'Extension headers in an unusual order',
    meaning: 'Receivers must accept any order, but senders should keep the one of the RFC; filters may not.',
    detection:
      'Routing, Fragment, Authentication and ESP not in this order, or Destination Options before a Fragment header without a Routing header behind them.',
    notThis: 'A Home Address option, whose place is between Routing and Fragment (RFC 6275 §6.3).',
    fix: 'Nothing, unless packets are lost; then change the sender.',
    references: ['RFC 8200 §4.1'],
  },
  'chain-long': {
    rule: 'exthdr/chain-long',
    severities: ['warning'],
    title: 'Very long chain of extension headers',
    meaning:
      'Hardware that cannot see the ports behind a long chain drops the packet or lets it pass unfiltered. Linux walks any length.',
    detection: 'More than 8 headers, or more than 104 bytes of them without ESP.',
    notThis: 'ESP, whose length is that of its payload.',
    fix: asSender,
    references: ['RFC 8504 §5.3', 'RFC 9098'],
  },
  'opt-drop': {
    rule: 'exthdr/opt-drop',
    severities: ['warning'],
    title: 'Option that makes its receiver drop the packet',
    meaning:
      'The two highest bits of an option say what a node does that does not know it. Linux does not know this one, and drops the packet, with or without a Parameter Problem.',
    detection:
      'A Hop-by-Hop or Destination option with action drop, other than Jumbo Payload (Hop-by-Hop) and Home Address (Destination).',
    notThis: 'Options whose action is skip: Router Alert, IOAM, AltMark, PDM, Tunnel Encapsulation Limit.',
    fix: 'Send the option only where all receivers know it. RPL: use 0x23 instead of 0x63 (RFC 9008).',
    references: ['RFC 8200 §4.2'],
  },
  'pad-covert': {
    rule: 'exthdr/pad-covert',
    severities: ['warning'],
    title: 'Padding that holds something, or too much of it',
    meaning: 'Padding is zero and at most 7 bytes; anything else can carry a hidden message. Linux drops the packet.',
    detection: 'PadN with a byte that is not zero, or more than 7 bytes of padding in a row.',
    notThis: 'PadN of up to 7 zero bytes, and headers with padding only.',
    fix: asSender,
    references: ['RFC 8200 §4.2', 'RFC 4942 §2.1.9.5'],
  },
  experimental: {
    rule: 'exthdr/experimental',
    severities: ['info'],
    title: 'Experimental header or option',
    meaning: 'Numbers set aside for experiments, with no meaning outside of one.',
    detection: 'Protocol or routing type 253 or 254, or an option whose low five bits are 0x1e.',
    notThis: 'None.',
    fix: 'Nothing, if the experiment is yours.',
    references: ['RFC 4727'],
  },
  'nonh-data': {
    rule: 'exthdr/nonh-data',
    severities: ['warning'],
    title: 'Bytes behind No Next Header',
    meaning: 'Receivers ignore what stands behind the end of the chain; it can carry a hidden message.',
    detection: 'Next Header 59 with bytes of payload left.',
    notThis: 'Mobility, HIP and Shim6 headers, in which 59 is the usual value; fragments; dummy packets inside ESP.',
    fix: asSender,
    references: ['RFC 8200 §4.7'],
  },
  trunc: {
    rule: 'exthdr/trunc',
    severities: ['error'],
    title: 'Extension header past the end of the packet',
    meaning: 'The length of a header reaches further than the packet. Receivers drop it; filters may read beyond it.',
    detection: 'By the Payload Length, a header ends behind the packet, or begins where fewer than 8 bytes are left.',
    notThis: 'A packet that only the capture has cut off; a first fragment, which is exthdr/frag-no-chain.',
    fix: asSender,
    references: ['RFC 8200 §4'],
  },
  malformed: {
    rule: 'exthdr/malformed',
    severities: ['error'],
    title: 'Extension header that contradicts itself',
    meaning:
      'A header whose own fields cannot all be true. Its receiver drops the packet; what passes it on may read something else out of it than the receiver would.',
    detection:
      'An option that goes on behind its header, or whose length it cannot have; a Jumbo Payload beside a Payload Length, or of less than 65,536 bytes; a Routing header whose length its type cannot have, or with more segments left than it holds; type 2 with other than one segment left; an Authentication header whose length is no multiple of 8.',
    notThis:
      'A header that is not all there, which is exthdr/trunc or exthdr/frag-no-chain; the jumbo option of BIG TCP; Routing types without a rule about their length.',
    fix: asSender,
    references: [
      'RFC 8200 §4.2',
      'RFC 2675 §3',
      'RFC 6275 §6.4.1',
      'RFC 6554 §3',
      'RFC 8754 §4.3.1.1',
      'RFC 4302 §2.2',
    ],
  },
  srv6: {
    rule: 'exthdr/srv6',
    severities: ['info', 'warning'],
    title: 'Segment routing header',
    meaning:
      'SRv6 traffic. Where seg6_enabled is 0, Linux drops such a packet for one of its own addresses without a word.',
    detection:
      'A Routing header of type 4. A warning where it came in for an address of this node and the interface has seg6_enabled=0.',
    notThis: 'Packets that the node only forwards need no setting.',
    fix: 'If the node is meant to take it: sysctl -w net.ipv6.conf.all.seg6_enabled=1 and the same for the interface.',
    references: ['RFC 8754 §4.3'],
  },
} as const satisfies Record<string, RulePage>
