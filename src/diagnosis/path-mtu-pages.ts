import type {RulePage} from './rule.ts'

/** Rules about the largest packet that a path carries. */
export const pathMtuPages = {
  event: {
    rule: 'pmtu/event',
    severities: ['info'],
    title: 'A router asks for smaller packets',
    meaning:
      'Packet Too Big: the next link carries less than what was sent. The sender keeps the smaller size for this destination for ten minutes. This is how it should be.',
    detection: 'A Packet Too Big with an MTU from 1280 up to less than the length of the packet that it quotes.',
    notThis: 'Those that no sender can follow are pmtu/ptb-bogus.',
    fix: 'Nothing, unless the same destination comes up all the time: then give the route or the pods the smaller MTU.',
    references: ['RFC 8201 §4', 'RFC 4443 §3.2'],
  },
  bogus: {
    rule: 'pmtu/ptb-bogus',
    severities: ['warning'],
    title: 'A Packet Too Big that makes no sense',
    meaning:
      'It names an MTU below 1280, which IPv6 links must not have and senders must ignore, or one that the quoted packet fits. It is forged, or a broken tunnel or translator sent it.',
    detection: 'An MTU below 1280, or not below the length of the quoted packet by its Payload Length.',
    notThis: 'A quoted jumbogram or BIG TCP packet, whose Payload Length is 0.',
    fix: 'Find the sender by its address and MAC in the evidence; correct the MTU of its tunnel, or drop it there.',
    references: ['RFC 8201 §4', 'RFC 8200 §5'],
  },
  ignored: {
    rule: 'pmtu/ptb-ignored',
    severities: ['error'],
    title: 'Packets stay too big after a Packet Too Big',
    meaning:
      'The sender never got the message, mostly because a firewall or a load balancer took it, or does not follow it. Nothing that big arrives.',
    detection:
      'From 1 to 300 seconds after a Packet Too Big, three TCP packets, or five others, from the same source to the same destination are longer than its MTU on the wire.',
    notThis:
      'The first second, in which packets are under way; a probe of a larger size now and then. Where the segments of an offloaded packet are not known, only packets exactly as long as the quoted one count.',
    fix: 'Let ICMPv6 type 2 pass to the sender (RFC 4890 §4.3.1). On the sender: ip -6 route get DESTINATION must show the mtu.',
    references: ['RFC 8201 §4', 'RFC 4890 §4.3.1'],
  },
  blackhole: {
    rule: 'pmtu/blackhole',
    severities: ['error'],
    title: 'Large packets vanish',
    meaning:
      'A segment longer than 1280 bytes is sent again and again, the other end is alive and does not get it, and no router says why: connections open and then hang.',
    detection:
      'The oldest unacknowledged segment of a TCP connection, longer than 1280 bytes on the wire, is sent four times without an acknowledgement or a Packet Too Big, and its receiver is heard at least 1 second after the first time. Live, where only repetitions are heard: the kernel sends such a segment of a socket of this node again three times within 4 seconds or more, the receiver was heard at most 5 seconds before or since, and not more than 16 KiB were ever acknowledged.',
    notThis:
      'A receiver that is silent, or that a router or the neighbour table says cannot be reached; a connection in which a segment of that kind was acknowledged before, or a small one is lost too; one whose beginning was not heard up to the first acknowledgement.',
    fix: 'Let ICMPv6 type 2 pass, or use smaller packets; to try it: ip -6 route add DESTINATION via ROUTER mtu 1280; to live with it: sysctl -w net.ipv4.tcp_mtu_probing=1',
    references: ['RFC 8201 §4', 'RFC 4890 §4.3.1', 'RFC 8899'],
  },
} as const satisfies Record<string, RulePage>
