import {isMulticast} from '../address/scope.ts'
import {BoundedMap} from './bounded-map.ts'
import type {NeighbourMessage, Place} from './neighbour-message.ts'

export interface Question {
  readonly target: string
  readonly asker: string
  readonly interface: string
  readonly isProbe: boolean
  readonly first: Solicitation
  last: Solicitation
  /** How often it was sent. */
  count: number
}

/** What is remembered of a message: thousands wait in a scan, and the whole packet is ten times as much. */
export interface Solicitation {
  readonly at: number
  readonly mac: string
  readonly destinationMac: string | undefined
  readonly place: Place
}

const remembered = 4096
/** So long after the first an answer may come. */
export const patienceSeconds = 3.5

/** Solicitations that nobody has answered yet, the oldest first. */
export class QuestionBook {
  readonly #questions: BoundedMap<string, Question>
  /** In a flood of questions, whoever answers must not cost a walk through all of them. */
  readonly #byTarget = new Map<string, Set<Question>>()

  constructor() {
    this.#questions = new BoundedMap(remembered, (question) => this.#unlist(question))
  }

  get isEmpty(): boolean {
    return this.#questions.size === 0
  }

  all(): Iterable<Question> {
    return this.#questions.values()
  }

  about(target: string): readonly Question[] {
    return [...(this.#byTarget.get(target) ?? [])]
  }

  /** To many; probes are found by `about` alone. */
  find(target: string, asker: string): Question | undefined {
    return this.#questions.get(keyOf({target, asker, isProbe: false}))
  }

  ask(message: NeighbourMessage, target: string): void {
    const isProbe = !isMulticast(message.destination)
    const key = keyOf({target, asker: message.source, isProbe})
    const known = this.#questions.get(key)
    if (known !== undefined && message.at - known.last.at <= patienceSeconds) {
      known.last = solicitationOf(message)
      known.count++
      return
    }
    if (known !== undefined) this.#unlist(known)
    const place = {target, asker: message.source, interface: message.interface, isProbe}
    const first = solicitationOf(message)
    const question = {...place, first, last: first, count: 1}
    this.#questions.set(key, question)
    const same = this.#byTarget.get(target)
    if (same === undefined) this.#byTarget.set(target, new Set([question]))
    else same.add(question)
  }

  remove({target, asker, isProbe}: Pick<Question, 'target' | 'asker' | 'isProbe'>): void {
    const key = keyOf({target, asker, isProbe})
    const known = this.#questions.get(key)
    if (known === undefined) return
    this.#questions.delete(key)
    this.#unlist(known)
  }

  #unlist(question: Question): void {
    const same = this.#byTarget.get(question.target)
    same?.delete(question)
    if (same?.size === 0) this.#byTarget.delete(question.target)
  }
}

const keyOf = ({target, asker, isProbe}: Pick<Question, 'target' | 'asker' | 'isProbe'>): string =>
  `${isProbe ? 1 : 0} ${target} ${asker}`

const solicitationOf = ({at, mac, packet, place}: NeighbourMessage): Solicitation => ({
  at,
  mac,
  destinationMac: packet.destinationMac,
  place,
})
