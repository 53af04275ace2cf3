import {isMulticast} from '../address/scope.ts'
import {isVirtualRouterMac} from './address-text.ts'
import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import {type NeighbourMessage, who} from './neighbour-message.ts'
import {flap, macChange} from './neighbour-pages.ts'
import type {Observation} from './observation.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'

interface Change {
  readonly at: number
  readonly from: string
  readonly to: string
}

interface Neighbour {
  mac: string
  readonly changes: Change[]
}

const remembered = 8192
const windowSeconds = 60
/** An address that is announced again by a node that was without it for longer was handed back, as VRRP does. */
const handoverSeconds = 3

/** Which MAC an address has, by what overrides it in a receiver's table, and by the kernel's own word. */
export const neighbourIdentity: RuleKind = {
  pages: [macChange, flap],
  hears: {types: [133, 134, 135, 136]},
  make: () => new NeighbourIdentity(),
}

class NeighbourIdentity implements Rule {
  readonly #neighbours = new BoundedMap<string, Neighbour>(remembered);

  *hear(observation: Observation, context: Context, message?: NeighbourMessage): Generator<Finding> {
    if (observation.type === 'neighbour') yield* this.#believe(observation, context)
    const pair = message?.isValid === true ? pairOf(message) : undefined
    if (message === undefined || pair === undefined) return
    const {interface: name, timeNs} = message
    yield* this.#learn({...pair, interface: name, timeNs, where: () => message.where}, context)
  }

  /** The kernel's own table. */
  *#believe({change, timeNs}: Observation & {type: 'neighbour'}, context: Context): Generator<Finding> {
    const {mac, oldMac, oldState, event, ip, interface: name} = change
    if (mac === undefined || event === 'remove') return
    // Only a change is news: an entry that keeps its old MAC, or is told later than the packet that changed it, is not a return.
    const known = this.#neighbours.get(`${name} ${ip}`)
    if (known !== undefined && (oldMac === mac || oldState === undefined)) return
    // An entry from before the run, of which only the kernel knows what it was.
    if (oldMac !== undefined && oldState !== undefined && (known?.changes.length ?? 0) === 0)
      this.#neighbours.set(`${name} ${ip}`, {mac: oldMac, changes: []})
    const where = (): string => `kernel: ${ip} on ${name} went from ${oldMac ?? 'no MAC'} to ${mac}`
    // What overrides without being asked for leaves an entry stale (RFC 4861 §7.2.5).
    const isAnnounced = change.state.toUpperCase() === 'STALE'
    yield* this.#learn({ip, mac, interface: name, timeNs, where, isAnnounced}, context)
  }

  *#learn(claim: Claim, context: Context): Generator<Finding> {
    const key = `${claim.interface} ${claim.ip}`
    const known = this.#neighbours.get(key)
    if (known === undefined) this.#neighbours.set(key, {mac: claim.mac, changes: []})
    if (known === undefined || known.mac === claim.mac) return
    const from = known.mac
    known.mac = claim.mac
    if (context.node.isOwnMac(from) && context.node.isOwnMac(claim.mac)) return
    const at = Number(claim.timeNs) / 1e9
    known.changes.push({at, from, to: claim.mac})
    while (known.changes.length > 8 || at - (known.changes[0]?.at ?? at) > windowSeconds) known.changes.shift()
    const isFlap = known.changes.length >= 3 || isBackTooSoon(known.changes, claim, at)
    const {nameOf} = context.cluster
    yield finding(isFlap ? flap : macChange, {
      timeNs: claim.timeNs,
      interface: claim.interface,
      about: claim.ip,
      detail: isFlap
        ? `${claim.ip} changed its MAC ${known.changes.length} times within a minute, between ${who(from, nameOf(from))} and ${who(claim.mac, nameOf(claim.mac))}`
        : `${claim.ip} moved from ${who(from, nameOf(from))} to ${who(claim.mac, nameOf(claim.mac))}`,
      evidence: [claim.where(), ...known.changes.map((change) => `${change.from} → ${change.to}`)],
    })
  }
}

function isBackTooSoon(changes: readonly Change[], {mac, isAnnounced}: Claim, at: number): boolean {
  const left = changes.findLast((change) => change.from === mac)?.at
  if (left === undefined || isVirtualRouterMac(mac)) return false
  return !isAnnounced || at - left < handoverSeconds
}

interface Claim {
  readonly ip: string
  readonly mac: string
  readonly interface: string
  readonly timeNs: bigint
  readonly where: () => string
  /** By an advertisement that nobody asked for. */
  readonly isAnnounced: boolean
}

type Pair = Pick<Claim, 'ip' | 'mac' | 'isAnnounced'>

/** RFC 4861 §7.2.3 to §7.2.5: what makes a receiver replace the MAC it has. */
function pairOf({body, source, optionMac}: NeighbourMessage): Pair | undefined {
  if (optionMac === undefined) return undefined
  if (body.kind === 'neighbor-advertisement')
    return body.override ? {ip: body.target, mac: optionMac, isAnnounced: !body.solicited} : undefined
  if (source === '::' || isMulticast(source)) return undefined
  const kinds = ['neighbor-solicitation', 'router-solicitation', 'router-advertisement']
  return kinds.includes(body.kind) ? {ip: source, mac: optionMac, isAnnounced: false} : undefined
}
