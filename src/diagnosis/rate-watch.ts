import type {Finding} from './finding.ts'
import type {NeighbourMessage} from './neighbour-message.ts'
import type {Observation} from './observation.ts'
import {finding, type RulePage} from './rule.ts'

interface Limit {
  readonly page: RulePage
  readonly icmpType: number
  readonly perSecond: number
}

/** More messages of one type a second than any honest link has: by the kernel's exact counts, and by the messages themselves. */
export class RateWatch {
  readonly #limit: Limit
  #second = 0
  #count = 0

  constructor(limit: Limit) {
    this.#limit = limit
  }

  *hear(observation: Observation, message?: NeighbourMessage): Generator<Finding> {
    if (observation.type === 'counts') yield* this.#hearCounts(observation)
    if (message === undefined || message.isRepeat || message.icmp.type !== this.#limit.icmpType) return
    const second = Math.floor(message.at)
    if (second !== this.#second) this.#count = 0
    this.#second = second
    if (++this.#count !== this.#limit.perSecond + 1) return
    yield finding(this.#limit.page, {
      timeNs: message.timeNs,
      interface: message.interface,
      about: 'rate',
      detail: `more than ${this.#limit.perSecond} messages of type ${this.#limit.icmpType} (${message.icmp.name}) in one second`,
      evidence: [`last: ${message.where}, from ${message.source} (${message.mac})`],
    })
  }

  /** Of so many a second at K interfaces together, one at least has the K-th part. */
  *#hearCounts({timeNs, seconds, icmpv6, interfaces}: Observation & {type: 'counts'}): Generator<Finding> {
    const {page, icmpType, perSecond} = this.#limit
    for (const direction of ['ingress', 'egress'] as const) {
      const count = icmpv6[direction][icmpType] ?? 0
      const rate = count / seconds / interfaces
      if (seconds <= 0 || rate <= perSecond) continue
      yield finding(page, {
        timeNs,
        about: 'rate',
        detail: `${interfaces === 1 ? '' : 'at least '}${Math.round(rate)} messages of ICMPv6 type ${icmpType} a second, ${direction}`,
        evidence: [
          `exact count of the kernel: ${count} in ${seconds.toFixed(2)} s, ${direction}${interfaces === 1 ? '' : `, at ${interfaces} interfaces`}`,
        ],
      })
    }
  }
}
