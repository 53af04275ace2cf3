import {isMulticast} from '../address/scope.ts'
import {isVirtualRouterMac} from './address-text.ts'
import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import {conflict, flood, proxy, rate, routerFlag} from './neighbour-pages.ts'
import {type BodyOf, type NeighbourMessage, type Place, placeText, who} from './neighbour-message.ts'
import type {Observation} from './observation.ts'
import {RateWatch} from './rate-watch.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'

interface Answer {
  readonly mac: string
  readonly at: number
  readonly place: Place
}

const remembered = 4096
const togetherSeconds = 2

/** Neighbour advertisements: who answers, who repeats, who is a proxy. */
export const advertisement: RuleKind = {
  pages: [conflict, routerFlag, rate, flood, proxy],
  hears: {types: [134, 135, 136]},
  make: () => new Advertisement(),
}

class Advertisement implements Rule {
  /** The last answer for each target to each asker, until it asks again. */
  readonly #answers = new BoundedMap<string, Answer>(remembered)
  readonly #announced = new BoundedMap<string, {since: number; count: number}>(remembered)
  /** Routers that send RAs: when they stop to be, and their MAC. */
  readonly #routers = new BoundedMap<string, {readonly until: number; readonly mac: string}>(256)
  readonly #rate = new RateWatch({page: flood, icmpType: 136, perSecond: 500});

  *hear(observation: Observation, context: Context, message?: NeighbourMessage): Generator<Finding> {
    yield* this.#rate.hear(observation, message)
    if (message?.isValid !== true) return
    const {body} = message
    if (body.kind === 'router-advertisement')
      this.#routers.set(message.source, {until: message.at + body.routerLifetime, mac: message.mac})
    if (body.kind === 'neighbor-solicitation')
      this.#answers.delete(`${message.interface} ${body.target} ${message.source}`)
    if (body.kind !== 'neighbor-advertisement') return
    yield* this.#judgeRouter(message, body, context)
    if (!body.solicited) yield* this.#hearAnnouncement(message, body, context)
    else if (body.override) yield* this.#hearAnswer(message, body, context)
    else if (message.source !== body.target && !message.isRepeat) yield proxied(message, body, context)
  }

  *#hearAnswer(
    message: NeighbourMessage,
    {target}: BodyOf<'neighbor-advertisement'>,
    {cluster, node}: Context,
  ): Generator<Finding> {
    const key = `${message.interface} ${target} ${message.destination}`
    const mac = message.optionMac ?? message.mac
    const before = this.#answers.get(key)
    this.#answers.set(key, {mac, at: message.at, place: message.place})
    if (before === undefined || before.mac === mac || message.at - before.at > togetherSeconds) return
    if (node.isOwnMac(before.mac) && node.isOwnMac(mac)) return
    yield finding(conflict, {
      timeNs: message.timeNs,
      interface: message.interface,
      about: `${target} ${[before.mac, mac].sort().join(' ')}`,
      detail: `${target} is answered for by ${who(before.mac, cluster.nameOf(before.mac))} and by ${who(mac, cluster.nameOf(mac))}`,
      evidence: [
        `${before.mac}: ${placeText(before.place)}`,
        `${mac}: ${message.where}`,
        `asker: ${message.destination}`,
      ],
    })
  }

  *#judgeRouter(
    message: NeighbourMessage,
    {target, router, override}: BodyOf<'neighbor-advertisement'>,
    {node}: Context,
  ): Generator<Finding> {
    const known = this.#routers.get(target)
    if (router || !override || known === undefined || known.until <= message.at) return
    if (known.mac !== message.mac || node.isOwnMac(message.mac)) return
    yield finding(routerFlag, {
      timeNs: message.timeNs,
      interface: message.interface,
      about: target,
      detail: `${target} sends RAs as a default router, and then says that it is no router: hosts drop their default route`,
      evidence: [`${message.where}: R=0 from ${message.mac}`],
    })
  }

  *#hearAnnouncement(
    message: NeighbourMessage,
    {target}: BodyOf<'neighbor-advertisement'>,
    {options}: Context,
  ): Generator<Finding> {
    if (message.isRepeat || isVirtualRouterMac(message.mac) || options.announcers?.includes(target) === true) return
    // Two nodes that hand an address over each announce it several times: keepalived ten times at each change.
    const key = `${target} ${message.mac}`
    let known = this.#announced.get(key)
    if (known === undefined || message.at - known.since > 60) {
      known = {since: message.at, count: 0}
      this.#announced.set(key, known)
    }
    if (++known.count !== 21) return
    yield finding(rate, {
      timeNs: message.timeNs,
      interface: message.interface,
      about: target,
      detail: `${target} was announced more than 20 times within ${Math.ceil(message.at - known.since)} s`,
      evidence: [`last: ${message.where}, from ${message.mac}`],
    })
  }
}

const proxied = (message: NeighbourMessage, {target}: BodyOf<'neighbor-advertisement'>, {cluster}: Context): Finding =>
  finding(proxy, {
    timeNs: message.timeNs,
    interface: message.interface,
    about: `${target} ${message.source}`,
    detail: `${message.source} (${who(message.mac, cluster.nameOf(message.mac))}) answers for ${target}${isMulticast(message.destination) ? ' to all' : ''}`,
    evidence: [message.where],
  })
