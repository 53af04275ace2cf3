import {type HeardPacket, icmpv6Of, isDad, toldMac} from './ndp-message.ts'

/** The contract's `resolution`: who asked for which address, and what became of it. */
export interface Resolution {
  readonly node: string
  readonly timeNs: bigint
  readonly interface: string
  readonly target: string
  readonly asker: string
  readonly solicitations: number
  /** Asked of a known neighbour itself (RFC 4861 §7.3), not of its solicited-node group. */
  readonly isProbe: boolean
  readonly outcome: 'answered' | 'unanswered' | 'conflict' | 'duplicate'
  /** From the first solicitation to the first answer. */
  readonly latencyNs?: bigint
  /** MAC. */
  readonly answeredBy?: string
}

interface Pending {
  readonly firstNs: bigint
  lastNs: bigint
  readonly asker: string
  solicitations: number
  readonly isProbe: boolean
  readonly isDad: boolean
}

interface Answered extends Pick<Resolution, 'asker' | 'solicitations' | 'isProbe'> {
  readonly timeNs: bigint
  readonly mac: string
}

/** RFC 4861 §10: three solicitations RetransTimer (1 s) apart; half a second more for the answer to the last. */
const patienceNs = 3_500_000_000n
/** RFC 4862 §5.4: one probe, one second. */
const dadPatienceNs = 1_500_000_000n
/** Another MAC that answers the same question within this time contradicts the first. */
const conflictNs = 2_000_000_000n
/** A scan of random addresses asks for thousands at a time; the oldest are given up for it. */
const mostPending = 8192

/** Joins solicitations and advertisements of one node, by interface and target. */
export class ResolutionBook {
  readonly #node: string
  readonly #pending = new Map<string, Pending>()
  readonly #answered = new Map<string, Answered>()
  /** Questions given up before their time, because there were too many. */
  forgotten = 0

  constructor(node: string) {
    this.#node = node
  }

  /** What this message settles; first what has waited too long by its time. */
  hear(heard: HeardPacket): readonly Resolution[] {
    const expired = this.tick(heard.timeNs)
    const message = icmpv6Of(heard.packet)
    if (message === undefined || message.problems.length > 0) return expired
    const {body} = message
    if (body.kind === 'neighbor-solicitation') this.#ask(body.target, heard)
    if (body.kind !== 'neighbor-advertisement') return expired
    const settled = this.#answer(body.target, toldMac(message) ?? heard.packet.sourceMac ?? '', heard)
    return settled === undefined ? expired : [...expired, settled]
  }

  /** Questions that have had their time, as unanswered. What nobody contradicts in DAD is a success and no resolution. */
  tick(nowNs: bigint): readonly Resolution[] {
    const unanswered: Resolution[] = []
    for (const [key, pending] of this.#pending) {
      if (nowNs - pending.firstNs < (pending.isDad ? dadPatienceNs : patienceNs)) continue
      this.#pending.delete(key)
      if (!pending.isDad) unanswered.push(this.#resolution(key, pending, {outcome: 'unanswered', timeNs: nowNs}))
    }
    for (const [key, {timeNs}] of this.#answered) if (nowNs - timeNs > conflictNs) this.#answered.delete(key)
    return unanswered
  }

  #ask(target: string, {interface: name, packet, timeNs}: HeardPacket): void {
    const key = `${name} ${target}`
    const known = this.#pending.get(key)
    if (known !== undefined) {
      known.solicitations++
      known.lastNs = timeNs
      return
    }
    this.#answered.delete(key)
    if (this.#pending.size >= mostPending) {
      for (const oldest of this.#pending.keys()) {
        this.#pending.delete(oldest)
        this.forgotten++
        break
      }
    }
    const asker = packet.ip?.source ?? '::'
    const isProbe = packet.ip?.destination === target
    this.#pending.set(key, {firstNs: timeNs, lastNs: timeNs, asker, solicitations: 1, isProbe, isDad: isDad(packet)})
  }

  #answer(target: string, mac: string, {interface: name, timeNs}: HeardPacket): Resolution | undefined {
    const key = `${name} ${target}`
    const pending = this.#pending.get(key)
    if (pending !== undefined) {
      this.#pending.delete(key)
      const {asker, solicitations, isProbe} = pending
      this.#answered.set(key, {timeNs, mac, asker, solicitations, isProbe})
      return this.#resolution(key, pending, {
        outcome: pending.isDad ? 'duplicate' : 'answered',
        timeNs,
        latencyNs: timeNs - pending.firstNs,
        answeredBy: mac,
      })
    }
    const before = this.#answered.get(key)
    if (before === undefined || before.mac === mac) return undefined
    return this.#resolution(key, before, {outcome: 'conflict', timeNs, answeredBy: mac})
  }

  #resolution(
    key: string,
    {asker, solicitations, isProbe}: Pick<Resolution, 'asker' | 'solicitations' | 'isProbe'>,
    end: Pick<Resolution, 'outcome' | 'timeNs' | 'latencyNs' | 'answeredBy'>,
  ): Resolution {
    const [name = '', target = ''] = key.split(' ')
    return {node: this.#node, interface: name, target, asker, solicitations, isProbe, ...end}
  }
}
