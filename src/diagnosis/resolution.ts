import {isLinkLocal, isMulticast} from '../address/scope.ts'
import {BoundedMap} from './bounded-map.ts'
import {DropBook} from './drop-book.ts'
import type {Finding} from './finding.ts'
import {type BodyOf, type NeighbourMessage, placeText} from './neighbour-message.ts'
import type {NeighbourChange, Observation} from './observation.ts'
import {patienceSeconds, type Question, QuestionBook} from './question-book.ts'
import {judgeError} from './rejection.ts'
import {probeUnanswered, slow, unanswered} from './resolution-pages.ts'
import * as pages from './resolution-pages.ts'
import {type Context, finding, type Rule, type RuleKind} from './rule.ts'
import {ownership, remedyFor} from './service-address.ts'
import {SolicitationRate} from './solicitation-rate.ts'

const remembered = 4096
/** RFC 4861 §10: MAX_MULTICAST_SOLICIT is 3, RETRANS_TIMER 1 s. */
const solicits = 3
const probePatienceSeconds = 1.5
const toldAgainSeconds = 5
/** Until then it is known whether many silent targets are a scan. */
const scanSeconds = 12
const mostFailures = 20

/** Questions and their answers. */
export const resolution: RuleKind = {
  pages: Object.values(pages),
  hears: {types: [1, 135, 136], packets: 'all'},
  make: () => new Resolution(),
}

class Resolution implements Rule {
  readonly #questions = new QuestionBook()
  /** Targets that were told as unanswered, with the time: packets and the kernel's own word are one finding. */
  readonly #told = new BoundedMap<string, number>(remembered)
  /** Targets whose duplicate address detection was seen, with the time. */
  readonly #starting = new BoundedMap<string, number>(remembered)
  readonly #drops = new DropBook()
  readonly #failedAt: number[] = []
  readonly #rate = new SolicitationRate();

  *hear(observation: Observation, context: Context, message?: NeighbourMessage): Generator<Finding> {
    yield* this.#rate.hear(observation, context, message)
    if (observation.type === 'drop') this.#drops.hear(observation.drop, observation.timeNs)
    if (observation.type === 'neighbour') yield* this.#hearKernel(observation.change, observation.timeNs, context)
    if (message === undefined) {
      if (observation.type === 'packet') this.#hearTraffic(observation)
      return
    }
    const {body} = message
    if (body.kind === 'error') yield* judgeError(message, body)
    if (!message.isValid || message.isRepeat) return
    if (body.kind === 'neighbor-solicitation') this.#ask(message, body.target)
    if (body.kind === 'neighbor-advertisement') yield* this.#answer(message, body, context)
  }

  *tick(nowNs: bigint, context: Context): Generator<Finding> {
    const now = Number(nowNs) / 1e9
    for (const question of this.#questions.all()) {
      if (
        !isOverdue(question, now) ||
        (this.#rate.mayScan(question.asker, now) && now - question.first.at < scanSeconds)
      )
        continue
      this.#questions.remove(question)
      if (this.#rate.isScanning(question.asker, now)) continue
      yield* this.#judge(question, nowNs, context)
    }
  }

  /** Many silent targets that have not become a scan by then are each told. */
  *end(nowNs: bigint, context: Context): Generator<Finding> {
    const now = Number(nowNs) / 1e9
    for (const question of this.#questions.all()) {
      if (this.#rate.isScanning(question.asker, now)) continue
      if (isOverdue(question, now)) yield* this.#judge(question, nowNs, context)
      else if (!question.isProbe && question.count > 1) yield this.#undecided(question, nowNs, context)
    }
  }

  *#judge(question: Question, nowNs: bigint, context: Context): Generator<Finding> {
    const {node} = context
    if (node.isOwnAddress(question.asker) && node.hasAddressOn(question.interface, question.target)) return
    if (question.isProbe && question.count >= 2) yield this.#silentProbe(question, context)
    if (!question.isProbe && question.count >= solicits) yield* this.#unanswered(question, nowNs, context)
  }

  #ask(message: NeighbourMessage, target: string): void {
    if (message.source === '::') {
      this.#starting.set(target, message.at)
      return
    }
    this.#questions.ask(message, target)
  }

  *#answer(message: NeighbourMessage, body: BodyOf<'neighbor-advertisement'>, context: Context): Generator<Finding> {
    const {target} = body
    const askers = isMulticast(message.destination)
      ? this.#questions.about(target).map((question) => question.asker)
      : [message.destination]
    for (const asker of askers) {
      const question = this.#questions.find(target, asker)
      this.#remove(target, asker)
      if (question !== undefined) yield* this.#judgeLatency(question, message, context)
    }
  }

  *#judgeLatency(question: Question, message: NeighbourMessage, context: Context): Generator<Finding> {
    const ms = Number(message.timeNs - question.first.place.timeNs) / 1e6
    const startedAt = this.#starting.get(question.target)
    if (message.body.kind !== 'neighbor-advertisement') return
    // An announcement is no answer: its sender has the address since now, or others' answers are not seen from here.
    if (!message.body.solicited) return
    // A proxy waits up to a second on purpose, and does not override (RFC 4861 §7.2.8).
    if (!message.body.override) return
    if (ms <= 100 || (startedAt !== undefined && message.at - startedAt < 4)) return
    if (this.#rate.isScanning(question.asker, message.at)) return
    yield finding(slow, {
      ...placed(question, message.timeNs),
      severity: question.count > 1 ? 'error' : 'warning',
      detail: `${describe(question.target, context)} answered ${question.asker} after ${ms.toFixed(0)} ms${question.count > 1 ? ` and ${question.count} solicitations` : ''}`,
      evidence: [...asked(question), `answered: ${message.where}, by ${message.optionMac ?? message.mac}`],
    })
  }

  #remove(target: string, asker: string): void {
    for (const isProbe of [false, true]) this.#questions.remove({target, asker, isProbe})
  }

  /** Whoever sends to the target has resolved it, whether the answer was seen or not. */
  #hearTraffic({packet}: Observation & {type: 'packet'}): void {
    if (this.#questions.isEmpty || packet.ip?.family !== 6) return
    this.#questions.remove({target: packet.ip.destination, asker: packet.ip.source, isProbe: false})
  }

  *#hearKernel(change: NeighbourChange, timeNs: bigint, context: Context): Generator<Finding> {
    if (change.state.toUpperCase() !== 'FAILED' || isMulticast(change.ip)) return
    const was = change.oldState?.toUpperCase()
    // An entry that was flushed, or whose interface went down, fails by an update: nobody was asked.
    if (was === 'FAILED' || change.event === 'update') return
    // The node has the address itself by now, as after a failover.
    if (context.node.hasAddressOn(change.interface, change.ip)) return
    const at = Number(timeNs) / 1e9
    const questions = this.#questions.about(change.ip)
    if (this.#isTold(change.ip, at) || questions.some(({asker}) => this.#rate.isScanning(asker, at))) return
    for (const {asker} of questions) this.#remove(change.ip, asker)
    this.#told.set(change.ip, at)
    if (this.#isOneOfMany(at)) return
    const page = was === 'PROBE' ? probeUnanswered : unanswered
    yield finding(page, {
      timeNs,
      interface: change.interface,
      about: aboutOf(change.ip, change.interface),
      detail: `${describe(change.ip, context)} does not answer on ${change.interface}`,
      evidence: [
        `kernel: neighbour ${change.ip} on ${change.interface} went from ${was ?? 'unknown'} to FAILED`,
        ...questions.flatMap(asked),
        ...this.#drops.about(change.ip, at),
        ...ownership(change.ip, context),
      ],
      ...(page === unanswered ? remedyFor(change.ip, context) : {}),
    })
  }

  /** After a flood of made-up neighbours each of them fails: the first are told, and ndp/neigh-incomplete counts them all. */
  #isOneOfMany(at: number): boolean {
    const [oldest = -Infinity] = this.#failedAt.splice(0, Math.max(0, this.#failedAt.length - mostFailures + 1))
    this.#failedAt.push(at)
    return at - oldest < scanSeconds
  }

  #isTold(target: string, at: number): boolean {
    const told = this.#told.get(target)
    return told !== undefined && at - told < toldAgainSeconds
  }

  *#unanswered(question: Question, timeNs: bigint, context: Context): Generator<Finding> {
    const at = Number(timeNs) / 1e9
    if (this.#isTold(question.target, at)) return
    this.#told.set(question.target, at)
    yield finding(unanswered, {
      ...placed(question, timeNs),
      detail: `${describe(question.target, context)} did not answer ${question.asker} on ${question.interface}: ${question.count} solicitations`,
      evidence: [...asked(question), ...this.#drops.about(question.target, at), ...ownership(question.target, context)],
      ...remedyFor(question.target, context),
    })
  }

  #undecided(question: Question, timeNs: bigint, context: Context): Finding {
    const detail = `${describe(question.target, context)} did not answer ${question.asker} on ${question.interface}, asked ${question.count} times, before the end: too early to know`
    return finding(unanswered, {...placed(question, timeNs), severity: 'info', detail, evidence: asked(question)})
  }

  #silentProbe(question: Question, context: Context): Finding {
    this.#told.set(question.target, question.last.at)
    return finding(probeUnanswered, {
      ...placed(question, question.last.place.timeNs),
      detail: `${describe(question.target, context)} did not answer ${question.count} probes of ${question.asker} to ${question.last.destinationMac ?? 'its MAC'}`,
      evidence: [...asked(question), ...this.#drops.about(question.target, question.last.at)],
    })
  }
}

const isOverdue = ({isProbe, first, last}: Question, now: number): boolean =>
  isProbe ? now - last.at > probePatienceSeconds : now - first.at > patienceSeconds && now - last.at > 1

/** A link-local address is another one on another link. */
const aboutOf = (target: string, name: string): string => (isLinkLocal(target) ? `${target} ${name}` : target)

const placed = (question: Question, timeNs: bigint) => ({
  timeNs,
  interface: question.interface,
  about: aboutOf(question.target, question.interface),
})

const asked = ({asker, count, first, last}: Question): readonly string[] => [
  `asked by ${asker} (${first.mac}): ${placeText(first.place)}`,
  ...(count > 1 ? [`asked ${count} times, last: ${placeText(last.place)}`] : []),
]

function describe(target: string, {cluster, node}: Context): string {
  const name = cluster.nameOf(target)
  if (name !== undefined) return `${target} (${name})`
  if (cluster.serviceAddresses.includes(target)) return `${target} (address of a Service)`
  if (node.isDefaultRouter(target)) return `${target} (the default router)`
  return target
}
