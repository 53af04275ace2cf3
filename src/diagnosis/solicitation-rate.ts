import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import type {NeighbourMessage} from './neighbour-message.ts'
import type {Observation} from './observation.ts'
import {RateWatch} from './rate-watch.ts'
import {flood, scan} from './resolution-pages.ts'
import {type Context, finding} from './rule.ts'

interface Search {
  since: number
  last: number
  /** Whether each was answered. */
  readonly targets: Map<string, boolean>
  silent: number
  isTold: boolean
}

const windowSeconds = 10
const suspiciousTargets = 8
const manyTargets = 50
const veryManyTargets = 200
const manySources = 200
const remembered = 1024

/** Scans and floods: who asks for how much. */
export class SolicitationRate {
  readonly #searches = new BoundedMap<string, Search>(remembered)
  readonly #sources = new BoundedMap<string, {since: number; readonly sources: Set<string>}>(remembered)
  readonly #rate = new RateWatch({page: flood, icmpType: 135, perSecond: 500});

  *hear(observation: Observation, context: Context, message?: NeighbourMessage): Generator<Finding> {
    yield* this.#rate.hear(observation, message)
    if (message === undefined || message.isRepeat) return
    const {body} = message
    if (body.kind === 'neighbor-advertisement') answered(this.#searches.get(message.destination), body.target)
    if (body.kind !== 'neighbor-solicitation' || message.source === '::') return
    yield* this.#hearSource(message, body.target)
    yield* this.#hearTarget(message, body.target, context)
  }

  isScanning(asker: string, at: number): boolean {
    const search = this.#searches.get(asker)
    return search?.isTold === true && at - search.last < windowSeconds
  }

  /** So many silent targets that it may become one. */
  mayScan(asker: string, at: number): boolean {
    const search = this.#searches.get(asker)
    return search !== undefined && at - search.last <= windowSeconds && search.silent > suspiciousTargets
  }

  *#hearSource(message: NeighbourMessage, target: string): Generator<Finding> {
    let known = this.#sources.get(target)
    if (known === undefined || message.at - known.since > windowSeconds) {
      known = {since: message.at, sources: new Set()}
      this.#sources.set(target, known)
    }
    if (known.sources.size > manySources) return
    known.sources.add(message.source)
    if (known.sources.size <= manySources) return
    yield finding(flood, {
      timeNs: message.timeNs,
      interface: message.interface,
      about: `target ${target}`,
      detail: `more than ${manySources} sources ask for ${target} within ${windowSeconds} s`,
      evidence: [`last: ${message.where}, from ${message.source} (${message.mac})`],
    })
  }

  *#hearTarget(message: NeighbourMessage, target: string, context: Context): Generator<Finding> {
    const search = this.#searchOf(message)
    if (search.targets.size > veryManyTargets || search.targets.has(target)) return
    search.targets.set(target, false)
    search.silent++
    const {size} = search.targets
    if (size !== manyTargets + 1 && size !== veryManyTargets + 1) return
    const {silent} = search
    const isTold = search.isTold
    search.isTold = silent > 0.8 * size
    if (!search.isTold || (isTold && size === manyTargets + 1)) return
    const isOwn = context.node.isOwnAddress(message.source) || message.direction === 'egress'
    yield finding(scan, {
      timeNs: message.timeNs,
      interface: message.interface,
      severity: size > veryManyTargets ? 'error' : 'warning',
      about: message.source,
      detail: `${message.source} asked for ${size} addresses within ${windowSeconds} s, ${silent} did not answer${isOwn ? ': somebody makes this node ask, by a scan of its prefix from off the link or by forged senders that it looks up' : ''}`,
      evidence: [`last: ${message.where}, for ${target}`, `MAC ${message.mac}`],
    })
  }

  #searchOf({source, at}: NeighbourMessage): Search {
    const known = this.#searches.get(source)
    if (known !== undefined && at - known.since <= windowSeconds) {
      known.last = at
      return known
    }
    const search = {since: at, last: at, targets: new Map<string, boolean>(), silent: 0, isTold: known?.isTold ?? false}
    this.#searches.set(source, search)
    return search
  }
}

function answered(search: Search | undefined, target: string): void {
  if (search?.targets.get(target) === false) search.silent--
  search?.targets.set(target, true)
}
