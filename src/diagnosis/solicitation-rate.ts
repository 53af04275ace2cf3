import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import type {NeighbourMessage} from './neighbour-message.ts'
import type {Observation} from './observation.ts'
import {RateWatch} from './rate-watch.ts'
import {RecentTargets} from './recent-targets.ts'
import {flood, scan} from './resolution-pages.ts'
import {type Context, finding} from './rule.ts'

interface Search {
  readonly targets: RecentTargets
  last: number
  /** When there were last enough for a scan. */
  scannedAt: number
  toldAt: number
  toldSize: number
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
  readonly #sources = new BoundedMap<string, {readonly askers: RecentTargets; toldAt: number}>(remembered)
  readonly #rate = new RateWatch({page: flood, icmpType: 135, perSecond: 500});

  *hear(observation: Observation, context: Context, message?: NeighbourMessage): Generator<Finding> {
    yield* this.#rate.hear(observation, message)
    if (message === undefined || message.isRepeat) return
    const {body} = message
    if (body.kind === 'neighbor-advertisement') this.#searches.get(message.destination)?.targets.answer(body.target)
    if (body.kind !== 'neighbor-solicitation' || message.source === '::') return
    yield* this.#hearSource(message, body.target)
    yield* this.#hearTarget(message, body.target, context)
  }

  isScanning(asker: string, at: number): boolean {
    const search = this.#searches.get(asker)
    return search !== undefined && at - search.scannedAt < windowSeconds
  }

  /** So many silent targets that it may become one. */
  mayScan(asker: string, at: number): boolean {
    const search = this.#searches.get(asker)
    return search !== undefined && at - search.last <= windowSeconds && search.targets.silent > suspiciousTargets
  }

  *#hearSource(message: NeighbourMessage, target: string): Generator<Finding> {
    const known = this.#sources.getOrMake(target, () => ({askers: recent(manySources), toldAt: -Infinity}))
    known.askers.ask(message.source, message.at)
    if (known.askers.size <= manySources || message.at - known.toldAt <= windowSeconds) return
    known.toldAt = message.at
    yield finding(flood, {
      timeNs: message.timeNs,
      interface: message.interface,
      about: `target ${target}`,
      detail: `more than ${manySources} sources ask for ${target} within ${windowSeconds} s`,
      evidence: [`last: ${message.where}, from ${message.source} (${message.mac})`],
    })
  }

  *#hearTarget(message: NeighbourMessage, target: string, context: Context): Generator<Finding> {
    const {at} = message
    const search = this.#searchOf(message)
    search.targets.ask(target, at)
    const {size, silent} = search.targets
    if (size <= manyTargets || silent <= 0.8 * size) return
    search.scannedAt = at
    const isMore = size > veryManyTargets && search.toldSize <= veryManyTargets
    if (at - search.toldAt <= windowSeconds && !isMore) return
    search.toldAt = at
    search.toldSize = size
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
    const search = this.#searches.getOrMake(source, () => ({
      targets: recent(veryManyTargets),
      last: at,
      scannedAt: -Infinity,
      toldAt: -Infinity,
      toldSize: 0,
    }))
    search.last = at
    return search
  }
}

/** One more than `most`, so that it shows when there are more. */
const recent = (most: number): RecentTargets => new RecentTargets({seconds: windowSeconds, limit: most + 1})
