import {readFileSync} from 'node:fs'
import {setTimeout as delay} from 'node:timers/promises'
import {batchHeaderBytes, type BatchKind, writeBatchHeader} from '../protocol/batch.ts'
import type {ListeningNamespace} from '../protocol/binding.ts'
import {type ClientReport, type ClientTally, writeClientReport} from '../protocol/clients.ts'
import type {Drained} from '../protocol/message.ts'
import type {AgentSettings} from '../protocol/settings.ts'
import {ClientPrograms} from './clients-programs.ts'
import {ClientTallies} from './clients-tallies.ts'
import {enterNetworkOfContainers} from './containers.ts'
import type {Conversation} from './conversation.ts'
import {Exchange} from './exchange.ts'
import {findClientsObject, findFiles} from './files.ts'
import {answerListeners} from './listeners.ts'
import {Clock} from './native/clock.ts'
import {exists} from './native/ids.ts'
import {openLibbpf} from './native/libbpf.ts'
import {openLibc} from './native/libc.ts'
import {lookInside} from './native/netns.ts'
import {deserted, Inhabitants, otherNetworks, ownNetwork, takeCensus} from './network-namespaces.ts'
import {RecordStream} from './record-stream.ts'
import {lookAfterwards} from './removal.ts'

/** The ring holds 28,000 connections. */
const lookMs = 50
/** Who listens is looked for again when somebody nobody knows has clients: not more often, as it reads /proc. */
const listenersEveryMs = 2000
const hiddenNamespaces =
  'Network namespaces of pods cannot be entered without SYS_PTRACE and SYS_ADMIN: connections that are open there already are not counted, and their listening sockets are not named. Try --profile privileged.'

/** Counts clients and connections for one plugin until it asks to stop, falls silent, or the time is over. */
export async function runClients(settings: AgentSettings, announce: (port: number) => void): Promise<void> {
  let port = 0
  const home = ownNetwork()
  using exchange = await Exchange.open(settings, (opened) => announce((port = opened)))
  await exchange.during(async () => {
    if (settings.containers !== undefined) enterNetworkOfContainers(settings.containers)
    using run = new ClientsRun(settings, {conversation: exchange.conversation, own: {network: home, port}})
    exchange.begin({greeting: () => run.greeting, facts: () => undefined})
    await exchange.met()
    await run.pump(exchange.ending.signal)
    const isAsked = exchange.ending.signal.aborted && (await exchange.ending.reached) === 'asked'
    const isHeard = isAsked || exchange.conversation.hasClient
    await exchange.ending.finish(run.finish(isHeard))
  })
}

interface ClientsRunOptions {
  readonly conversation: Conversation
  readonly own: {readonly network: number; readonly port: number}
}

class ClientsRun implements Disposable {
  readonly #settings: AgentSettings
  readonly #conversation: Conversation
  readonly #libbpf = openLibbpf(findFiles().libbpf)
  readonly #libc = openLibc()
  readonly #clock = new Clock(this.#libc)
  readonly #programs: ClientPrograms
  readonly #tallies: ClientTallies
  readonly #stream: RecordStream | undefined
  readonly #warnings: string[] = []
  readonly #known = new Set<string>()
  /** Have had clients, and were not looked for since. */
  readonly #unmet = new Set<string>()
  #listenersMs = 0
  readonly #inhabitants: Inhabitants | undefined
  #rounds = 0
  #lookMs = 0
  #losses = ''

  constructor(settings: AgentSettings, {conversation, own}: ClientsRunOptions) {
    this.#settings = settings
    this.#conversation = conversation
    this.#inhabitants = settings.containers === undefined ? undefined : new Inhabitants()
    const object = findClientsObject()
    this.#programs = new ClientPrograms(settings, {
      libbpf: this.#libbpf,
      libc: this.#libc,
      object,
      bytes: readFileSync(object),
      own,
      ...(settings.containers !== undefined && {only: ownNetwork()}),
    })
    this.#tallies = new ClientTallies(this.#libbpf, this.#programs.tables)
    const {ring} = this.#programs
    this.#stream = ring === undefined ? undefined : new RecordStream(conversation, {kind: 'connections', ring})
    this.#adoptAll()
  }

  get greeting() {
    const clockOffsetNs = String(this.#clock.offsetNs())
    return {cpus: 0, clockOffsetNs, interfaces: [], warnings: [...this.#programs.warnings, ...this.#warnings]}
  }

  /** Tells what changed at each interval, and connections as they come, while a client takes it; returns early when its pod has ended. */
  async pump(signal: AbortSignal): Promise<void> {
    let dueMs = 0
    while (!signal.aborted) {
      if (this.#conversation.canTakeRecords) this.#stream?.send()
      if (this.#conversation.canTakeDrain && performance.now() >= dueMs) {
        dueMs = performance.now() + this.#settings.intervalMs
        this.#report({final: false})
      }
      if (this.#isDeserted()) return
      const pauseMs = this.#stream === undefined ? Math.max(1, dueMs - performance.now()) : lookMs
      await delay(pauseMs, undefined, {signal}).catch(() => undefined)
    }
  }

  /** Looked for as often as counts are told. */
  #isDeserted(): boolean {
    if (this.#inhabitants === undefined || performance.now() < this.#lookMs) return false
    this.#lookMs = performance.now() + this.#settings.intervalMs
    if (!this.#inhabitants.haveLeft()) return false
    this.#conversation.tell({type: 'notice', text: deserted})
    return true
  }

  /** The last counts, and what was removed. */
  async finish(isHeard: boolean): Promise<void> {
    this.#programs.detach()
    if (isHeard) {
      this.#stream?.send()
      this.#report({final: true})
    }
    const objects = this.#programs.objects()
    this.#programs.close()
    const own = {libbpf: this.#libbpf, libc: this.#libc}
    const stopped = await lookAfterwards(objects, {
      exists: ({kind, id}) => exists(own, kind, id),
      hookedPrograms: () => [],
    })
    if (isHeard) await this.#conversation.conclude(stopped)
  }

  [Symbol.dispose](): void {
    this.#programs.close()
  }

  #report({final}: {readonly final: boolean}): void {
    this.#programs.sweep()
    const tallies = this.#tallies.changed()
    const {losses} = this.#programs
    const listeners = this.#listenersOf(tallies, final)
    const text = JSON.stringify(losses)
    if (tallies.length > 0 || listeners !== undefined || text !== this.#losses) {
      const report: ClientReport = {tallies, losses, ...(listeners !== undefined && {listeners})}
      this.#send('clients', writeClientReport(report))
    }
    this.#losses = text
    this.#rounds += 1
    const monotonicNs = String(this.#clock.monotonicNs())
    this.#conversation.count((sequence) => {
      const drained: Drained = {type: 'drained', sequence, generation: this.#rounds, monotonicNs, final}
      return JSON.stringify(drained)
    })
  }

  /** Looked for when one has clients that was not met yet; the end does not wait for the time. */
  #listenersOf(tallies: readonly ClientTally[], final: boolean): readonly ListeningNamespace[] | undefined {
    for (const place of tallies.filter(({reporter}) => reporter === 'destination').map(placeOf))
      if (!this.#known.has(place)) this.#unmet.add(place)
    const isWanted = this.#rounds === 0 || this.#unmet.size > 0
    if (!isWanted || (!final && performance.now() < this.#listenersMs)) return undefined
    this.#listenersMs = performance.now() + listenersEveryMs
    for (const place of this.#unmet) this.#known.add(place)
    this.#unmet.clear()
    return answerListeners({everywhere: this.#settings.containers === undefined}).namespaces
  }

  /** In each network namespace that a process is in or that has a name, or in the pod's alone. */
  #adoptAll(): void {
    this.#programs.adopt()
    if (this.#settings.containers !== undefined) return
    const {paths: others, isPartial} = otherNetworks(takeCensus())
    const hidden = [...others.values()].filter((paths) => !this.#adoptIn(paths))
    if (isPartial || hidden.length > 0) this.#warnings.push(hiddenNamespaces)
  }

  /** By the first path that still leads there; false where there is one, and none is for us. */
  #adoptIn(paths: readonly string[]): boolean {
    let isHidden = false
    for (const path of paths) {
      try {
        lookInside(path, () => this.#programs.adopt())
        return true
      } catch (cause) {
        const {code = ''} = cause as NodeJS.ErrnoException // what node:fs and our own calls throw
        if (code === 'EPERM' || code === 'EACCES') isHidden = true
        else if (code !== 'ENOENT' && code !== 'ESRCH' && code !== 'EINVAL') throw cause
      }
    }
    return !isHidden
  }

  #send(kind: BatchKind, records: Uint8Array): void {
    this.#conversation.count((sequence) => {
      const header = new Uint8Array(batchHeaderBytes)
      writeBatchHeader(header, {kind, sequence, generation: 0, count: 1})
      return [header, records]
    })
  }
}

const placeOf = ({network, protocol, listener, port}: ClientTally): string =>
  `${network} ${protocol} ${listener} ${port}`
