import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import type {NeighbourMessage} from './neighbour-message.ts'
import type {Observation} from './observation.ts'
import {RateWatch} from './rate-watch.ts'
import {solicitFlood, solicitUnanswered} from './router-pages.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'

interface Asking {
  count: number
  last: NeighbourMessage
  readonly first: NeighbourMessage
}

/** RFC 4861 §10: RTR_SOLICITATION_INTERVAL and MAX_RTR_SOLICITATIONS. */
const patienceSeconds = 4
const solicits = 3

/** Router solicitations of this node. */
export const routerSolicitation: RuleKind = {
  pages: [solicitUnanswered, solicitFlood],
  hears: {types: [133, 134]},
  make: () => new RouterSolicitation(),
}

class RouterSolicitation implements Rule {
  readonly #asking = new BoundedMap<string, Asking>(512)
  readonly #rate = new RateWatch({page: solicitFlood, icmpType: 133, perSecond: 100});

  *hear(observation: Observation, {node}: Context, message?: NeighbourMessage): Generator<Finding> {
    yield* this.#rate.hear(observation, message)
    if (message?.isValid !== true) return
    if (message.body.kind === 'router-advertisement') this.#asking.delete(message.interface)
    if (message.body.kind !== 'router-solicitation' || node.podBehind(message.interface) !== undefined) return
    if (message.direction === 'ingress') return
    const asking = this.#asking.get(message.interface)
    if (asking === undefined || asking.first.mac !== message.mac)
      this.#asking.set(message.interface, {count: 1, first: message, last: message})
    else {
      asking.count++
      asking.last = message
    }
  }

  *tick(nowNs: bigint, {node}: Context): Generator<Finding> {
    for (const [name, {count, first, last}] of this.#asking.entries()) {
      if (Number(nowNs) / 1e9 - last.at <= patienceSeconds || count < solicits) continue
      this.#asking.delete(name)
      const device = node.interface(name)
      const isSetByHand =
        device === undefined ||
        device.addresses.some(({ip, flags}) => !ip.startsWith('fe80:') && flags.includes('permanent')) ||
        node.facts?.routes.some(({destination}) => destination === 'default') === true
      yield finding(solicitUnanswered, {
        timeNs: nowNs,
        interface: name,
        severity: isSetByHand ? 'info' : 'warning',
        about: name,
        detail: `${name} asked ${count} times for a router and heard none`,
        evidence: [`first: ${first.where}, from ${first.source} (${first.mac})`, `last: ${last.where}`],
      })
    }
  }
}
