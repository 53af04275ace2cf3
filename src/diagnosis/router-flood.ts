import type {Finding} from './finding.ts'
import {type NeighbourMessage, optionsNamed} from './neighbour-message.ts'
import type {Observation} from './observation.ts'
import {RateWatch} from './rate-watch.ts'
import {flood} from './router-pages.ts'
import {finding} from './rule.ts'

const windowSeconds = 10
const newRouters = 5
const mostPrefixes = 16

/** More RAs, routers or prefixes than any honest link has. While it lasts, nothing else is said of each. */
export class RouterFlood {
  readonly #rate = new RateWatch({page: flood, icmpType: 134, perSecond: 10})
  /** Routers by the time of their first RA; those of the last window and at most some more than allowed. */
  readonly #known = new Map<string, number>()
  #until = 0;

  *hear(observation: Observation, message?: NeighbourMessage): Generator<Finding> {
    for (const item of [...this.#rate.hear(observation, message), ...this.#hearContent(message)]) {
      this.#until = Number(item.timeNs) / 1e9 + windowSeconds
      yield item
    }
  }

  isOn(at: number): boolean {
    return at <= this.#until
  }

  *#hearContent(message?: NeighbourMessage): Generator<Finding> {
    if (message?.body.kind !== 'router-advertisement' || message.isRepeat) return
    const {options} = message.icmp
    const prefixes =
      optionsNamed(options, 'prefix-information').length + optionsNamed(options, 'route-information').length
    if (prefixes > mostPrefixes) yield told(message, `one RA of ${message.source} has ${prefixes} prefixes and routes`)
    if (this.#known.has(message.source) || this.#known.size > 512) return
    this.#known.set(message.source, message.at)
    const fresh = [...this.#known.values()].filter((at) => message.at - at < windowSeconds).length
    if (fresh > newRouters) yield told(message, `${fresh} new routers within ${windowSeconds} s`)
  }
}

const told = (message: NeighbourMessage, detail: string): Finding =>
  finding(flood, {
    timeNs: message.timeNs,
    interface: message.interface,
    about: 'rate',
    detail,
    evidence: [`${message.where}: from ${message.source} (${message.mac})`],
  })
