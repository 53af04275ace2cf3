import {BoundedMap} from './bounded-map.ts'
import * as pages from './dad-pages.ts'
import type {Finding} from './finding.ts'
import {type NeighbourMessage, who} from './neighbour-message.ts'
import type {Observation} from './observation.ts'
import {type Context, finding, type Rule, type RuleKind, type RulePage} from './rule.ts'
import {AddressNews} from './address-news.ts'

interface Attempt {
  readonly target: string
  readonly first: NeighbourMessage
  last: NeighbourMessage
  isLost: boolean
}

const remembered = 4096
/** RFC 4862 §5.1: one probe, one second; what a loaded machine takes longer is in the rest. */
const windowSeconds = 1.5
/** Who asked uses the address no earlier, unless it is optimistic. */
const probeSeconds = 0.9
/** Probes of one node are a second apart. */
const echoSeconds = 0.4

/** Duplicate address detection, each interface by itself: one address may be on two links. */
export const dad: RuleKind = {pages: Object.values(pages), hears: {types: [135, 136]}, make: () => new Dad()}

class Dad implements Rule {
  readonly #attempts = new BoundedMap<string, Attempt>(remembered)
  /** Lost addresses of each interface, with the time. */
  readonly #lost = new BoundedMap<string, Map<string, number>>(256)
  readonly #news = new AddressNews()
  /** When each address was last asked for. */
  readonly #askedFor = new BoundedMap<string, number>(remembered);

  *hear(observation: Observation, context: Context, message?: NeighbourMessage): Generator<Finding> {
    if (observation.type === 'facts')
      yield* this.#news.hear(observation.facts, observation.timeNs, (ip) => this.#askedFor.get(ip))
    if (message !== undefined) this.#news.hearMessage(message)
    if (message?.isValid !== true) return
    const {body} = message
    if (body.kind === 'neighbor-solicitation' && message.source === '::')
      yield* this.#ask(message, body.target, context)
    else if (body.kind === 'neighbor-solicitation') yield* this.#use(message, message.source)
    else if (body.kind === 'neighbor-advertisement') yield* this.#answer(message, body.target, context)
  }

  *tick(nowNs: bigint): Generator<Finding> {
    const now = Number(nowNs) / 1e9
    for (const [key, attempt] of this.#attempts.entries()) {
      if (now - attempt.last.at <= windowSeconds) continue
      this.#attempts.delete(key)
      if (attempt.isLost || attempt.first.isRepeat) continue
      yield isFree(attempt)
    }
  }

  *#ask(message: NeighbourMessage, target: string, context: Context): Generator<Finding> {
    this.#askedFor.set(target, message.at)
    const key = `${message.interface} ${target}`
    const attempt = this.#attempts.get(key)
    if (attempt === undefined || message.at - attempt.last.at > windowSeconds) {
      this.#attempts.set(key, {target, first: message, last: message, isLost: false})
      if (!message.isRepeat)
        yield told(pages.start, message, {about: target, detail: `${message.mac} asks whether ${target} is free`})
      return
    }
    const {last} = attempt
    if (isEcho(last, message)) {
      yield told(pages.loopback, message, {
        about: `${target} ${message.interface}`,
        detail: `the question of ${last.mac} for ${target} came back on ${message.interface}`,
        evidence: [`first: ${last.where}`, `again: ${message.where}`, `nonce ${message.nonce ?? 'none'} in both`],
      })
    } else if (last.mac !== message.mac) yield* this.#lose(attempt, message, context)
    attempt.last = message
  }

  *#answer(message: NeighbourMessage, target: string, context: Context): Generator<Finding> {
    const attempt = this.#attempts.get(`${message.interface} ${target}`)
    if (attempt === undefined || message.at - attempt.last.at > windowSeconds) return
    if (message.mac === attempt.first.mac || message.optionMac === attempt.first.mac) yield* this.#use(message, target)
    else yield* this.#lose(attempt, message, context)
  }

  *#use(message: NeighbourMessage, ip: string): Generator<Finding> {
    const key = `${message.interface} ${ip}`
    const attempt = this.#attempts.get(key)
    if (attempt === undefined || attempt.first.mac !== message.mac || attempt.isLost) return
    const isEnded = message.at - attempt.last.at > probeSeconds
    if (isEnded) this.#attempts.delete(key)
    if (message.isRepeat) return
    yield isEnded ? isFree(attempt) : early(message, ip)
  }

  *#lose(attempt: Attempt, message: NeighbourMessage, context: Context): Generator<Finding> {
    attempt.isLost = true
    const {target, first} = attempt
    const {nameOf} = context.cluster
    const by = message.optionMac ?? message.mac
    const evidence = [
      `asked by ${who(first.mac, nameOf(first.mac))}: ${first.where}`,
      `${message.icmp.name} of ${who(by, nameOf(by))}: ${message.where}`,
    ]
    const lost = this.#lost.getOrMake(message.interface, () => new Map<string, number>())
    lost.set(target, message.at)
    for (const [ip, at] of lost) if (message.at - at > 60 || lost.size > 64) lost.delete(ip)
    if (lost.size >= 3) {
      yield told(pages.denial, message, {
        about: message.interface,
        detail: `${lost.size} addresses were lost on ${message.interface} within a minute, the last, ${target}, to ${by}`,
        evidence: [...evidence, `lost: ${[...lost.keys()].slice(0, 8).join(', ')}`],
      })
    }
    yield told(pages.conflict, message, {
      about: target,
      detail: `${target} is wanted by ${who(first.mac, nameOf(first.mac))}, and ${message.body.kind === 'neighbor-advertisement' ? 'held' : 'wanted too'} by ${who(by, nameOf(by))}`,
      evidence,
    })
  }
}

const isFree = ({target, first, last}: Attempt): Finding =>
  told(pages.ok, last, {about: target, detail: `nobody objects to ${target} of ${first.mac}`})

const early = (message: NeighbourMessage, ip: string): Finding =>
  told(pages.optimistic, message, {about: ip, detail: `${message.mac} uses ${ip} before its detection has ended`})

/** A copy: in where it went out, or twice at one place. A cooked capture of all interfaces shows each packet often. */
function isEcho(before: NeighbourMessage, now: NeighbourMessage): boolean {
  if (now.nonce === undefined || now.nonce !== before.nonce) return false
  if (now.packet.destinationMac === undefined) return false
  if (before.direction === 'egress' && now.direction === 'ingress') return true
  return before.direction === now.direction && now.at - before.at < echoSeconds
}

function told(
  page: RulePage,
  message: NeighbourMessage,
  said: {readonly about: string; readonly detail: string; readonly evidence?: readonly string[]},
): Finding {
  const {about, detail, evidence = [message.where]} = said
  return finding(page, {timeNs: message.timeNs, interface: message.interface, about, detail, evidence})
}
