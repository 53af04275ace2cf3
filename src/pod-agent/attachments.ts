import type {AttachedInterface, InterfaceChange} from '../protocol/message.ts'
import type {Hooked} from './clsact.ts'
import {attachHook, HookRefusal, type HookTools} from './hooks.ts'
import type {KnownLink} from './link-table.ts'
import {NativeError} from './native/failure.ts'

interface Observed {
  readonly link: KnownLink
  readonly hooked: readonly Hooked[]
  readonly problem?: string
}

/** Which interfaces the programs are on, and why where they are not. */
export class Attachments implements Disposable {
  readonly #tools: HookTools
  readonly #isChosen: (link: KnownLink) => boolean
  readonly #observed = new Map<number, Observed>()
  readonly #linkIds = new Set<number>()

  constructor(tools: HookTools, isChosen: (link: KnownLink) => boolean) {
    this.#tools = tools
    this.#isChosen = isChosen
  }

  get report(): readonly AttachedInterface[] {
    return [...this.#observed.values()].map((each) => reportOf(each))
  }

  /** Of every bpf_link that this run has made. */
  get linkIds(): readonly number[] {
    return [...this.#linkIds]
  }

  /** Takes notice of an interface that is new or has changed; tells what that brought. */
  consider(link: KnownLink): InterfaceChange | undefined {
    const known = this.#observed.get(link.index)
    if (known === undefined) return this.#isChosen(link) ? this.#attach(link) : undefined
    // The kernel gave the index to another interface while nobody listened.
    if (known.link.kind !== link.kind) {
      this.forget(link)
      return this.consider(link)
    }
    // What only goes down stays attached: it costs nothing and comes up again.
    if (!this.#isChosen({...link, isUp: true})) return this.forget(link)
    const now = {...known, link}
    this.#observed.set(link.index, now)
    if (known.link.name === link.name) return undefined
    return {type: 'interface', change: known.problem === undefined ? 'attached' : 'failed', interface: reportOf(now)}
  }

  forget(link: KnownLink): InterfaceChange | undefined {
    const known = this.#observed.get(link.index)
    if (known === undefined) return undefined
    this.#observed.delete(link.index)
    detach(known)
    this.#tools.clsact.forget(link.index)
    return {type: 'interface', change: 'gone', interface: {...reportOf({link: known.link, hooked: []}), hooks: []}}
  }

  /** One after the other, so that the event loop runs between two waits of the kernel. */
  async detachAll(): Promise<void> {
    for (const [index, each] of this.#observed) {
      this.#observed.delete(index)
      detach(each)
      await new Promise(setImmediate)
    }
  }

  [Symbol.dispose](): void {
    for (const each of this.#observed.values()) detach(each)
    this.#observed.clear()
  }

  #attach(link: KnownLink): InterfaceChange | undefined {
    const hooked: Hooked[] = []
    try {
      this.#tools.clsact.sweep(link)
      for (const direction of ['ingress', 'egress'] as const) hooked.push(attachHook(this.#tools, link, direction))
    } catch (cause) {
      detach({link, hooked})
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

function detach({hooked}: Observed): void {
  for (const {attachment} of hooked) attachment.detach()
}

function reportOf({link, hooked, problem}: Observed): AttachedInterface {
  const {name, index, kind, mtu, master, addresses} = link
  const report = {name, index, kind, mtu, addresses, hooks: hooked.map((each) => each.report)}
  return {...report, ...(master === undefined ? {} : {master}), ...(problem === undefined ? {} : {problem})}
}
