import {setTimeout as delay} from 'node:timers/promises'
import {expect} from 'vitest'
import {run} from '../../tools/cluster/processes.ts'
import {type Held, heldBy, inKernel} from '../support/held.ts'
import {Plugin} from '../support/plugin.ts'
import type {Cluster} from './lab.ts'

/** What the docs promise. */
export const cleanWithinMs = 15_000
const label = 'app.kubernetes.io/name=kubectl-ipv6'

/** Runs on node1, and whether anything of the last one is left. The kernel is shared by both nodes and by other tests: only what that agent held counts. */
export class Aftermath {
  readonly #cluster: Cluster
  #held: readonly Held[] = []

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** A run that counts; on clsact there is no link. */
  async started(...args: string[]): Promise<Plugin> {
    const plugin = new Plugin(['observe', 'node1', '-o', 'json', ...args], {kubeconfig: this.#cluster.kubeconfig})
    try {
      await plugin.until(/"kind":"start"/)
      this.#held = heldBy(await this.agentPid())
      const kinds = new Set(this.inKernel.map(({kind}) => kind))
      // Otherwise nothing that follows could fail.
      expect(kinds).toEqual(new Set(args.includes('clsact') ? ['program', 'map'] : ['program', 'link', 'map']))
      return plugin
    } catch (cause) {
      await plugin.end()
      throw cause
    }
  }

  get inKernel(): readonly Held[] {
    return inKernel(this.#held)
  }

  async pod(): Promise<string> {
    return (await this.#cluster.kubectl(['get', 'pods', '-A', '-l', label, '-o', 'name'])).trim()
  }

  /** The process of the newest agent, by its settings in the command line; an earlier test's may still be ending. */
  async agentPid(): Promise<number> {
    return Number(await run(['pgrep', '--newest', '-f', '^/usr/bin/node .*agent[.]js [{]']))
  }

  /** Waits until the kernel holds nothing of the agent. */
  async kernelIsClean(limitMs = cleanWithinMs): Promise<void> {
    await this.#until(() => Promise.resolve(this.inKernel), [], {limitMs, everyMs: 100})
  }

  async podsAreGone(limitMs = cleanWithinMs): Promise<void> {
    await this.#until(() => this.pod(), '', {limitMs, everyMs: 500})
  }

  async isClean(limitMs = cleanWithinMs): Promise<void> {
    await this.kernelIsClean(limitMs)
    await this.podsAreGone(limitMs)
  }

  async #until<Left>(
    look: () => Promise<Left>,
    none: Left,
    {limitMs, everyMs}: {readonly limitMs: number; readonly everyMs: number},
  ): Promise<void> {
    const start = Date.now()
    for (;;) {
      const left = await look()
      if (JSON.stringify(left) === JSON.stringify(none)) return
      if (Date.now() - start > limitMs) expect(left).toEqual(none)
      await delay(everyMs)
    }
  }
}
