import type {RulePage} from './rule.ts'

export const suppressed: RulePage = {
  rule: 'pmtu/ptb-suppressed',
  severities: ['error'],
  title: 'This node drops packets that are too big and does not say so',
  meaning:
    'As a router it must answer with Packet Too Big; without it the sender goes on with the same size, and connections hang.',
  detection:
    'The kernel drops three or more packets of one sender to one destination as too big to forward, and within a second no Packet Too Big for that sender is seen, where the way to it is listened to.',
  notThis:
    'Drops that are answered; senders behind an interface that this run does not listen to; packets from link-local or multicast addresses, which are not answered.',
  fix: 'nft list ruleset | grep -i icmpv6: let type 2 pass on output (RFC 4890 §4.3.1); then ip -6 route get DESTINATION shows the MTU of the way.',
  references: ['RFC 8200 §5', 'RFC 4443 §3.2', 'RFC 4890 §4.3.1'],
}

export const forged: RulePage = {
  rule: 'pmtu/ptb-spoof',
  severities: ['warning'],
  title: 'A Packet Too Big about a packet that was never sent',
  meaning:
    'Somebody who does not see the traffic guesses: a sender that believes it makes its packets to that destination as small as it is told.',
  detection:
    'The quoted packet is not from the node that the message is sent to; or, in a capture, from a node whose packets of that protocol are seen, of a connection that is not.',
  notThis:
    'The first three seconds of a capture, whose packets may have been sent before; captures of one direction only; protocols of which the capture has nothing.',
  fix: 'Find the sender by its MAC and address in the evidence; ip -6 route show cache shows what was believed, ip -6 route flush cache forgets it.',
  references: ['RFC 8201 §4', 'RFC 8201 §6', 'RFC 5927 §7'],
}
