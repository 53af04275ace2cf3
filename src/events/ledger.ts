import {type AddressClass, classOf} from '../address/class.ts'
import {type Counts} from './conversation-row.ts'
import {FlowKey} from './flow-key.ts'
import {icmpOf, RowReader} from './flow-row.ts'
import {icmpCountName} from './icmp-names.ts'
import {matchesNames, type NameClause} from './name-filter.ts'
import type {Names} from './names.ts'
import type {NodeState} from './node-state.ts'
import {protocolName} from './protocol-names.ts'

export interface LedgerOptions {
  readonly names: Names
  /** Filters that the kernel could not decide; what they refuse is filtered too, only later. */
  readonly clauses: readonly NameClause[]
}

/** What flows add up to at the end, by the classes of their addresses; flows are settled when they are forgotten, or at last. */
export class Ledger {
  readonly classes = new Map<AddressClass, Counts>()
  readonly protocols = new Map<string, Counts>()
  /** Packets by type, of flows whose ICMP header was met. */
  readonly icmp = new Map<string, number>()
  readonly #options: LedgerOptions
  #hidden: Counts = {packets: 0, bytes: 0}
  #shownFlows = 0

  constructor(options: LedgerOptions) {
    this.#options = options
  }

  /** Counted by the kernel, refused by name. */
  get hidden(): Counts {
    return this.#hidden
  }

  get shownFlows(): number {
    return this.#shownFlows
  }

  isShown(reader: RowReader, slot: number): boolean {
    const {clauses} = this.#options
    return clauses.length === 0 || matchesNames(clauses, reader.endsOf(slot))
  }

  /** Makes room in the node's book, settling what goes. */
  forget(state: NodeState): void {
    const settler = this.#settler(state)
    state.book.forget((slot) => settler(slot))
  }

  settle(state: NodeState): void {
    const settler = this.#settler(state)
    for (let slot = 0; slot < state.book.size; slot++) settler(slot)
  }

  #settler(state: NodeState): (slot: number) => void {
    const {columns} = state.book
    const key = new FlowKey(columns.keys)
    const reader = new RowReader(state, this.#options.names)
    return (slot) => {
      const counts = {packets: columns.packets[slot] ?? 0, bytes: columns.bytes[slot] ?? 0}
      if (!this.isShown(reader, slot)) {
        this.#hidden = plus(this.#hidden, counts)
        return
      }
      this.#shownFlows++
      const {source, destination, family, protocol} = key.at(slot)
      const [one, other] = [classOf(source, family), classOf(destination, family)]
      add(this.classes, one, counts)
      if (other !== one) add(this.classes, other, counts)
      add(this.protocols, protocolName(protocol), counts)
      const icmp = icmpOf(key, columns.marks[slot] ?? 0)
      if (icmp === undefined) return
      const name = icmpCountName({family, type: icmp.type})
      this.icmp.set(name, (this.icmp.get(name) ?? 0) + counts.packets)
    }
  }
}

export const plus = (a: Counts, b: Counts): Counts => ({packets: a.packets + b.packets, bytes: a.bytes + b.bytes})

export function add<Key>(sums: Map<Key, Counts>, key: Key, counts: Counts): void {
  sums.set(key, plus(sums.get(key) ?? {packets: 0, bytes: 0}, counts))
}
