import type {RulePage} from './rule.ts'

const toSender =
  'Find the sender by the source in the evidence. Fragments that no service needs can be dropped at the edge.'

/** Rules about fragments: single ones, and the datagrams they make. */
export const fragmentPages = {
  'no-chain': {
    rule: 'exthdr/frag-no-chain',
    severities: ['error'],
    title: 'First fragment without all headers',
    meaning:
      'The ports are in a later fragment, where no filter sees them. Linux drops it and sends Parameter Problem, code 3.',
    detection: 'The first fragment ends inside the chain or inside the header of TCP, UDP, SCTP or ICMPv6.',
    notThis: 'Later fragments; protocols without a header that is known here.',
    fix: toSender,
    references: ['RFC 7112 §5'],
  },
  tiny: {
    rule: 'exthdr/frag-tiny',
    severities: ['warning'],
    title: 'Small fragment that is not the last',
    meaning: 'Each link carries 1280 bytes, so nobody needs to make smaller fragments; attacks on filters do.',
    detection: 'A fragment with more to come, of less than 1280 bytes with its IPv6 header.',
    notThis: 'The last fragment, of any size.',
    fix: toSender,
    references: ['RFC 8200 §4.5', 'RFC 8200 §5'],
  },
  overlap: {
    rule: 'exthdr/frag-overlap',
    severities: ['critical'],
    title: 'Overlapping fragments',
    meaning:
      'Two fragments say different things about the same bytes: a filter and the receiver may read different datagrams. Receivers must discard all of it.',
    detection:
      'Two fragments of one datagram, on the same interface and in the same direction, that share some bytes but not all.',
    notThis: 'The same fragment again (exthdr/frag-dup); the same packet on several interfaces.',
    fix: `Nothing sends this by accident. ${toSender}`,
    references: ['RFC 5722 §4', 'RFC 8200 §4.5'],
  },
  dup: {
    rule: 'exthdr/frag-dup',
    severities: ['info'],
    title: 'Fragment received twice',
    meaning: 'The network, or the sender, repeated a fragment. The second one is ignored.',
    detection: 'The same offset and length again in one datagram, on the same interface and in the same direction.',
    notThis: 'The same packet on several interfaces.',
    fix: 'Nothing, unless it is frequent; then look for a loop on the link layer.',
    references: ['RFC 8200 §4.5'],
  },
  atomic: {
    rule: 'exthdr/frag-atomic',
    severities: ['info'],
    title: 'Atomic fragment',
    meaning: 'A whole packet with a Fragment header, as old translators ask for. It is processed by itself.',
    detection: 'Fragment Offset 0 and no more fragments.',
    notThis: 'None.',
    fix: 'Nothing.',
    references: ['RFC 6946 §4', 'RFC 8021'],
  },
  badlen: {
    rule: 'exthdr/frag-badlen',
    severities: ['error'],
    title: 'Fragment length not a multiple of 8',
    meaning: 'Offsets count in 8 bytes: the next fragment cannot follow. Receivers answer Parameter Problem.',
    detection: 'More fragments to come, and a length of data that 8 does not divide.',
    notThis: 'The last fragment.',
    fix: toSender,
    references: ['RFC 8200 §4.5'],
  },
  incomplete: {
    rule: 'exthdr/frag-incomplete',
    severities: ['warning'],
    title: 'Datagram never completed',
    meaning:
      'A fragment was lost, mostly at a firewall or a load balancer that reads ports. The receiver gives up after 60 seconds.',
    detection:
      '60 seconds after its first fragment a datagram has gaps, with all interfaces taken together. Said only where every packet is heard, as in a capture.',
    notThis:
      'Fragments that came by several interfaces; datagrams younger than 60 seconds at the end of a capture; those of a flood, which only exthdr/frag-flood counts; live copies, which are a sample.',
    fix: 'Let fragments pass on the path, or send smaller datagrams (DNS: 1232 bytes).',
    references: ['RFC 8200 §4.5', 'RFC 8900'],
  },
  flood: {
    rule: 'exthdr/frag-flood',
    severities: ['error'],
    title: 'Flood of unfinished datagrams',
    meaning:
      'Fragments without the rest of their datagram fill the memory for reassembly, and honest fragments are lost.',
    detection:
      'More than 1000 datagrams that began in the last 10 seconds are unfinished. Said only where every packet is heard.',
    notThis: 'Any rate of fragments whose datagrams complete.',
    fix: 'Limit fragments from the source at the edge; see net.ipv6.ip6frag_high_thresh.',
    references: ['RFC 4942 §2.1.11', 'RFC 8900 §3.7'],
  },
  oversize: {
    rule: 'exthdr/frag-oversize',
    severities: ['error'],
    title: 'Fragment beyond 65535 bytes',
    meaning:
      'The reassembled packet would be longer than a packet can be: the ping of death. Receivers answer Parameter Problem.',
    detection: 'Offset, length and the headers before the Fragment header add up to more than 65535 bytes of payload.',
    notThis: 'None.',
    fix: toSender,
    references: ['RFC 8200 §4.5'],
  },
} as const satisfies Record<string, RulePage>
