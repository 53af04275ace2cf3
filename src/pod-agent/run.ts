import {setTimeout as delay} from 'node:timers/promises'
import {nothingAttached} from '../errors.ts'
import type {Hello} from '../protocol/message.ts'
import {type AgentSettings, noInterface} from '../protocol/settings.ts'
import {enterNetworkOfContainers} from './containers.ts'
import type {Conversation} from './conversation.ts'
import {Drains} from './drain.ts'
import type {Ending} from './ending.ts'
import {Exchange, type Greeting} from './exchange.ts'
import {FactsFeed, type FactsListener} from './facts-feed.ts'
import {findFiles} from './files.ts'
import {deserted, Inhabitants} from './network-namespaces.ts'
import {Observation} from './observation.ts'
import {RecordStream} from './record-stream.ts'
import {LossRing} from './trace-losses.ts'

/** Until something is counted, the pauses double from here on: whoever has just started this waits for the first line. */
const firstPauseMs = 15
/** What happened is told that soon. A program that wakes us costs its packet 7 us, a look into an empty ring next to nothing. */
const lookMs = 20
/** The kernel's names take a third of a second to read, and the first messages do not wait for them. */
const causesAfterMs = 1000

/** Serves one client until it asks to stop, falls silent, or the time is over; then nothing of the run is left. */
export async function runAgent(settings: AgentSettings, announce: (port: number) => void): Promise<void> {
  using exchange = await Exchange.open(settings, announce)
  await using run = new Run(settings, exchange)
  await exchange.during(() => run.observe())
}

interface Finishing {
  readonly drains: Drains
  readonly pumping: Promise<void>
  /** Who asked to stop wants to hear the end, even if its tunnel breaks meanwhile. */
  readonly isAsked: boolean
}

class Run implements AsyncDisposable {
  readonly #settings: AgentSettings
  readonly #exchange: Exchange
  readonly #ending: Ending
  readonly #conversation: Conversation
  #observation: Observation | undefined
  #facts: FactsFeed | undefined
  #inhabitants: Inhabitants | undefined
  #streams: readonly Pick<RecordStream, 'send'>[] = []
  #streaming: NodeJS.Timeout | undefined
  #interfacesAtEnd: Hello['interfaces'] | undefined

  constructor(settings: AgentSettings, exchange: Exchange) {
    this.#settings = settings
    this.#exchange = exchange
    this.#ending = exchange.ending
    this.#conversation = exchange.conversation
  }

  async observe(): Promise<void> {
    const observation = await this.#start()
    this.#stream(observation)
    const drains = new Drains(observation.programs, this.#conversation)
    const pumping = this.#pump(drains)
    const reason = await this.#ending.reached
    this.#interfacesAtEnd = observation.interfaces
    await observation.detach((left) => this.#conversation.tell({type: 'detaching', left}))
    await this.#ending.finish(this.#finish(observation, {drains, pumping, isAsked: reason === 'asked'}))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#streaming)
    this.#facts?.[Symbol.dispose]()
    await this.#observation?.[Symbol.asyncDispose]()
  }

  async #start(): Promise<Observation> {
    const {containers, feeds} = this.#settings
    if (feeds.facts) this.#facts = new FactsFeed(this.#factsListener())
    if (containers !== undefined) enterNetworkOfContainers(containers)
    const observation = await Observation.start(this.#settings, findFiles(), {
      changed: (change) => this.#conversation.tell(change),
      failed: (cause) => this.#ending.fail(cause),
    })
    this.#observation = observation
    const problems = problemsOf(observation)
    if (problems.length > 0 && problems.length === observation.interfaces.length) throw nothingAttached(problems)
    await this.#facts?.start(observation.turns)
    if (containers !== undefined) this.#inhabitants = new Inhabitants()
    this.#exchange.begin({greeting: () => this.#greeting(observation), facts: () => this.#facts?.latest})
    return observation
  }

  #factsListener(): FactsListener {
    return {changed: (facts) => this.#conversation.tell(facts), failed: (cause) => this.#ending.fail(cause)}
  }

  /** Drains at intervals while a client takes it; otherwise the kernel goes on counting. */
  async #pump(drains: Drains): Promise<void> {
    const {signal} = this.#ending
    const pause = (ms: number): Promise<void> => delay(ms, undefined, {signal}).catch(() => undefined)
    try {
      await this.#exchange.met()
      const {intervalMs} = this.#settings
      let pauseMs = Math.min(firstPauseMs, intervalMs)
      while (!signal.aborted) {
        await pause(pauseMs)
        if (this.#inhabitants?.haveLeft() === true) {
          this.#conversation.tell({type: 'notice', text: deserted})
          this.#ending.end('deserted')
        }
        if (!this.#conversation.canTakeDrain) continue
        if (this.#settings.feeds.drops === true) this.#observation?.drops?.send(this.#conversation)
        const {lines} = await drains.drain({final: false})
        pauseMs = lines > 0 ? intervalMs : Math.min(2 * pauseMs, intervalMs)
      }
    } catch (cause) {
      this.#ending.fail(cause)
    }
  }

  #stream({programs: {copies}, traces, drops}: Observation): void {
    const {neighbours, retransmissions, drops: told} = this.#settings.feeds
    // Why a question was not answered comes before what came of it.
    const afterMs = performance.now() + causesAfterMs
    const send = (): void => {
      if (performance.now() > afterMs) drops?.send(this.#conversation)
    }
    const causes = told === 'discovery' ? [{send}] : []
    const kinds = [
      ...(neighbours ? ['neighbours' as const] : []),
      ...(retransmissions ? ['retransmissions' as const] : []),
    ]
    this.#streams = [
      ...causes,
      ...(copies === undefined ? [] : [new RecordStream(this.#conversation, {kind: 'copies', ring: copies})]),
      ...(traces === undefined
        ? []
        : kinds.map((kind) => new RecordStream(this.#conversation, {kind, ring: traces.ring(kind)}))),
      ...(traces === undefined || told === true
        ? []
        : [new RecordStream(this.#conversation, {kind: 'losses', ring: new LossRing(traces)})]),
    ]
    if (this.#streams.length === 0) return
    this.#streaming = setInterval(() => {
      for (const each of this.#streams) if (this.#conversation.canTakeRecords) each.send()
    }, lookMs)
  }

  async #finish(observation: Observation, {drains, pumping, isAsked}: Finishing): Promise<void> {
    await pumping
    clearInterval(this.#streaming)
    const isHeard = isAsked || this.#conversation.hasClient
    if (isHeard) {
      for (const each of this.#streams) each.send()
      observation.drops?.send(this.#conversation, {isFinal: true})
      // The first takes the generation that was counting, the second proves that its successor is empty.
      await drains.drain({final: false})
      await drains.drain({final: true})
    }
    const stopped = await observation.remove()
    if (isHeard) await this.#conversation.conclude(stopped)
  }

  #greeting(observation: Observation): Greeting {
    return {
      cpus: observation.programs.cpus,
      clockOffsetNs: String(observation.clockOffsetNs),
      interfaces: this.#interfacesAtEnd ?? observation.interfaces,
      ...observation.pending,
      warnings: this.#warnings(observation),
    }
  }

  #warnings(observation: Observation): readonly string[] {
    const {warnings, interfaces} = observation
    const isNoneAsked = this.#settings.interfaces.includes(noInterface)
    const none = `No interface matches ${this.#settings.interfaces.join(' ')}; one that appears is observed then.`
    return [...warnings, ...problemsOf(observation), ...(interfaces.length === 0 && !isNoneAsked ? [none] : [])]
  }
}

const problemsOf = ({interfaces}: Observation): readonly string[] =>
  interfaces.flatMap(({name, problem}) => (problem === undefined ? [] : [`${name}: ${problem}`]))
