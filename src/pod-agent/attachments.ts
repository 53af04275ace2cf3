import type {AttachedInterface, InterfaceChange} from '../protocol/message.ts'
import type {Hooked} from './clsact.ts'
import {attachHook, HookRefusal, type HookTools, observersOf} from './hooks.ts'
import type {KnownLink} from './link-table.ts'
import {NativeError} from './native/failure.ts'
import type {Turns} from './turns.ts'

const tellEachMs = 1000

interface Observed {
  readonly link: KnownLink
  readonly hooked: readonly Hooked[]
  readonly problem?: string
}

/** Which interfaces the programs are on, and why where they are not. What it is asked for is done in that order, one at a time. */
export class Attachments implements AsyncDisposable {
  readonly #tools: HookTools
  readonly #isChosen: (link: KnownLink) => boolean
  readonly #turns: Turns
  readonly #observed = new Map<number, Observed>()
  readonly #linkIds = new Set<number>()
  #isOver = false

  constructor(tools: HookTools, {isChosen, turns}: {isChosen: (link: KnownLink) => boolean; turns: Turns}) {
    this.#tools = tools
    this.#isChosen = isChosen
    this.#turns = turns
  }

  isChosen(link: KnownLink): boolean {
    return this.#isChosen(link)
  }

  get report(): readonly AttachedInterface[] {
    return [...this.#observed.values()].map((each) => reportOf(each))
  }

  /** Of every bpf_link that this run has made. */
  get linkIds(): readonly number[] {
    return [...this.#linkIds]
  }

  /** Takes notice of an interface that is new or has changed; tells what that brought. */
  consider(link: KnownLink): Promise<InterfaceChange | undefined> {
    return this.#turns.take(() => this.#consider(link))
  }

  forget(link: KnownLink): Promise<InterfaceChange | undefined> {
    return this.#turns.take(() => this.#forget(link))
  }

  /** For good: no interface is attached afterwards. Whoever waits is told now and then how many are left. */
  detachAll(tellLeft: (left: number) => void = () => undefined): Promise<void> {
    this.#isOver = true
    let told = performance.now()
    return this.#turns.take(async () => {
      for (const [index, each] of this.#observed) {
        this.#observed.delete(index)
        await detach(each)
        if (performance.now() - told < tellEachMs) continue
        told = performance.now()
        tellLeft(this.#observed.size)
      }
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.detachAll()
  }

  async #consider(link: KnownLink): Promise<InterfaceChange | undefined> {
    if (this.#isOver) return undefined
    const known = this.#observed.get(link.index)
    if (known === undefined) return this.#isChosen(link) ? this.#attach(link) : undefined
    // The kernel gave the index to another interface while nobody listened.
    if (known.link.kind !== link.kind) {
      await this.#forget(link)
      return this.#consider(link)
    }
    // What only goes down stays attached: it costs nothing and comes up again.
    if (!this.#isChosen({...link, isUp: true})) return this.#forget(link)
    const now = {...known, link}
    this.#observed.set(link.index, now)
    if (known.link.name === link.name) return undefined
    return {type: 'interface', change: known.problem === undefined ? 'attached' : 'failed', interface: reportOf(now)}
  }

  async #forget(link: KnownLink): Promise<InterfaceChange | undefined> {
    const known = this.#observed.get(link.index)
    if (known === undefined) return undefined
    this.#observed.delete(link.index)
    await detach(known)
    this.#tools.clsact.forget(link.index)
    return {type: 'interface', change: 'gone', interface: {...reportOf({link: known.link, hooked: []}), hooks: []}}
  }

  async #attach(link: KnownLink): Promise<InterfaceChange | undefined> {
    const {choice, programs, clsact} = this.#tools
    const hooked: Hooked[] = []
    try {
      await programs.prepare(observersOf(choice, link))
      await clsact.sweep(link)
      for (const direction of ['ingress', 'egress'] as const) {
        hooked.push(await attachHook(this.#tools, link, direction))
      }
    } catch (cause) {
      await detach({link, hooked})
      if (!(cause instanceof NativeError) && !(cause instanceof HookRefusal)) throw cause
      if (cause instanceof NativeError && cause.code === 'ENODEV') return undefined
      return this.#keep('failed', {link, hooked: [], problem: cause.message})
    }
    return this.#keep('attached', {link, hooked})
  }

  #keep(change: 'attached' | 'failed', observed: Observed): InterfaceChange {
    this.#observed.set(observed.link.index, observed)
    for (const {attachment} of observed.hooked) {
      if (attachment.linkId !== undefined) this.#linkIds.add(attachment.linkId)
    }
    return {type: 'interface', change, interface: reportOf(observed)}
  }
}

async function detach({hooked}: Observed): Promise<void> {
  for (const {attachment} of hooked) await attachment.detach()
}

function reportOf({link, hooked, problem}: Observed): AttachedInterface {
  const {name, index, kind, mtu, master, link: other, addresses} = link
  const report = {name, index, kind, mtu, addresses, hooks: hooked.map((each) => each.report)}
  return {
    ...report,
    ...(master === undefined ? {} : {master}),
    ...(other === undefined ? {} : {link: other}),
    ...(problem === undefined ? {} : {problem}),
  }
}
