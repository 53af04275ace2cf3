import type {RulePage} from './rule.ts'

export const fromPod: RulePage = {
  rule: 'ndp/ra-from-pod',
  severities: ['critical'],
  title: 'A pod sends router advertisements',
  meaning: 'It can make this node, or other pods, send their traffic through it (CVE-2020-10749).',
  detection: 'An RA received on an interface that leads to a pod.',
  notThis: 'RAs that the node sends to its pods.',
  fix: 'sysctl -w net.ipv6.conf.IFACE.accept_ra=0 on pod interfaces; drop NET_RAW from the pod; upgrade the CNI plugins to 0.8.6 or later.',
  references: ['RFC 6104 §2', 'RFC 6105', 'CVE-2020-10749'],
}

export const unexpected: RulePage = {
  rule: 'ndp/ra-unexpected',
  severities: ['error'],
  title: 'A router that was not there before',
  meaning: 'Hosts take it as a default router at once.',
  detection:
    'A router that is not among the expected ones (--expect-router); where none are named, one that is first heard after a minute, while others are known.',
  notThis: 'The first router of a link, at whatever time; routers that this node has routes through.',
  fix: 'If it is wanted, name it: --expect-router ADDRESS. If not: find its MAC on the switch, and turn on RA guard.',
  references: ['RFC 6104 §2', 'RFC 6105'],
}

export const spoof: RulePage = {
  rule: 'ndp/ra-spoof',
  severities: ['critical'],
  title: 'Somebody speaks as the router',
  meaning:
    'An RA has the address of a known router, but another MAC: it can take the route away or lead traffic astray.',
  detection: 'A known router address with another Ethernet source or source link-layer address.',
  notThis: 'VRRP virtual MACs.',
  fix: 'Find the MAC on the switch and shut the port; turn on RA guard.',
  references: ['RFC 6104 §2', 'RFC 7113', 'RFC 3756 §4.2.1'],
}

export const withdrawn: RulePage = {
  rule: 'ndp/ra-withdrawn',
  severities: ['warning', 'error'],
  title: 'A router withdraws itself',
  meaning: 'It says with lifetime 0 that it is no default router any more; an error where it was the only one.',
  detection: 'Router lifetime from above 0 to 0, from the MAC that the router has.',
  notThis: 'Routers that never were default routers.',
  fix: 'Look at the router: radvd says this when it stops. ip -6 route show default on this node.',
  references: ['RFC 4861 §6.2.5', 'RFC 4861 §6.3.4'],
}

export const expiring: RulePage = {
  rule: 'ndp/ra-expiring',
  severities: ['warning'],
  title: 'A router is about to expire',
  meaning: 'It has stopped to speak; the default route goes when its lifetime ends.',
  detection: 'Less than a quarter of its lifetime left and no RA for three of its intervals.',
  notThis: 'Long intervals: the router is compared with itself.',
  fix: 'Look at the router; check that multicast reaches this node (ff02::1).',
  references: ['RFC 4861 §6.2.1', 'RFC 4861 §6.3.4'],
}

export const stopped: RulePage = {
  rule: 'ndp/ra-stopped',
  severities: ['error'],
  title: 'A router has expired',
  meaning: 'Its lifetime ended without another RA: hosts have removed their default route through it.',
  detection: 'The lifetime of the last RA has passed.',
  notThis: 'A router that withdrew itself; an interface that is down.',
  fix: 'Look at the router; rdisc6 IFACE asks it; check that multicast reaches this node.',
  references: ['RFC 4861 §6.3.4'],
}

export const flood: RulePage = {
  rule: 'ndp/ra-flood',
  severities: ['critical'],
  title: 'A flood of router advertisements',
  meaning: 'Each may cost every host of the link addresses and routes, until it is busy with nothing else.',
  detection:
    'More than 10 RAs a second, more than 5 new routers within 10 s, or more than 16 prefixes and routes in one RA.',
  notThis: 'One RA seen at several interfaces is counted once.',
  fix: 'Find the MAC on the switch and shut the port; until then: sysctl -w net.ipv6.conf.IFACE.accept_ra=0',
  references: ['RFC 6104 §2', 'RFC 6105'],
}

export const ignored: RulePage = {
  rule: 'ndp/ra-ignored',
  severities: ['error', 'info'],
  title: 'This node ignores router advertisements',
  meaning:
    'A router offers a default route and the settings of the interface refuse it, silently: no drop is counted. Info where the node has a default route of its own, or is a router of that link itself.',
  detection:
    'A valid RA with a lifetime on an interface where the kernel would not take it: accept_ra 0, or accept_ra 1 while forwarding is on.',
  notThis:
    'Interfaces to pods; RAs that a daemon (systemd-networkd, NetworkManager) handles: then a route of protocol ra is there. Routers among themselves: a program of this node advertises there, or has joined ff02::2 to hear solicitations.',
  fix: 'sysctl -w net.ipv6.conf.IFACE.accept_ra=2',
  references: ['RFC 4861 §6.3.4', 'Linux ip-sysctl: accept_ra'],
}

export const solicitUnanswered: RulePage = {
  rule: 'ndp/rs-unanswered',
  severities: ['warning', 'info'],
  title: 'No router answers',
  meaning:
    'The node asked three times for a router and heard none: it gets no default route and no prefix. Info where it has an address or a route anyway.',
  detection: 'Three solicitations of one interface of this node, and no RA within 4 s of the last.',
  notThis: 'Interfaces to pods; links that have no router by design, where addresses are set by hand.',
  fix: 'rdisc6 IFACE; look whether radvd runs on the router and whether filters pass ICMPv6 133 and 134.',
  references: ['RFC 4861 §6.3.7'],
}

export const solicitFlood: RulePage = {
  rule: 'ndp/rs-flood',
  severities: ['error'],
  title: 'A flood of router solicitations',
  meaning: 'Routers answer each of them, and may learn a neighbour from each.',
  detection: 'More than 100 solicitations a second by the exact counts of the kernel.',
  notThis: 'Many hosts that come up after a power cut: each asks thrice in 12 s.',
  fix: 'Find the source by its MAC and take it off the link.',
  references: ['RFC 4861 §6.3.7', 'RFC 4861 §11.1'],
}
