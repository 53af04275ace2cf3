import type {RulePage} from './rule.ts'

const references = ['RFC 4862 §5.4'] as const

export const start: RulePage = {
  rule: 'ndp/dad-start',
  severities: ['info'],
  title: 'A node asks whether an address is free',
  meaning: 'Duplicate address detection: until it ends, programs cannot bind to the address.',
  detection: 'A solicitation from :: for the address.',
  notThis: 'Solicitations from an address: they look for a neighbour.',
  fix: 'Nothing to do.',
  references,
}

export const ok: RulePage = {
  rule: 'ndp/dad-ok',
  severities: ['info'],
  title: 'An address is free',
  meaning: 'Nobody objected; the address can be used now.',
  detection: 'Nothing contrary within 1.5 s of the last solicitation from ::.',
  notThis: 'A capture that ends earlier.',
  fix: 'Nothing to do.',
  references,
}

export const conflict: RulePage = {
  rule: 'ndp/dad-conflict',
  severities: ['critical'],
  title: 'Two nodes want one address',
  meaning:
    'The address is a duplicate: the node that asked does not use it (dadfailed), and what should listen there cannot.',
  detection:
    'While one MAC asks, another answers for the address or asks for it too; or the kernel has marked the address as dadfailed.',
  notThis:
    'The question itself coming back (ndp/dad-loopback), told by its nonce; the same question seen at several interfaces.',
  fix: 'Find both MACs and give one another address; then on the node: ip -6 addr del ADDRESS dev IFACE and add it again.',
  references: ['RFC 4862 §5.4.3', 'RFC 4862 §5.4.4'],
}

export const loopback: RulePage = {
  rule: 'ndp/dad-loopback',
  severities: ['warning'],
  title: 'A question for a free address comes back to who asked',
  meaning:
    'A loop or a hairpin port returns multicast. Without enhanced detection the address would be lost to itself.',
  detection:
    'The same solicitation from ::, with the same nonce, comes in where it went out, or twice within 0.4 s at one place.',
  notThis: 'Several probes, a second apart (dad_transmits); another node that asks too (ndp/dad-conflict).',
  fix: 'bridge link | grep hairpin; bridge link set dev PORT hairpin off; keep net.ipv6.conf.all.enhanced_dad=1',
  references: ['RFC 7527 §4.2'],
}

export const denial: RulePage = {
  rule: 'ndp/dad-dos',
  severities: ['critical'],
  title: 'Somebody claims every address',
  meaning: 'No node can get an address on this link: whatever it asks for is said to be taken.',
  detection: 'Three or more different addresses lost within 60 s on one interface.',
  notThis: 'One duplicate address that is tried again and again.',
  fix: 'Find the MACs in the evidence on the switch and shut the port.',
  references: ['RFC 3756 §4.1.3'],
}

export const missing: RulePage = {
  rule: 'ndp/dad-missing',
  severities: ['info'],
  title: 'An address appeared without being asked for',
  meaning: 'No duplicate address detection was seen: a duplicate would go unnoticed.',
  detection:
    'A new address of this node, no longer tentative, without nodad or optimistic, and no solicitation from :: for it left.',
  notThis:
    'Addresses with nodad, interfaces with dad_transmits 0, tunnels, interfaces that nothing was heard of before.',
  fix: 'sysctl net.ipv6.conf.IFACE.accept_dad net.ipv6.conf.IFACE.dad_transmits; a firewall of this node must let neighbour solicitations from :: out.',
  references: ['RFC 4862 §5.4'],
}

export const optimistic: RulePage = {
  rule: 'ndp/dad-optimistic',
  severities: ['info'],
  title: 'A node uses an address before it knows that it is free',
  meaning: 'Optimistic detection: it works at once, and without harm if nobody else has the address.',
  detection:
    'An advertisement without override, or a solicitation, of the same MAC for or from the address while it still asks.',
  notThis: 'Use of the address after the detection.',
  fix: 'Nothing to do.',
  references: ['RFC 4429 §3.3'],
}
