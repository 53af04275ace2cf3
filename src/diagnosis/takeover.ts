import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import {type BodyOf, type NeighbourMessage, who} from './neighbour-message.ts'
import {takeover} from './neighbour-pages.ts'
import type {Observation} from './observation.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'

interface Claim {
  readonly target: string
  readonly oldMac: string
  readonly newMac: string
  readonly message: NeighbourMessage
  /** Where the old MAC was heard as this address afterwards. */
  oldSpokeAt?: string
}

type Early = Pick<Claim, 'target' | 'newMac' | 'message'>

interface Replaced {
  /** Seconds since 1970. */
  readonly at: number
  readonly mac: string
  readonly oldMac: string
}

const remembered = 4096
/** So long the old MAC may prove that it is still there, and this node may give its address up: as VRRP hands it over. */
const patienceSeconds = 3
const thisNode = 'this node'

/** Unsolicited advertisements that override: a takeover, or a failover. */
export const takeovers: RuleKind = {
  pages: [takeover],
  hears: {types: [135, 136], packets: 'all'},
  make: () => new Takeovers(),
}

class Takeovers implements Rule {
  readonly #macs = new BoundedMap<string, string>(remembered)
  readonly #asked = new BoundedMap<string, number>(remembered)
  /** Asked for from ::, which is answered to all and as if nobody had asked. */
  readonly #probed = new BoundedMap<string, number>(remembered)
  readonly #claims = new BoundedMap<string, Claim>(256)
  /** Announced before anything told whose the address was: the node's facts and the kernel's own change come a moment later. */
  readonly #early = new BoundedMap<string, Early>(256)
  /** What the kernel replaced, where it tells before the message comes that made it. */
  readonly #replaced = new BoundedMap<string, Replaced>(256)

  hear(observation: Observation, context: Context, message?: NeighbourMessage): Iterable<Finding> {
    this.#learnFrom(observation, context, message)
    return []
  }

  #learnFrom(observation: Observation, context: Context, message?: NeighbourMessage): void {
    if (observation.type === 'packet') this.#hearTraffic(observation)
    if (observation.type === 'facts') this.#learnTable(observation, context)
    if (observation.type === 'neighbour') this.#believe(observation)
    if (message?.isValid !== true) return
    const {body} = message
    if (body.kind === 'neighbor-solicitation') this.#hearQuestion(message, body.target)
    if (body.kind === 'neighbor-advertisement') this.#hearAdvertisement(message, body, context)
  }

  *tick(nowNs: bigint, context: Context): Generator<Finding> {
    for (const [key, claim] of this.#claims.entries()) {
      if (claim.oldSpokeAt === undefined && Number(nowNs) / 1e9 - claim.message.at < patienceSeconds) continue
      this.#claims.delete(key)
      yield told(claim, context, severityOf(claim, context))
    }
  }

  *end(_: bigint, context: Context): Generator<Finding> {
    for (const [, claim] of this.#claims.entries())
      if (isStillHere(claim, context)) yield told(claim, context, 'critical')
  }

  #hearQuestion({at, source, optionMac, interface: name}: NeighbourMessage, target: string): void {
    this.#asked.set(target, at)
    if (source === '::') this.#probed.set(target, at)
    if (source !== '::' && optionMac !== undefined) this.#learn(name, source, optionMac)
  }

  #hearAdvertisement(
    message: NeighbourMessage,
    {target, override, solicited}: BodyOf<'neighbor-advertisement'>,
    context: Context,
  ): void {
    const {optionMac: newMac} = message
    if (newMac === undefined || !override) return
    const key = `${message.interface} ${target}`
    const oldMac = this.#macs.get(key) ?? this.#replacedBy(key, newMac, message.at)
    this.#macs.set(key, newMac)
    if (solicited || isRecent(this.#probed.get(target), message.at) || context.node.isOwnMac(newMac)) return
    if (isTakenFromNode(message, target, context)) this.#suspect(key, {target, oldMac: thisNode, newMac, message})
    else if (isRecent(this.#asked.get(target), message.at)) return
    else if (oldMac === undefined) this.#early.set(key, {target, newMac, message})
    else this.#suspect(key, {target, oldMac, newMac, message})
  }

  #suspect(key: string, claim: Claim): void {
    if (claim.oldMac !== claim.newMac && this.#claims.get(key) === undefined) this.#claims.set(key, claim)
  }

  /** An entry from before the run, of which only the kernel knows what it was. */
  #believe({change: {interface: name, ip, mac, oldMac}, timeNs}: Observation & {type: 'neighbour'}): void {
    if (mac === undefined || oldMac === undefined || mac === oldMac) return
    const key = `${name} ${ip}`
    const at = Number(timeNs) / 1e9
    const early = this.#early.get(key)
    if (early?.newMac === mac && isRecent(early.message.at, at)) this.#suspect(key, {...early, oldMac})
    else this.#replaced.set(key, {at, mac, oldMac})
    this.#early.delete(key)
  }

  #replacedBy(key: string, mac: string, at: number): string | undefined {
    const replaced = this.#replaced.get(key)
    return replaced?.mac === mac && isRecent(replaced.at, at) ? replaced.oldMac : undefined
  }

  #learn(name: string, ip: string, mac: string): void {
    this.#macs.set(`${name} ${ip}`, mac)
  }

  #learnTable({facts, timeNs}: Observation & {type: 'facts'}, context: Context): void {
    for (const [key, {target, newMac, message}] of this.#early.entries()) {
      if (!isRecent(message.at, Number(timeNs) / 1e9)) this.#early.delete(key)
      else if (isTakenFromNode(message, target, context)) {
        this.#early.delete(key)
        this.#suspect(key, {target, oldMac: thisNode, newMac, message})
      }
    }
    for (const {interface: name, ip, mac} of facts.neighbours.known)
      if (mac !== undefined && this.#macs.get(`${name} ${ip}`) === undefined) this.#learn(name, ip, mac)
  }

  #hearTraffic({packet, interface: name, timeNs}: Observation & {type: 'packet'}): void {
    if (this.#claims.size === 0) return
    const target = advertised(packet) ?? packet.ip?.source
    const claim = this.#claims.get(`${name} ${target ?? ''}`)
    if (claim === undefined || packet.sourceMac !== claim.oldMac) return
    // The kernel's own word may come before packets of an earlier moment.
    if (timeNs > claim.message.timeNs) claim.oldSpokeAt = name
  }
}

const isTakenFromNode = ({direction, optionMac = ''}: NeighbourMessage, target: string, {node}: Context): boolean =>
  direction === 'ingress' && node.isOwnAddress(target) && !node.isOwnMac(optionMac)

const isStillHere = ({target, oldMac}: Claim, {node}: Context): boolean =>
  oldMac === thisNode && node.isOwnAddress(target)

const isRecent = (askedAt: number | undefined, at: number): boolean =>
  askedAt !== undefined && at - askedAt < patienceSeconds

function advertised({transport}: (Observation & {type: 'packet'})['packet']): string | undefined {
  if (transport?.kind !== 'icmpv6') return undefined
  const {body} = transport.message
  return body.kind === 'neighbor-advertisement' ? body.target : undefined
}

function severityOf(claim: Claim, context: Context): 'info' | 'warning' | 'critical' {
  const {cluster, node} = context
  if (claim.oldMac === thisNode) return isStillHere(claim, context) ? 'critical' : 'info'
  const [mine, theirs] = [cluster.nameOf(claim.target), cluster.nameOf(claim.newMac)]
  const isStrangers = mine !== undefined && theirs !== undefined && mine !== theirs
  if (claim.oldSpokeAt === undefined && !isStrangers) return 'info'
  return node.isDefaultRouter(claim.target) ? 'critical' : 'warning'
}

function told(claim: Claim, {cluster}: Context, severity: 'info' | 'warning' | 'critical'): Finding {
  const {target, oldMac, newMac, message} = claim
  return finding(takeover, {
    timeNs: message.timeNs,
    interface: message.interface,
    severity,
    about: `${target} ${newMac}`,
    detail: `${who(newMac, cluster.nameOf(newMac))} announces ${target} as its own; before, it was ${who(oldMac, cluster.nameOf(oldMac))}`,
    evidence: [`${message.where}: unsolicited, override, from ${message.mac}`, after(claim, severity)],
  })
}

function after({target, oldMac, oldSpokeAt}: Claim, severity: 'info' | 'warning' | 'critical'): string {
  if (oldMac === thisNode) return severity === 'info' ? 'this node gave it up' : `this node still has ${target}`
  return oldSpokeAt === undefined
    ? `${oldMac} was silent for 3 s`
    : `${oldMac} is still heard as ${target} on ${oldSpokeAt}`
}
