import type {RulePage} from './rule.ts'

export const notRouter: RulePage = {
  rule: 'ndp/rd-not-router',
  severities: ['critical'],
  title: 'Somebody who is not the router redirects traffic',
  meaning: 'A host that believes it sends its traffic elsewhere.',
  detection:
    'A Redirect whose source is none of the routers known on the interface, or has another MAC than that router.',
  notThis:
    'Interfaces where no router is known; VRRP virtual MACs; a node that had the destination itself, and handed it over; Redirects that this node sends.',
  fix: 'sysctl -w net.ipv6.conf.all.accept_redirects=0; find the MAC on the switch.',
  references: ['RFC 4861 §8.1', 'RFC 3756 §4.2.4'],
}

export const onLink: RulePage = {
  rule: 'ndp/rd-onlink',
  severities: ['error'],
  title: 'A Redirect says that a distant address is on the link',
  meaning: 'The host asks for it by multicast, and whoever answers gets the traffic.',
  detection: 'Target and destination are the same, and the destination is in none of the prefixes of the interface.',
  notThis: 'Destinations of the prefixes that are on the link; interfaces whose prefixes are not known.',
  fix: 'sysctl -w net.ipv6.conf.IFACE.accept_redirects=0; look at the routes of the router.',
  references: ['RFC 4861 §8.3'],
}

export const newNextHop: RulePage = {
  rule: 'ndp/rd-new-nexthop',
  severities: ['warning'],
  title: 'A Redirect leads to a router that never advertised itself',
  meaning: 'Traffic for the destination takes a way that is not known here.',
  detection: 'The target is another than the destination, and no RA and no route of this node names it.',
  notThis: 'Targets that advertise themselves or that a route leads through.',
  fix: 'Look at the routes of the router that redirects; if it is not meant, accept_redirects=0.',
  references: ['RFC 4861 §8.2'],
}

export const flood: RulePage = {
  rule: 'ndp/rd-flood',
  severities: ['error'],
  title: 'A flood of Redirects',
  meaning: 'Each may make an entry in the routes of every host.',
  detection: 'More than 50 Redirects a second by the exact counts of the kernel.',
  notThis: 'One Redirect seen at several interfaces is counted once.',
  fix: 'sysctl -w net.ipv6.conf.all.accept_redirects=0; find the MAC on the switch.',
  references: ['RFC 4861 §8.2'],
}
