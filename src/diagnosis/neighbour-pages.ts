import type {RulePage} from './rule.ts'

export const tableFull: RulePage = {
  rule: 'ndp/neigh-table',
  severities: ['warning', 'critical'],
  title: 'The neighbour table is nearly full',
  meaning:
    'One table serves the whole kernel, all pods included. When it is full, new neighbours cannot be reached at all.',
  detection:
    'Entries at 80 % of net.ipv6.neigh.default.gc_thresh3; critical when the kernel counted an overflow during the run.',
  notThis:
    'Many entries below the threshold; permanent entries of the observed network namespace and those of other programs (ip neigh add, flannel, Cilium), which the kernel does not limit.',
  fix: 'sysctl -w net.ipv6.neigh.default.gc_thresh3=8192 net.ipv6.neigh.default.gc_thresh2=4096, and look for a scan (ndp/ns-scan)',
  references: ['RFC 6583 §4', 'RFC 4861 §7.2'],
}

export const incomplete: RulePage = {
  rule: 'ndp/neigh-incomplete',
  severities: ['warning'],
  title: 'Most of the neighbour table is addresses that nobody has',
  meaning: 'Something makes this node ask for many addresses in vain: a scan, or a service that lists dead endpoints.',
  detection: 'More than 64 entries, and more than half of the table, INCOMPLETE or FAILED.',
  notThis: 'A few failed entries: they stay for a minute.',
  fix: 'ip -6 neigh show nud incomplete nud failed; the prefix of those addresses shows who asks.',
  references: ['RFC 6583 §3'],
}

export const macChange: RulePage = {
  rule: 'ndp/neigh-mac-change',
  severities: ['info'],
  title: 'An address moved to another MAC',
  meaning: 'A failover, a pod made again, or somebody who takes an address over.',
  detection: 'A neighbour whose MAC, by its messages or by the kernel, is another than before.',
  notThis: 'Answers without override, as proxies give them.',
  fix: 'Nothing to do, if the move was meant.',
  references: ['RFC 4861 §7.2.5'],
}

export const flap: RulePage = {
  rule: 'ndp/neigh-flap',
  severities: ['error'],
  title: 'An address moves to and fro between MACs',
  meaning: 'Two nodes have it. Connections break at each change.',
  detection: 'Back to a MAC it had within 60 s, or three changes in 60 s.',
  notThis:
    'One failover; its return, where the old MAC was silent for 3 s and then announced itself, as VRRP without a virtual MAC does.',
  fix: 'Find both MACs (ip -6 neigh; bridge fdb) and take the address from one of them.',
  references: ['RFC 4861 §7.2.5'],
}

export const conflict: RulePage = {
  rule: 'ndp/na-conflict',
  severities: ['critical'],
  title: 'Two nodes answer for one address',
  meaning: 'The asker believes the last: a duplicate address, or somebody who diverts traffic to himself.',
  detection:
    'Solicited advertisements for one target with different MACs within 2 s, to one asker that asked once, both with override.',
  notThis:
    'Proxies and anycast, which answer without override; one answer seen at several interfaces; two devices of this node.',
  fix: 'Find both MACs in the evidence on the switch or among the pods, and remove the one that should not have it.',
  references: ['RFC 4861 §7.2.4', 'RFC 3756 §4.1.1'],
}

export const takeover: RulePage = {
  rule: 'ndp/na-override-unsol',
  severities: ['warning', 'critical', 'info'],
  title: 'Somebody takes over an address without being asked',
  meaning:
    'Neighbours replace the MAC they know. Critical for an address that this node keeps, or of its router; info for what looks like a failover.',
  detection: 'An unsolicited advertisement with override and a new MAC, and no question for it in the last 3 s.',
  notThis:
    'A gratuitous advertisement after which the old MAC is silent, or this node gives the address up, for 3 s: a failover (RFC 9131).',
  fix: 'Ask who owns the new MAC. On Linux: sysctl net.ipv6.conf.IFACE.drop_unsolicited_na=1 refuses such messages.',
  references: ['RFC 4861 §7.2.6', 'RFC 9131 §6', 'RFC 3756 §4.1.1'],
}

export const routerFlag: RulePage = {
  rule: 'ndp/na-router-flag',
  severities: ['error'],
  title: 'The router says that it is none',
  meaning:
    'A default router advertised itself without the router flag: hosts must remove their default route through it.',
  detection: 'An advertisement with R=0 and override for the address of a current default router, from its MAC.',
  notThis:
    'R=1 of a node that sends no RAs: each node that forwards sets it, as every Kubernetes node does; answers of proxies.',
  fix: 'On the router: sysctl net.ipv6.conf.IFACE.forwarding must be 1 while it sends RAs; restart radvd after a change.',
  references: ['RFC 4861 §7.2.5'],
}

export const rate: RulePage = {
  rule: 'ndp/na-rate',
  severities: ['warning'],
  title: 'An address is announced again and again',
  meaning: 'All nodes of the link are told over and over. It may hide a fight for the address.',
  detection: 'More than 20 unsolicited advertisements a minute for one target, by one MAC.',
  notThis:
    'Targets named by --expect-announcer: kube-vip repeats each 3 s; VRRP virtual MACs; one message seen at several interfaces.',
  fix: 'Lower the repetition of the announcer, or look for a second one.',
  references: ['RFC 4861 §7.2.6'],
}

export const flood: RulePage = {
  rule: 'ndp/na-flood',
  severities: ['error'],
  title: 'A flood of advertisements',
  meaning: 'Every node of the link works for it.',
  detection: 'More than 500 advertisements a second by the exact counts of the kernel.',
  notThis: 'One message seen at several interfaces is counted once.',
  fix: 'Find the source by its MAC and take it off the link.',
  references: ['RFC 4861 §11.1'],
}

export const proxy: RulePage = {
  rule: 'ndp/na-proxy',
  severities: ['info'],
  title: 'A proxy answers for an address',
  meaning: 'Traffic goes to the proxy, which forwards it.',
  detection: 'A solicited advertisement without override whose source is not its target.',
  notThis: 'A node that answers for its own address.',
  fix: 'ip -6 neigh show proxy lists what this node answers for.',
  references: ['RFC 4861 §7.2.8', 'RFC 4389'],
}

export const bogon: RulePage = {
  rule: 'ndp/bogon',
  severities: ['warning'],
  title: 'Somebody asks for or announces an address that is of no prefix of the link',
  meaning:
    'A node with a wrong address or prefix length, an address of another network that leaks, or somebody who tries what this link lets pass. Each question of that kind can cost this node an entry in its neighbour table.',
  detection:
    'A solicitation that nobody answers within 3.5 s, or an advertisement that nobody asked for, whose target is in no prefix of the interface, no route of this node and no pod or service range.',
  notThis:
    'Prefixes that others of the link use: an address of the same 64 bits was asked for from ::, was answered, or is of a prefix in an RA. Captures, where the prefixes of the link are not known.',
  fix: 'Find the sender by its MAC and compare its prefix with ip -6 addr; if the prefix is meant to be on this link, give it to the router (radvd) or to this node too.',
  references: ['RFC 4861 §7.2.3', 'RFC 6583 §3'],
}
