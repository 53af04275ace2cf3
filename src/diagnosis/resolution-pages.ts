import type {RulePage} from './rule.ts'

export const unanswered: RulePage = {
  rule: 'ndp/ns-unanswered',
  severities: ['error', 'info'],
  title: 'Nobody answers for an address',
  meaning:
    'A neighbour was asked for three times and did not answer: packets to it are dropped, and programs see "no route to host". A ClusterIP is never asked for on a link, unless it was not translated: a route leads it there, and kube-proxy has no rule for it.',
  detection:
    'Three multicast solicitations of one asker for one target without an advertisement within 3.5 s of the first, or the kernel reports the resolution as failed. Info, where the end comes before the time has passed and it was asked more than once.',
  notThis: 'An asker that goes on to send to the target; the probes of a scan (ndp/ns-scan).',
  fix: 'On the node that has the address: ip -6 addr; ip -6 maddr; nft list ruleset | grep -i icmpv6. Solicitations (135) and advertisements (136) must pass every filter.',
  references: ['RFC 4861 §7.2.2', 'RFC 4890 §4.4.1'],
}

export const slow: RulePage = {
  rule: 'ndp/ns-slow',
  severities: ['warning', 'error'],
  title: 'A neighbour answers late',
  meaning: 'The first packets to it wait, and some are lost. An answer takes 0.1 ms on a working link.',
  detection: 'More than 100 ms from the first solicitation to the answer; an error where it had to be asked again.',
  notThis: 'An address whose duplicate address detection was still running.',
  fix: 'Look for loss of multicast on the way (snooping without a querier, wireless), and for a busy neighbour.',
  references: ['RFC 4861 §7.2.2', 'RFC 4861 §10'],
}

export const probeUnanswered: RulePage = {
  rule: 'ndp/nud-unanswered',
  severities: ['error'],
  title: 'A known neighbour does not answer probes',
  meaning:
    'It went away, or what answers for it ignores solicitations sent to it alone; traffic stops for up to 8 s each time.',
  detection: 'Two or more unicast solicitations without an advertisement within 1.5 s of the last.',
  notThis: 'Answers without a link-layer address option: they are lawful.',
  fix: 'ping -6 the address; if it works, what announces the address (MetalLB, a proxy) must answer unicast solicitations too.',
  references: ['RFC 4861 §7.3.3', 'RFC 4861 §7.2.4'],
}

export const rejected: RulePage = {
  rule: 'ndp/ns-rejected',
  severities: ['error'],
  title: 'A solicitation is answered by an ICMPv6 error',
  meaning: 'A router or host refuses the question instead of answering it; the neighbour entry fails again and again.',
  detection: 'A Destination Unreachable that quotes a neighbour solicitation.',
  notThis: 'Errors that quote anything else.',
  fix: 'On the node that sends the error: sysctl -w net.ipv6.conf.all.proxy_ndp=1 and ip -6 neigh add proxy ADDRESS dev IFACE, or stop routing the address there.',
  references: ['RFC 4861 §7.2.4', 'RFC 4443 §3.1'],
}

export const scan: RulePage = {
  rule: 'ndp/ns-scan',
  severities: ['warning', 'error'],
  title: 'Somebody searches the link for neighbours',
  meaning:
    'One source asks for very many addresses that do not exist. Where it is this node, somebody off the link scans its prefix, and the neighbour table fills.',
  detection: 'More than 50 different targets in 10 s, over 80 % of them unanswered; an error beyond 200.',
  notThis: 'A node that starts and asks for many neighbours that answer.',
  fix: 'Stop the scanner. On a router, drop unknown addresses of the prefix, use longer prefixes, or raise net.ipv6.neigh.default.gc_thresh3.',
  references: ['RFC 6583 §3', 'RFC 7707'],
}

export const flood: RulePage = {
  rule: 'ndp/ns-flood',
  severities: ['error'],
  title: 'A flood of solicitations',
  meaning:
    'Every solicitation costs the receiver work and, with a link-layer address, an entry of its neighbour table.',
  detection:
    'More than 500 solicitations a second by the exact counts of the kernel, or more than 200 different sources within 10 s for one target.',
  notThis: 'One question seen at several interfaces is counted once.',
  fix: 'Find the source by its MAC and take it off the link; until then: nft add rule inet filter input icmpv6 type nd-neighbor-solicit limit rate over 200/second drop',
  references: ['RFC 6583 §3', 'RFC 4861 §11.1'],
}
