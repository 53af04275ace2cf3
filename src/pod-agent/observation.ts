import type {AttachedInterface, InterfaceChange, Stopped} from '../protocol/message.ts'
import type {AgentSettings} from '../protocol/settings.ts'
import type {FlowPrograms} from './flow-programs.ts'
import type {Files} from './files.ts'
import {Interfaces} from './interfaces.ts'
import {feedsOf} from './kernel-types.ts'
import type {KnownLink} from './link-table.ts'
import {exists, tcxPrograms, xdpProgram} from './native/ids.ts'
import {dropFeed, loadParts, type Parts, preparePrograms} from './observation-parts.ts'
import {lookAfterwards, type Looking} from './removal.ts'
import type {DropFeed} from './trace-drops.ts'
import type {TracePrograms} from './trace-programs.ts'
import type {Turns} from './turns.ts'

export interface ObservationListener {
  changed(change: InterfaceChange): void
  failed(cause: unknown): void
}

/** Each TCX program takes an RCU grace period, 13 ms here: hello does not wait for all of a hundred pods' interfaces. */
const attachFirst = 8
const attachFirstMs = 250
const rank = ({kind}: KnownLink): number => (kind === 'veth' ? 1 : 0)

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
    const {smaller, ...parts} = loadParts(settings, files)
    const traces = await preparePrograms(settings, {...parts, object: files.traceObject})
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
