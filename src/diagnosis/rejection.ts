import type {Finding} from './finding.ts'
import type {BodyOf, NeighbourMessage} from './neighbour-message.ts'
import {rejected} from './resolution-pages.ts'
import {finding} from './rule.ts'

/** An error that quotes a question: whoever got it does not answer, but refuses. */
export function* judgeError(message: NeighbourMessage, body: BodyOf<'error'>): Generator<Finding> {
  const quoted = body.quoted?.transport
  if (message.icmp.type !== 1 || quoted?.kind !== 'icmpv6') return
  const question = quoted.message.body
  if (question.kind !== 'neighbor-solicitation') return
  yield finding(rejected, {
    timeNs: message.timeNs,
    interface: message.interface,
    about: `${question.target} ${message.source}`,
    detail: `${message.source} refuses to be asked for ${question.target}: destination unreachable, code ${message.icmp.code}`,
    evidence: [`${message.where}: from ${message.source} (${message.mac}) to ${message.destination}`],
  })
}
