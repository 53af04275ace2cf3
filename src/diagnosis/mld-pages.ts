import type {RulePage} from './rule.ts'

export const noQuerier: RulePage = {
  rule: 'mld/no-querier',
  severities: ['warning', 'info'],
  title: 'A bridge snoops on multicast, and nobody asks for its groups',
  meaning:
    'A Linux bridge without a querier sends what is for a group to every port, as if it did not snoop. Another switch on the link that snoops may forget who listens instead: neighbour solicitations stop to arrive behind it after some minutes.',
  detection:
    'Reports, but no query for 260 s (where the bridge has another mcast_querier_interval, that and 5 s), and an interface that is or belongs to a bridge with snooping on and no querier of its own. A warning where the bridge has a port that is no veth, so that other switches may be behind it; info where all its ports are pods.',
  notThis: 'Bridges without snooping; captures, which do not know of bridges.',
  fix: 'ip link set dev BRIDGE type bridge mcast_querier 1, or mcast_snooping 0',
  references: ['RFC 3810 §9.5', 'RFC 4541 §2.1.1'],
}

export const querierChange: RulePage = {
  rule: 'mld/querier-change',
  severities: ['warning', 'info'],
  title: 'Another querier asks',
  meaning: 'Two queriers that do not see each other, or one that replaces the other (info).',
  detection:
    'A query from another address than the last one; a warning where the higher address took over while the lower was still there.',
  notThis: 'The election: the lower address wins, once.',
  fix: 'Let one switch or bridge be the querier; check that both see each other.',
  references: ['RFC 3810 §7.6.2'],
}

export const fallback: RulePage = {
  rule: 'mld/v1-fallback',
  severities: ['info'],
  title: 'MLDv1 is spoken here',
  meaning: 'Hosts fall back to version 1: no source filters on this link.',
  detection: 'A query, report or done of version 1.',
  notThis: 'Version 2.',
  fix: 'sysctl net.ipv6.conf.IFACE.force_mld_version',
  references: ['RFC 3810 §8.2.1'],
}

export const invalid: RulePage = {
  rule: 'mld/invalid',
  severities: ['error'],
  title: 'An MLD message that receivers discard',
  meaning: 'It was forged, or has crossed a router.',
  detection:
    'Hop limit not 1, no router alert, a wrong checksum, or a source that is not link-local (reports may come from ::).',
  notThis:
    'Reports from :: while an address is tentative (RFC 3590); checksums of outgoing messages, which the device may still fill in.',
  fix: 'Find the sender by its MAC.',
  references: ['RFC 3810 §5', 'RFC 3590 §4', 'RFC 2710 §3'],
}

export const missingGroup: RulePage = {
  rule: 'mld/missing-group',
  severities: ['error'],
  title: 'An address without its solicited-node group',
  meaning:
    'The node does not listen for questions for its own address: neighbours cannot find it, unless the device is promiscuous.',
  detection: 'An address of an interface, and the interface has not joined ff02::1:ff00:0/104 of it.',
  notThis: 'Loopback, dummy, tunnel and other interfaces that do not use neighbour discovery; tentative addresses.',
  fix: 'ip -6 maddr show dev IFACE; take the address away and add it again.',
  references: ['RFC 4861 §7.2.1', 'RFC 4291 §2.7.1'],
}

export const flood: RulePage = {
  rule: 'mld/flood',
  severities: ['error'],
  title: 'A flood of MLD messages',
  meaning: 'Snooping switches and queriers work for each.',
  detection: 'More than 500 reports or queries a second by the exact counts of the kernel.',
  notThis: 'One message seen at several interfaces is counted once.',
  fix: 'Find the source by its MAC and take it off the link.',
  references: ['RFC 3810 §10'],
}
