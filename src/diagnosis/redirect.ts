import {isVirtualRouterMac} from './address-text.ts'
import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import type {BodyOf, NeighbourMessage} from './neighbour-message.ts'
import type {Observation} from './observation.ts'
import {PastMacs} from './past-macs.ts'
import {RateWatch} from './rate-watch.ts'
import * as pages from './redirect-pages.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'

const mostRouters = 64

export const redirects: RuleKind = {
  pages: Object.values(pages),
  hears: {types: [134, 136, 137]},
  make: () => new Redirects(),
}

class Redirects implements Rule {
  /** By interface: routers that advertised themselves, with their MAC. */
  readonly #routers = new BoundedMap<string, Map<string, string>>(256)
  readonly #macs = new PastMacs()
  readonly #rate = new RateWatch({page: pages.flood, icmpType: 137, perSecond: 50});

  *hear(observation: Observation, context: Context, message?: NeighbourMessage): Generator<Finding> {
    yield* this.#rate.hear(observation, message)
    this.#macs.hear(observation, message)
    if (message?.isValid !== true) return
    const {body} = message
    if (body.kind === 'router-advertisement') this.#learn(message)
    if (body.kind === 'redirect' && !context.node.isOwnMac(message.mac)) yield* this.#judge(message, body, context)
  }

  *#judge(message: NeighbourMessage, body: BodyOf<'redirect'>, context: Context): Generator<Finding> {
    const routers = this.#known(message.interface, context)
    const mac = routers.get(message.source)
    const isStranger = routers.size > 0 && mac === undefined
    if (isStranger && this.#hadAddress(message, body)) return
    const isSpoofed = mac !== undefined && mac !== '' && mac !== message.mac && !isVirtualRouterMac(message.mac)
    if (isStranger || isSpoofed)
      yield told(pages.notRouter, message, {
        detail: isStranger
          ? `${message.source} (${message.mac}) redirects ${body.destination}, but is no router here`
          : `${message.mac} redirects ${body.destination} as ${message.source}, whose MAC is ${mac ?? ''}`,
        evidence: `routers known on ${message.interface}: ${[...routers.keys()].slice(0, 5).join(', ')}`,
      })
    else yield* judgeTarget(message, body, {context, routers})
  }

  #learn({interface: name, source, mac}: NeighbourMessage): void {
    const routers = this.#routers.getOrMake(name, () => new Map<string, string>())
    if (routers.size < mostRouters && !routers.has(source)) routers.set(source, mac)
  }

  /** Without VRRP's virtual MAC, a router that handed an address over leads on to it as itself: hosts ignore it (RFC 4861 §8.1). */
  #hadAddress({interface: name, mac}: NeighbourMessage, {target, destination}: BodyOf<'redirect'>): boolean {
    return target === destination && this.#macs.has(name, destination, mac)
  }

  #known(name: string, {node}: Context): ReadonlyMap<string, string> {
    const known = new Map(this.#routers.get(name))
    for (const {gateway} of node.routesOf(name)) {
      const entry = node.facts?.neighbours.known.find(({ip, interface: of}) => ip === gateway && of === name)
      if (gateway !== undefined && !known.has(gateway)) known.set(gateway, entry?.mac ?? '')
    }
    return known
  }
}

function* judgeTarget(
  message: NeighbourMessage,
  {target, destination}: BodyOf<'redirect'>,
  {context, routers}: {readonly context: Context; readonly routers: ReadonlyMap<string, string>},
): Generator<Finding> {
  if (target === destination) {
    if (context.node.isOnLink(message.interface, destination) !== false) return
    yield told(pages.onLink, message, {
      detail: `${message.source} says that ${destination} is on the link of ${message.interface}`,
      evidence: `no prefix of ${message.interface} holds ${destination}`,
    })
  } else if (!routers.has(target)) {
    yield told(pages.newNextHop, message, {
      detail: `${message.source} redirects ${destination} to ${target}, which never advertised itself`,
      evidence: `MAC of the target: ${message.optionMac ?? 'not said'}`,
    })
  }
}

const told = (
  page: (typeof pages)[keyof typeof pages],
  message: NeighbourMessage,
  {detail, evidence}: {readonly detail: string; readonly evidence: string},
): Finding =>
  finding(page, {
    timeNs: message.timeNs,
    interface: message.interface,
    about: `${message.source} ${message.mac} ${message.body.kind === 'redirect' ? message.body.destination : ''}`,
    detail,
    evidence: [`${message.where}: from ${message.source} (${message.mac}) to ${message.destination}`, evidence],
  })
