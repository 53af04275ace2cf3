import type {RulePage} from './rule.ts'

export const inconsistent: RulePage = {
  rule: 'ndp/ra-inconsistent',
  severities: ['warning'],
  title: 'Two routers of one link disagree',
  meaning: 'Hosts take what they heard last, so their settings change to and fro.',
  detection:
    'Hop limit, M, O, reachable time, retransmission timer, MTU, lifetimes of one prefix, or DNS servers differ between two live routers.',
  notThis: 'Values that are 0 or absent (unspecified); lifetimes that count down.',
  fix: 'Compare the configurations of both routers: kubectl ipv6 ndp -o radvd prints them.',
  references: ['RFC 4861 §6.2.7', 'RFC 8106 §5.3.1'],
}

export const change: RulePage = {
  rule: 'ndp/ra-param-change',
  severities: ['info'],
  title: 'A router changed what it advertises',
  meaning: 'Its configuration was changed.',
  detection: 'Any of the parameters differs from its last RA.',
  notThis: 'Lifetimes that count down.',
  fix: 'Nothing to do, if the change was meant.',
  references: ['RFC 4861 §6.2.4'],
}

export const badPrefix: RulePage = {
  rule: 'ndp/ra-prefix-bad',
  severities: ['warning'],
  title: 'A prefix is advertised that hosts cannot use as it stands',
  meaning: 'Hosts ignore it, or shorten its lifetime only to two hours.',
  detection:
    'Preferred above valid lifetime; autonomous and not /64; link-local or multicast; neither on-link, autonomous nor for delegation; a valid lifetime under two hours that cuts the one before.',
  notThis: 'Lifetimes that count down, prefixes whose lifetime is always short.',
  fix: 'Correct the prefix in the configuration of the router (radvd.conf: AdvValidLifetime, AdvPreferredLifetime, AdvAutonomous).',
  references: ['RFC 4862 §5.5.3', 'RFC 4861 §4.6.2'],
}

export const clusterPrefix: RulePage = {
  rule: 'ndp/ra-prefix-cluster',
  severities: ['critical'],
  title: 'A router advertises a prefix of the cluster',
  meaning: 'Hosts send traffic for pods or services to the link or to that router instead of to the cluster.',
  detection: 'An on-link prefix or a route of an RA overlaps a pod or service range, or a route holds a node address.',
  notThis: 'The prefix of the link that the nodes themselves are on.',
  fix: 'Stop that router; on nodes, set net.ipv6.conf.IFACE.accept_ra_rt_info_max_plen=0 and accept_ra_pinfo=0 where the CNI owns the routes.',
  references: ['RFC 4861 §6.3.4', 'RFC 4191 §4'],
}

export const newPrefix: RulePage = {
  rule: 'ndp/ra-prefix-new',
  severities: ['warning'],
  title: 'A router advertises a new prefix',
  meaning: 'Hosts make themselves addresses of it, and may prefer them.',
  detection: 'A prefix that the router did not have in its RAs before, and that this node has no address of.',
  notThis: 'The first RA that is heard of a router.',
  fix: 'Nothing to do, if renumbering was meant; otherwise look at the router.',
  references: ['RFC 4862 §5.5.3'],
}

export const route: RulePage = {
  rule: 'ndp/ra-route',
  severities: ['warning', 'info'],
  title: 'A router advertises routes',
  meaning:
    'A default route or a preferred route beats what is there; Linux ignores all of them unless accept_ra_rt_info_max_plen is set, systemd-networkd takes them.',
  detection: 'A route information option; a warning for ::/0 or high preference.',
  notThis: 'Prefixes of the link.',
  fix: 'sysctl net.ipv6.conf.IFACE.accept_ra_rt_info_max_plen shows what this node takes.',
  references: ['RFC 4191 §2.3'],
}

export const badMtu: RulePage = {
  rule: 'ndp/ra-mtu',
  severities: ['warning'],
  title: 'The MTU of an RA cannot be right, or was lowered',
  meaning:
    'Below 1280 or above the MTU of the link it is ignored. A lowered one is taken, and stays when the router has gone.',
  detection: 'An MTU option below 1280, above the MTU of the interface, or below what the same router had before.',
  notThis: 'The same MTU as before.',
  fix: 'Correct AdvLinkMTU on the router; then here: sysctl -w net.ipv6.conf.IFACE.mtu=MTU',
  references: ['RFC 4861 §4.6.4', 'RFC 8200 §5'],
}

export const lowHopLimit: RulePage = {
  rule: 'ndp/ra-hoplimit-low',
  severities: ['error'],
  title: 'A router lowers the hop limit of all hosts',
  meaning: 'Packets die before they reach their destination (CVE-2015-2922).',
  detection: 'A hop limit from 1 to 31 in an RA.',
  notThis: '0: unspecified.',
  fix: 'sysctl -w net.ipv6.conf.IFACE.accept_ra_min_hop_limit=64; find the router.',
  references: ['RFC 4861 §6.3.4', 'CVE-2015-2922'],
}

export const highPreference: RulePage = {
  rule: 'ndp/ra-pref-high',
  severities: ['warning'],
  title: 'A new router wants to be preferred',
  meaning: 'Hosts leave the router they have.',
  detection: 'The first RA of a router has high preference while other routers are known.',
  notThis: 'The only router of a link.',
  fix: 'Look at the new router: it may be a rogue.',
  references: ['RFC 4191 §2.2'],
}

export const nameServers: RulePage = {
  rule: 'ndp/ra-dns',
  severities: ['warning', 'error'],
  title: 'An RA names unexpected DNS servers',
  meaning: 'Whoever answers DNS decides where traffic goes, without being a router.',
  detection:
    'A DNS server that is not among the expected ones (--expect-dns); an error for DNS servers in an RA with router lifetime 0.',
  notThis: 'Lifetime 0 of the servers: they are withdrawn.',
  fix: 'Find the sender by its MAC; turn on RA guard.',
  references: ['RFC 8106 §5.1', 'RFC 8106 §7'],
}

export const nat64: RulePage = {
  rule: 'ndp/ra-pref64',
  severities: ['warning'],
  title: 'The NAT64 prefixes of the link do not agree',
  meaning: 'Hosts make addresses for IPv4 destinations that only one of the gateways translates.',
  detection: 'Two different prefixes on one interface, or a prefix length code above 5.',
  notThis: 'A prefix with lifetime 0: it is withdrawn.',
  fix: 'Let all routers advertise the prefix of the gateway that serves the link.',
  references: ['RFC 8781 §5.3'],
}
