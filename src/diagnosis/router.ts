import {isVirtualRouterMac} from './address-text.ts'
import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import {type BodyOf, type NeighbourMessage, optionsNamed, who} from './neighbour-message.ts'
import type {NodeView} from './node-view.ts'
import type {Observation} from './observation.ts'
import type {InterfaceFacts} from '../protocol/facts.ts'
import {raVerdict} from './ra-verdict.ts'
import {type Heard, judgeContents, ofRouter} from './router-contents.ts'
import {type Router, RouterBook} from './router-book.ts'
import * as contentPages from './router-content-pages.ts'
import * as pages from './router-pages.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'
import {RouterFlood} from './router-flood.ts'

const learningSeconds = 60

/** Router advertisements: who sends them, what they say, and that they go on. */
export const routers: RuleKind = {
  pages: [
    pages.fromPod,
    pages.unexpected,
    pages.spoof,
    pages.withdrawn,
    pages.expiring,
    pages.stopped,
    pages.flood,
    pages.ignored,
    ...Object.values(contentPages),
  ],
  hears: {types: [134]},
  make: () => new Routers(),
}

class Routers implements Rule {
  readonly #book = new RouterBook()
  readonly #flood = new RouterFlood()
  readonly #warned = new BoundedMap<string, bigint>(512)
  /** When another MAC last spoke as a router: told as such, and it may be the same router with a new MAC. */
  readonly #claimed = new BoundedMap<string, number>(512)
  #since: number | undefined;

  *hear(observation: Observation, context: Context, message?: NeighbourMessage): Generator<Finding> {
    this.#since ??= Number(observation.timeNs) / 1e9
    yield* this.#flood.hear(observation, message)
    if (message?.body.kind !== 'router-advertisement' || !message.isValid) return
    // What stands behind an extension header was told as such, and is no honest router's.
    if (message.packet.chain.length > 0 || message.ip.hopLimit !== 255) return
    if (this.#flood.isOn(message.at)) {
      // In a flood nothing is said of each, but the router that was there before goes on.
      const known = this.#book.get(message.interface, message.source)
      if (known !== undefined && known.mac === message.mac) this.#book.hear(message, message.body)
      return
    }
    yield* this.#advertised(message, message.body, context)
  }

  *tick(nowNs: bigint, {node}: Context): Generator<Finding> {
    const now = Number(nowNs) / 1e9
    this.#since ??= now
    for (const router of this.#book.all()) {
      const lifetime = router.body.routerLifetime
      const remaining = router.last.at + lifetime - now
      if (lifetime === 0 || isOwn(router.last, node) || !isThere(router, node)) continue
      if (this.#isReplaced(router, now)) {
        this.#book.forget(router)
        continue
      }
      if (remaining <= 0) {
        this.#book.forget(router)
        yield {
          ...ofRouter(pages.stopped, router, {
            detail: `${router.ip} has not been heard for its lifetime of ${lifetime} s`,
          }),
          timeNs: nowNs,
        }
      } else if (isLate(router, now) && remaining < lifetime / 4) yield* this.#warn(router, nowNs, remaining)
    }
  }

  *#warn(router: Router, nowNs: bigint, remaining: number): Generator<Finding> {
    const key = `${router.interface} ${router.ip}`
    if (this.#warned.get(key) === router.last.timeNs) return
    this.#warned.set(key, router.last.timeNs)
    const detail = `${router.ip} was not heard for three of its intervals and expires in ${Math.ceil(remaining)} s`
    yield {...ofRouter(pages.expiring, router, {detail}), timeNs: nowNs}
  }

  *#advertised(message: NeighbourMessage, body: BodyOf<'router-advertisement'>, context: Context): Generator<Finding> {
    const isFromHere = isOwn(message, context.node)
    const pod = isFromHere ? undefined : context.node.podBehind(message.interface, message.mac)
    if (pod !== undefined) {
      yield sentByPod(message, pod, context)
      return
    }
    const known = this.#book.get(message.interface, message.source)
    const spoofed = known === undefined ? tableMac(message, context) : known.mac
    // A bridge takes the lowest MAC of its ports: that of this node's own router changes as pods come and go.
    if (!isFromHere && spoofed !== undefined && isAnother(message, spoofed)) {
      this.#claimed.set(`${message.interface} ${message.source}`, message.at)
      yield speaksAs(message, spoofed, context)
      return
    }
    const others = this.#book.on(message.interface, message.at).filter(({ip}) => ip !== message.source)
    const heard = {...this.#book.hear(message, body), others}
    if (!isFromHere) yield* this.#judgeStranger(heard, context)
    if (!isFromHere) yield* judgeVerdict(heard, context)
    yield* judgeWithdrawal(heard)
    yield* judgeContents(heard, context)
  }

  /** Silent for so long that it would be told, and another MAC speaks on as it: the router moved there. */
  #isReplaced(router: Router, now: number): boolean {
    const claimedAt = this.#claimed.get(`${router.interface} ${router.ip}`)
    if (claimedAt === undefined || claimedAt <= router.last.at) return false
    return isLate(router, now) || now >= router.last.at + router.body.routerLifetime
  }

  *#judgeStranger({before, now, others}: Heard, context: Context): Generator<Finding> {
    if (before !== undefined || !this.#isUnexpected(now, others, context)) return
    const name = context.cluster.nameOf(now.mac)
    yield ofRouter(pages.unexpected, now, {
      detail: `${now.ip} (${who(now.mac, name)}) is a router that was not there before`,
    })
  }

  #isUnexpected({ip, mac, last}: Router, others: readonly Router[], {node, options}: Context): boolean {
    if (options.routers !== undefined && options.routers.length > 0)
      return !options.routers.includes(ip) && !options.routers.includes(mac)
    return others.length > 0 && last.at - (this.#since ?? last.at) > learningSeconds && !node.isDefaultRouter(ip)
  }
}

const isOwn = ({direction, mac}: NeighbourMessage, node: NodeView): boolean =>
  direction === 'egress' || node.isOwnMac(mac)

/** An interface that went down, or away, hears nothing; of a capture's nothing is known. */
const isThere = ({interface: name}: Router, node: NodeView): boolean =>
  node.facts === undefined || node.interface(name)?.isUp === true

const isLate = ({heard, interval, last}: Router, now: number): boolean =>
  heard >= 3 && interval !== undefined && now - last.at > 3 * interval

const isAnother = ({mac, optionMac}: NeighbourMessage, known: string): boolean =>
  known !== '' &&
  ![known, mac, optionMac ?? ''].some(isVirtualRouterMac) &&
  (mac !== known || (optionMac !== undefined && optionMac !== known))

/** What the kernel's own table says of a router that was not heard yet. */
const tableMac = ({interface: name, source}: NeighbourMessage, {node}: Context): string | undefined =>
  node.facts?.neighbours.known.find((item) => item.interface === name && item.ip === source && item.router)?.mac

function sentByPod(message: NeighbourMessage, pod: string, {cluster}: Context): Finding {
  const prefixes = optionsNamed(message.icmp.options, 'prefix-information').flatMap(({prefix, prefixLength}) =>
    prefix === undefined ? [] : [`${prefix}/${prefixLength ?? 64}`],
  )
  return finding(pages.fromPod, {
    timeNs: message.timeNs,
    interface: message.interface,
    about: `${message.source} ${message.mac}`,
    detail: `${pod}, behind ${message.interface}, says that it is a router: ${message.source}`,
    evidence: [
      `${message.where}: from ${message.source} (${who(message.mac, cluster.nameOf(message.mac))})`,
      ...(prefixes.length === 0 ? [] : [`it advertises ${prefixes.join(', ')}`]),
    ],
  })
}

function speaksAs(message: NeighbourMessage, known: string, {cluster}: Context): Finding {
  const {trafficClass} = message.ip
  return finding(pages.spoof, {
    timeNs: message.timeNs,
    interface: message.interface,
    about: `${message.source} ${message.mac}`,
    detail: `${who(message.mac, cluster.nameOf(message.mac))} speaks as ${message.source}, the router whose MAC is ${known}`,
    evidence: [
      `${message.where}: Ethernet source ${message.mac}${message.optionMac === undefined ? '' : `, option ${message.optionMac}`}`,
      ...(trafficClass === 0xe0 ? ['traffic class 0xe0, as thc-ipv6 sends'] : []),
    ],
  })
}

function* judgeWithdrawal({before, now, others}: Heard): Generator<Finding> {
  if (before === undefined || before.body.routerLifetime === 0 || now.body.routerLifetime > 0) return
  const isOnly = others.length === 0
  yield ofRouter(pages.withdrawn, now, {
    severity: isOnly ? 'error' : 'warning',
    detail: `${now.ip} is no default router any more${isOnly ? ', and it was the only one' : ''}`,
  })
}

function* judgeVerdict({now, others}: Heard, {node}: Context): Generator<Finding> {
  const device = node.interface(now.interface)
  if (device === undefined || now.body.routerLifetime === 0) return
  const verdict = raVerdict(now.last.packet, device, node.routesOf(now.interface))
  if (verdict.accepted || verdict.setting === undefined) return
  // A route of protocol ra on the same interface is what is left of the time before the setting.
  const own = node.facts?.routes.find(
    ({destination, protocol, interface: name}) =>
      destination === 'default' && (protocol !== 'ra' || name !== now.interface),
  )
  const isRouter = isRouterOf(device, others, node)
  yield {
    ...ofRouter(pages.ignored, now, {
      severity: own === undefined && !isRouter ? 'error' : 'info',
      detail: `this node ignores the router ${now.ip} on ${now.interface}: ${verdict.because}`,
      evidence: [
        `${verdict.setting} = ${device.settings[verdict.setting.split('.').at(-1) ?? ''] ?? '?'}`,
        `net.ipv6.conf.${now.interface}.forwarding = ${device.settings['forwarding'] ?? '?'}`,
        ...(isRouter ? [`this node is a router of ${now.interface} itself`] : []),
        ...(own === undefined ? [] : [`there is another default route, on ${own.interface} (${own.protocol})`]),
      ],
    }),
    fix: verdict.setting.endsWith('disable_ipv6') ? `sysctl -w ${verdict.setting}=0` : `sysctl -w ${verdict.setting}=2`,
  }
}

/** RFC 4861 §6.2.7: routers hear each other only to see that they say the same. */
const isRouterOf = ({isAdvertiser}: InterfaceFacts, others: readonly Router[], node: NodeView): boolean =>
  isAdvertiser === true || others.some(({last}) => isOwn(last, node))
