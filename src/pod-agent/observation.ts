import {programsRefused} from '../errors.ts'
import type {AttachedInterface, InterfaceChange, Stopped} from '../protocol/message.ts'
import type {AgentSettings} from '../protocol/settings.ts'
import {Attachments} from './attachments.ts'
import {interfaceChoice} from './choose-interface.ts'
import {ClsactFilters} from './clsact.ts'
import type {FlowPrograms} from './flow-programs.ts'
import {type HookTools, observersOf} from './hooks.ts'
import {Interfaces, presentLinks} from './interfaces.ts'
import {feedsOf} from './kernel-types.ts'
import type {KnownLink} from './link-table.ts'
import {loadPrograms} from './load-programs.ts'
import {Clock} from './native/clock.ts'
import {NativeError} from './native/failure.ts'
import {exists, tcxPrograms, xdpProgram} from './native/ids.ts'
import {type Libbpf, openLibbpf} from './native/libbpf.ts'
import {type Libc, openLibc} from './native/libc.ts'
import {lookAfterwards, type Looking} from './removal.ts'
import {qdiscTools} from './sweep.ts'
import {DropFeed} from './trace-drops.ts'
import {TracePrograms} from './trace-programs.ts'
import {Turns} from './turns.ts'

export interface ObservationListener {
  changed(change: InterfaceChange): void
  failed(cause: unknown): void
}

export interface Files {
  readonly object: string
  readonly traceObject: string
  readonly libbpf: string
}

/** Each TCX program takes an RCU grace period, 13 ms here: hello does not wait for all of a hundred pods' interfaces. */
const attachFirst = 8
const attachFirstMs = 250
const rank = ({kind}: KnownLink): number => (kind === 'veth' ? 1 : 0)

interface Parts {
  readonly libbpf: Libbpf
  readonly libc: Libc
  readonly clock: Clock
  readonly programs: FlowPrograms
  readonly attachments: Attachments
  readonly clsact: ClsactFilters
  readonly turns: Turns
  readonly traces: TracePrograms | undefined
}

/** The programs in the kernel and the interfaces that they are on, from loading to the look afterwards. */
export class Observation implements AsyncDisposable {
  readonly programs: FlowPrograms
  readonly traces: TracePrograms | undefined
  readonly drops: DropFeed | undefined
  readonly #warnings: readonly string[]
  readonly #parts: Parts
  readonly #interfaces: Interfaces
  readonly #listener: ObservationListener
  readonly #pending = new Set<number>()

  private constructor(
    parts: Parts,
    {
      listener,
      warnings,
      drops,
    }: {listener: ObservationListener; warnings: readonly string[]; drops: DropFeed | undefined},
  ) {
    this.programs = parts.programs
    this.traces = parts.traces
    this.drops = drops
    this.#warnings = [...warnings, ...(parts.traces?.warnings ?? []), ...(drops?.warnings ?? [])]
    this.#parts = parts
    this.#listener = listener
    this.#interfaces = new Interfaces({
      changed: (link) => void this.#follow(() => this.#consider(link)),
      gone: (link) => void this.#follow(() => this.#forget(link)),
      failed: (cause) => listener.failed(cause),
    })
  }

  /** In the network namespace of the calling thread. Interfaces beyond the first few are attached afterwards. */
  static async start(wanted: AgentSettings, files: Files, listener: ObservationListener): Promise<Observation> {
    const {feeds, warnings} = feedsOf(wanted.feeds)
    const settings = {...wanted, feeds}
    const {smaller, ...parts} = load(settings, files)
    const traces = await prepare(settings, {...parts, object: files.traceObject})
    const drops = dropFeed(settings, {libbpf: parts.libbpf, traces})
    const observation = new Observation({...parts, traces}, {listener, warnings: [...warnings, ...smaller], drops})
    try {
      await observation.#attachFirst()
      return observation
    } catch (cause) {
      await observation[Symbol.asyncDispose]()
      throw cause
    }
  }

  /** What waits for the kernel's lock of all interfaces takes its turn here. */
  get turns(): Turns {
    return this.#parts.turns
  }

  get interfaces(): readonly AttachedInterface[] {
    return this.#parts.attachments.report
  }

  /** How many interfaces were chosen at the start and are still to be considered, where there are any. */
  get pending(): {readonly pending?: number} {
    return this.#pending.size === 0 ? {} : {pending: this.#pending.size}
  }

  get warnings(): readonly string[] {
    return [...this.#warnings, ...this.#parts.clsact.removals]
  }

  get clockOffsetNs(): bigint {
    return this.#parts.clock.offsetNs()
  }

  /** No packet is counted afterwards. */
  async detach(tellLeft?: (left: number) => void): Promise<void> {
    this.#interfaces[Symbol.dispose]()
    this.traces?.detach()
    await this.#parts.attachments.detachAll(tellLeft)
  }

  /** Lets go of everything, and looks whether the kernel did too. */
  async remove(): Promise<Stopped> {
    const {programs, attachments} = this.#parts
    const links = attachments.linkIds.map((id) => ({kind: 'link' as const, id}))
    const objects = [...programs.ids(), ...links, ...(this.traces?.objects() ?? [])]
    this.#release()
    return lookAfterwards(objects, this.#looking())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.detach()
    this.#release()
  }

  /** Pods' ends of veth pairs come last: what leaves the node is seen first. */
  async #attachFirst(): Promise<void> {
    const chosen = this.#interfaces.all.filter((link) => this.#parts.attachments.isChosen(link))
    for (const {index} of chosen.toSorted((a, b) => rank(a) - rank(b))) this.#pending.add(index)
    const enough = performance.now() + attachFirstMs
    while (this.#pending.size > 0 && (this.interfaces.length < attachFirst || performance.now() < enough)) {
      await this.#attachNext()
    }
    void this.#follow(async () => {
      while (this.#pending.size > 0) await this.#attachNext()
    })
  }

  async #attachNext(): Promise<void> {
    const [index = 0] = this.#pending
    const link = this.#interfaces.find(index)
    if (link === undefined) this.#pending.delete(index)
    else await this.#consider(link)
  }

  async #consider(link: KnownLink): Promise<void> {
    const change = await this.#parts.attachments.consider(link)
    this.#pending.delete(link.index)
    this.#tell(change)
  }

  async #forget(link: KnownLink): Promise<void> {
    const change = await this.#parts.attachments.forget(link)
    this.#pending.delete(link.index)
    this.#tell(change)
  }

  #tell(change: InterfaceChange | undefined): void {
    if (change !== undefined) this.#listener.changed({...change, ...this.pending})
  }

  /** What nobody waits for. */
  async #follow(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      this.#listener.failed(cause)
    }
  }

  #release(): void {
    this.#parts.clsact[Symbol.dispose]()
    this.traces?.close()
    this.#parts.programs.close()
  }

  #looking(): Looking {
    const {libbpf} = this.#parts
    const hooksOf = ({index}: KnownLink): readonly number[] => [
      ...tcxPrograms(libbpf, index, 'ingress'),
      ...tcxPrograms(libbpf, index, 'egress'),
      xdpProgram(libbpf, index),
    ]
    return {
      exists: ({kind, id}) => exists(this.#parts, kind, id),
      hookedPrograms: () => this.#interfaces.all.flatMap(hooksOf),
    }
  }
}

function load(settings: AgentSettings, files: Files): Omit<Parts, 'traces'> & {smaller: readonly string[]} {
  const libbpf = openLibbpf(files.libbpf)
  const libc = openLibc()
  const clock = new Clock(libc)
  const {programs, warnings: smaller} = loadPrograms(settings, {libbpf, libc, clock, object: files.object})
  const clsact = new ClsactFilters(programs, {...qdiscTools(libbpf), run: settings.run})
  const tools: HookTools = {
    programs,
    clsact,
    choice: settings.hook,
    xdpProgram: (index) => xdpProgram(libbpf, index),
  }
  const turns = new Turns()
  const attachments = new Attachments(tools, {isChosen: interfaceChoice(settings.interfaces), turns})
  return {libbpf, libc, clock, programs, attachments, clsact, turns, smaller}
}

/** The programs for what is there now: hello does not wait for those that it does not need. */
async function prepare(
  settings: AgentSettings,
  {programs, clock, ...options}: Pick<Parts, 'libbpf' | 'libc' | 'clock' | 'programs'> & {readonly object: string},
): Promise<TracePrograms | undefined> {
  const chosen = presentLinks().filter(interfaceChoice(settings.interfaces))
  // Side by side: both wait for the kernel's verifier.
  const [flows, traces] = await Promise.allSettled([
    programs.prepare(chosen.flatMap((link) => observersOf(settings.hook, link))),
    TracePrograms.start(settings, {...options, cpus: programs.cpus, tickNs: clock.tickNs()}),
  ])
  if (flows.status === 'fulfilled' && traces.status === 'fulfilled') return traces.value
  if (traces.status === 'fulfilled') traces.value?.close()
  programs.close()
  const cause: unknown = flows.status === 'rejected' ? flows.reason : traces.status === 'rejected' && traces.reason
  throw cause instanceof NativeError ? programsRefused(cause.code, cause) : cause
}

function dropFeed(
  {feeds: {drops, dropInterfaces = []}}: AgentSettings,
  {libbpf, traces}: Pick<Parts, 'libbpf' | 'traces'>,
): DropFeed | undefined {
  return drops === false || traces === undefined
    ? undefined
    : new DropFeed(libbpf, {traces, hasCounts: drops === true, interfaces: dropInterfaces})
}
