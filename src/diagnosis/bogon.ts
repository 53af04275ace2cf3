import {isLinkLocal, isMulticast} from '../address/scope.ts'
import {isInAny, networkOf} from './address-text.ts'
import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import {type NeighbourMessage, optionsNamed, who} from './neighbour-message.ts'
import {bogon as page} from './neighbour-pages.ts'
import type {Observation} from './observation.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'

const remembered = 1024
/** So long an answer shows that the address is in use on the link. */
const patienceSeconds = 3.5

/** Questions and answers about addresses that are of no prefix of the link. */
export const bogon: RuleKind = {pages: [page], hears: {types: [134, 135, 136]}, make: () => new Bogon()}

class Bogon implements Rule {
  /** Questions from outside the prefixes that nobody has answered yet, by target. */
  readonly #asked = new BoundedMap<string, NeighbourMessage>(remembered)
  /** By interface and first 64 bits: prefixes that this node has no address of, but others of the link do. */
  readonly #used = new BoundedMap<string, true>(remembered);

  *hear(_: Observation, context: Context, message?: NeighbourMessage): Generator<Finding> {
    if (message?.isValid !== true || message.isRepeat || message.direction !== 'ingress') return
    const {body} = message
    if (body.kind === 'router-advertisement') this.#learnPrefixes(message)
    if (body.kind !== 'neighbor-solicitation' && body.kind !== 'neighbor-advertisement') return
    if (this.#used.get(placeOf(message, body.target)) !== undefined || !isForeign(message, body.target, context)) return
    if (body.kind === 'neighbor-solicitation') this.#ask(message, body.target)
    else if (body.solicited && this.#asked.get(keyOf(message, body.target)) !== undefined)
      this.#use(message, body.target)
    else yield told(message, body.target, context)
  }

  *tick(nowNs: bigint, context: Context): Generator<Finding> {
    const now = Number(nowNs) / 1e9
    for (const [key, message] of this.#asked.entries()) {
      if (now - message.at < patienceSeconds) break
      this.#asked.delete(key)
      const {body} = message
      if (body.kind !== 'neighbor-solicitation' || this.#used.get(placeOf(message, body.target)) !== undefined) continue
      yield told(message, body.target, context)
    }
  }

  #ask(message: NeighbourMessage, target: string): void {
    // Who looks for a free address is about to use it here.
    if (message.source === '::') this.#use(message, target)
    else if (this.#asked.get(keyOf(message, target)) === undefined) this.#asked.set(keyOf(message, target), message)
  }

  #use(message: NeighbourMessage, target: string): void {
    this.#used.set(placeOf(message, target), true)
    this.#asked.delete(keyOf(message, target))
  }

  #learnPrefixes(message: NeighbourMessage): void {
    for (const {prefix, prefixLength = 64} of optionsNamed(message.icmp.options, 'prefix-information'))
      if (prefix !== undefined && prefixLength <= 64) this.#used.set(placeOf(message, prefix), true)
  }
}

const keyOf = ({interface: name}: NeighbourMessage, target: string): string => `${name} ${target}`

const placeOf = ({interface: name}: NeighbourMessage, ip: string): string => `${name} ${networkOf(ip)}`

/** Of no prefix that this node or its cluster knows; false where the prefixes of the link are not known. */
function isForeign({interface: name}: NeighbourMessage, target: string, {node, cluster}: Context): boolean {
  if (isLinkLocal(target) || isMulticast(target) || node.isOwnAddress(target)) return false
  const {facts} = node
  if (facts === undefined || node.isOnLink(name, target) !== false) return false
  const isAllOnLink = node
    .routesOf(name)
    .some((route) => route.destination === 'default' && route.gateway === undefined)
  const isProxied = facts.neighbours.known.some(({ip, proxy}) => proxy && ip === target)
  if (isAllOnLink || isProxied || cluster.serviceAddresses.includes(target)) return false
  // What is routed elsewhere is known too: a router of the link may ask this node for it.
  const known = facts.routes.flatMap(({destination}) => (destination === 'default' ? [] : [destination]))
  return !isInAny(target, [...known, ...cluster.podPrefixes, ...cluster.servicePrefixes])
}

function told(message: NeighbourMessage, target: string, {cluster}: Context): Finding {
  const {interface: name, source, mac, icmp} = message
  const isQuestion = icmp.type === 135
  return finding(page, {
    timeNs: message.timeNs,
    interface: name,
    about: `${name} ${source} ${mac}`,
    detail: isQuestion
      ? `${source} (${who(mac, cluster.nameOf(mac))}) asks on ${name} for ${target}, which is of no prefix there, and nobody answers`
      : `${source} (${who(mac, cluster.nameOf(mac))}) announces ${target} on ${name}, which is of no prefix there`,
    evidence: [message.where, `no prefix of ${name}, no route and no range of the cluster holds ${target}`],
  })
}
