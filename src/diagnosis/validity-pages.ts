import type {RulePage} from './rule.ts'

export const hopLimit: RulePage = {
  rule: 'ndp/hoplimit',
  severities: ['error'],
  title: 'A neighbour discovery message may have crossed a router',
  meaning:
    'Its hop limit is not 255. Somebody off the link forged it, or a router forwards what must stay on the link. Every receiver discards it.',
  detection: 'Types 133 to 137 with a hop limit other than 255.',
  notThis: 'MLD has hop limit 1, and is judged by mld/invalid.',
  fix: 'Find the sender by its MAC in the evidence; on a router, drop types 133 to 137 between links: nft add rule inet filter forward icmpv6 type { 133, 134, 135, 136, 137 } drop',
  references: ['RFC 4861 §6.1.1', 'RFC 4861 §11.2'],
}

export const sourceNotLinkLocal: RulePage = {
  rule: 'ndp/src-not-ll',
  severities: ['error'],
  title: 'A router speaks from an address that is not link-local',
  meaning: 'Hosts know a router by its link-local address and discard an RA or a Redirect from any other.',
  detection: 'An RA or a Redirect whose source is not in fe80::/10.',
  notThis: 'Solicitations, and neighbour advertisements, may come from any address.',
  fix: 'Find the sender by its MAC; a router daemon that does this is misconfigured or forged.',
  references: ['RFC 4861 §6.1.2', 'RFC 4861 §8.1'],
}

export const extensionHeader: RulePage = {
  rule: 'ndp/exthdr',
  severities: ['error', 'critical'],
  title: 'A neighbour discovery message stands behind an extension header',
  meaning:
    'No honest node sends one. It passes filters that look only at the first header, and Linux accepts an RA behind a hop-by-hop header.',
  detection: 'Types 133 to 137 behind any extension header but Fragment; critical for an RA.',
  notThis: 'MLD must have a hop-by-hop header with router alert.',
  fix: 'Find the sender by its MAC. RA guard that walks the whole chain (RFC 7113), or: nft add rule bridge filter forward exthdr hbh exists icmpv6 type 134 drop',
  references: ['RFC 7113 §2.1', 'RFC 6980 §5'],
}

export const fragment: RulePage = {
  rule: 'ndp/frag',
  severities: ['critical'],
  title: 'A neighbour discovery message is fragmented',
  meaning: 'Fragments hide the message from RA guard and filters. Hosts must discard it; old ones do not.',
  detection:
    'Types 133 to 137 with a Fragment header, or a first fragment to all nodes or a solicited-node group that does not show what it carries.',
  notThis: 'Fragments of UDP, TCP or echo, whose first fragment shows its header.',
  fix: 'Find the sender by its MAC. Check that net.ipv6.conf.all.suppress_frag_ndisc is 1.',
  references: ['RFC 6980 §5', 'RFC 7113 §2.2', 'RFC 7112 §5'],
}

export const code: RulePage = {
  rule: 'ndp/code',
  severities: ['error'],
  title: 'A neighbour discovery message has a code that is not 0',
  meaning: 'Every receiver discards it.',
  detection: 'Types 133 to 137 with a code other than 0.',
  notThis: 'ICMPv6 errors, whose codes mean something.',
  fix: 'Find the sender by its MAC; its stack is broken or it tests ours.',
  references: ['RFC 4861 §6.1', 'RFC 4861 §7.1'],
}

export const checksum: RulePage = {
  rule: 'ndp/cksum',
  severities: ['error'],
  title: 'A neighbour discovery message has a wrong checksum',
  meaning: 'It was damaged on its way or forged badly. Every receiver discards it.',
  detection:
    'A wrong ICMPv6 checksum in what this node receives, where the whole packet is there and offload has finished it.',
  notThis: 'What this node sends: its device fills in the checksum later.',
  fix: 'Look for errors of the link: ip -s -s link show; try: ethtool -K IFACE rx off',
  references: ['RFC 4443 §2.3', 'RFC 4861 §7.1'],
}

export const badOption: RulePage = {
  rule: 'ndp/opt-bad',
  severities: ['error'],
  title: 'An option of a neighbour discovery message cannot be read',
  meaning: 'An option of length 0 or beyond the end makes every receiver discard the whole message.',
  detection: 'The options of types 133 to 137 walked by their lengths.',
  notThis: 'Options that are not known: they are skipped.',
  fix: 'Find the sender by its MAC; its stack is broken or it tests ours.',
  references: ['RFC 4861 §4.6', 'RFC 4861 §6.1'],
}

export const macMismatch: RulePage = {
  rule: 'ndp/lla-mismatch',
  severities: ['warning'],
  title: 'A message names another MAC than the one that sent it',
  meaning: 'Its link-layer address option and its Ethernet source differ: a proxy, or somebody who diverts traffic.',
  detection: 'Source link-layer address, or that of an advertised target, against the Ethernet source.',
  notThis:
    'VRRP virtual MACs; two devices of one node, such as a bridge and its port; Redirects, whose option is of their target.',
  fix: 'Ask who owns both MACs. A wireless bridge or a proxy does this by design.',
  references: ['RFC 4861 §4.6.1', 'RFC 9568 §7.3'],
}

export const destinationMac: RulePage = {
  rule: 'ndp/l2dst',
  severities: ['warning'],
  title: 'A message goes to an Ethernet group that does not belong to its destination',
  meaning: 'Switches deliver it to others than it is meant for: to all, or not to those who listen.',
  detection: 'A multicast destination must be sent to 33:33 and its last 32 bits, a unicast one to no group.',
  notThis: 'A multicast message to one receiver (RFC 6085).',
  fix: 'Find the sender by its MAC.',
  references: ['RFC 2464 §7', 'RFC 6085'],
}
