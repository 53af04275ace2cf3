import {withoutZone} from '../address/text.ts'
import type {Delivery, IdTrial} from '../protocol/binding.ts'

export interface ClientLabels {
  /** By the address: IPv4 in an IPv6 socket is IPv4. */
  readonly client_address_ip_family: 'inet' | 'inet6'
  /** As the socket is told it. */
  readonly client_address_ip_type: 'plain' | 'v4_mapped_v6'
}

/** What metrics should say of a client with this address. */
export function labelsOf(peer: string): ClientLabels {
  const isMapped = peer.startsWith('::ffff:') && peer.includes('.')
  return {
    client_address_ip_family: isMapped || !peer.includes(':') ? 'inet' : 'inet6',
    client_address_ip_type: isMapped ? 'v4_mapped_v6' : 'plain',
  }
}

const bare = (address: string): string => withoutZone(address).replace(/^::ffff:(?=\d+\.)/, '')

/** A client that is connected drops an answer from elsewhere; null where none came. */
export const isFromAsked = ({asked, replyFrom}: Delivery): boolean | null =>
  replyFrom === null ? null : bare(asked) === bare(replyFrom)

/** What the deliveries mean, in a sentence each. */
export function deliverySentences(deliveries: readonly Delivery[]): readonly string[] {
  const elsewhere = deliveries.filter((each) => isFromAsked(each) === false)
  const lost = deliveries.filter(({receivedBy}) => receivedBy === null)
  return [
    ...(elsewhere.length === 0
      ? []
      : ['On a host with several addresses a UDP server on a wildcard answers from whichever the route chooses, and clients drop that: send with IP_PKTINFO and IPV6_PKTINFO, or bind each address.']),
    ...(lost.length === 0 ? [] : [`${lost.length} of ${deliveries.length} clients reached no socket.`]),
  ] // prettier-ignore
}

/** What the connection ids mean: those of the tracker that was made for it, and those of one that runs. */
export function idSentences(ids: readonly IdTrial[]): readonly string[] {
  const live = ids.filter(({server}) => server !== undefined)
  return [
    ...ownIds(
      ids.filter(({server}) => server === undefined),
      live.length > 0,
    ),
    ...liveIds(live),
  ]
}

const isCrossed = ({connect, announce}: IdTrial): boolean => connect !== announce
const isAccepted = ({outcome}: IdTrial): boolean => outcome === 'accepted'

function ownIds(own: readonly IdTrial[], hasLive: boolean): readonly string[] {
  if (own.length === 0) return []
  if (own.some((trial) => isCrossed(trial) && isAccepted(trial)))
    return ['An id that was given over one socket was accepted over another.']
  const where = hasLive ? "With the copy's own tracker an id" : 'An id'
  return [`${where} holds for the client address that the socket saw: a client that stays on one socket is accepted, one that changes the family between connect and announce is not, nor is IPv4 that moves from ::ffff:a.b.c.d to a.b.c.d.`] // prettier-ignore
}

function liveIds(live: readonly IdTrial[]): readonly string[] {
  const [first] = live
  if (first === undefined) return []
  const name = `The live tracker on ${first.server ?? ''}`
  const [crossed, straight] = [live.filter(isCrossed), live.filter((trial) => !isCrossed(trial))]
  if (live.every(({outcome}) => outcome === 'unanswered')) return [`${name} answered no announce.`]
  if (crossed.some(isAccepted)) return [`${name} is lenient: it accepted an id over another family than it was given over. A client that changes the family is served there, and so is whoever else learns the id.`] // prettier-ignore
  if (!straight.some(isAccepted)) return [`${name} accepted no id, not even over the family that it was given over.`]
  if (!crossed.some(({outcome}) => outcome === 'refused')) return [`${name} accepted its ids over the family that they were given over; whether it holds them to one address is not seen, as no crossed announce was answered.`] // prettier-ignore
  return [`${name} holds an id to the address that it gave it to: connect and announce must come over one family.`]
}
