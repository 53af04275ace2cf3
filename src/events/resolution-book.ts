import {type HeardPacket, icmpv6Of, isDad, toldMac} from './ndp-message.ts'

/** The contract's `resolution`: who asked for which address, and what became of it. */
export interface Resolution {
  readonly node: string
  readonly timeNs: bigint
  /** Where the question was seen first. */
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

/** One question, wherever it is seen: a bridge floods it to all its ports, and the answer comes by one of them. */
interface Question {
  /** Where it was seen first. */
  readonly interface: string
  readonly target: string
  readonly asker: string
  readonly firstNs: bigint
  solicitations: number
  readonly isProbe: boolean
  readonly isDad: boolean
  /** Of every interface that it was seen at, with the target. */
  readonly keys: string[]
  answer?: {readonly timeNs: bigint; readonly macs: Set<string>}
}

/** RFC 4861 §10: three solicitations RetransTimer (1 s) apart; half a second more for the answer to the last. */
const patienceNs = 3_500_000_000n
/** RFC 4862 §5.4: one probe, one second. */
const dadPatienceNs = 1_500_000_000n
/** Another MAC that answers the same question within this time contradicts the first. */
const conflictNs = 2_000_000_000n
/** What has expired is looked for so often, whatever is heard. */
const tickNs = 20_000_000n
/** A flooded solicitation is at every port within this time. */
const floodNs = 10_000_000n
/** A scan of random addresses asks for thousands at a time; the oldest are given up for it. */
const mostPending = 8192

/** Joins solicitations and advertisements of one node, by interface and target; what a bridge floods is one question. */
export class ResolutionBook {
  readonly #node: string
  readonly #pending = new Map<string, Question>()
  /** The same, each once and by how long it may wait, in the order in which they were asked. */
  readonly #waiting = {dad: new Set<Question>(), other: new Set<Question>()}
  readonly #answered = new Map<string, Question>()
  /** By who asked for what: the latest. */
  readonly #latest = new Map<string, Question>()
  #tickedNs = 0n
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
    if (nowNs - this.#tickedNs < tickNs) return []
    this.#tickedNs = nowNs
    const unanswered: Resolution[] = []
    for (const question of this.#waiting.dad) {
      if (nowNs - question.firstNs < dadPatienceNs) break
      this.#close(question)
    }
    for (const question of this.#waiting.other) {
      if (nowNs - question.firstNs < patienceNs) break
      this.#close(question)
      unanswered.push(this.#resolution(question, {outcome: 'unanswered', timeNs: nowNs}))
    }
    for (const [key, {answer}] of this.#answered) {
      if (answer !== undefined && nowNs - answer.timeNs <= conflictNs) break // in the order of the answers
      this.#answered.delete(key)
    }
    for (const [key, {firstNs}] of this.#latest) {
      if (nowNs - firstNs <= floodNs) break // in the order in which they were asked
      this.#latest.delete(key)
    }
    return unanswered
  }

  #ask(target: string, {interface: name, packet, timeNs}: HeardPacket): void {
    const key = `${name} ${target}`
    const known = this.#pending.get(key)
    if (known !== undefined) {
      if (name === known.interface) known.solicitations++
      return
    }
    const asker = packet.ip?.source ?? '::'
    const who = `${asker} ${packet.sourceMac ?? ''} ${target}`
    const flooded = this.#latest.get(who)
    if (flooded !== undefined && timeNs - flooded.firstNs <= floodNs && !flooded.keys.includes(key)) {
      flooded.keys.push(key)
      const book = flooded.answer === undefined ? this.#pending : this.#answered
      book.set(key, flooded)
      return
    }
    this.#answered.delete(key)
    this.#makeRoom()
    const isProbe = packet.ip?.destination === target
    const question: Question = {
      interface: name,
      target,
      asker,
      firstNs: timeNs,
      solicitations: 1,
      isProbe,
      isDad: isDad(packet),
      keys: [key],
    }
    this.#pending.set(key, question)
    this.#waiting[question.isDad ? 'dad' : 'other'].add(question)
    this.#latest.delete(who)
    this.#latest.set(who, question)
  }

  #makeRoom(): void {
    const [oldest] = this.#pending.values()
    if (oldest === undefined || this.#pending.size < mostPending) return
    this.#close(oldest)
    this.forgotten++
  }

  #close(question: Question): void {
    for (const key of question.keys) this.#pending.delete(key)
    this.#waiting[question.isDad ? 'dad' : 'other'].delete(question)
  }

  #answer(target: string, mac: string, {interface: name, timeNs}: HeardPacket): Resolution | undefined {
    const key = `${name} ${target}`
    const question = this.#pending.get(key)
    if (question !== undefined) {
      this.#close(question)
      question.answer = {timeNs, macs: new Set([mac])}
      for (const each of question.keys) this.#answered.set(each, question)
      return this.#resolution(question, {
        outcome: question.isDad ? 'duplicate' : 'answered',
        timeNs,
        latencyNs: timeNs - question.firstNs,
        answeredBy: mac,
      })
    }
    const before = this.#answered.get(key)
    if (before?.answer === undefined || before.answer.macs.has(mac)) return undefined
    before.answer.macs.add(mac)
    return this.#resolution(before, {outcome: 'conflict', timeNs, answeredBy: mac})
  }

  #resolution(
    {interface: name, target, asker, solicitations, isProbe}: Question,
    end: Pick<Resolution, 'outcome' | 'timeNs' | 'latencyNs' | 'answeredBy'>,
  ): Resolution {
    return {node: this.#node, interface: name, target, asker, solicitations, isProbe, ...end}
  }
}
