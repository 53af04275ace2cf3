import {Buffer} from 'node:buffer'
import {
  BusyEnds,
  type Conversation,
  ConversationKey,
  counterOf,
  isAnswer,
  openConversation,
  type Point,
} from './conversation.ts'
import type {Columns} from './flow-book.ts'
import {FlowKey} from './flow-key.ts'
import {icmpOf} from './flow-row.ts'
import type {NodeState} from './node-state.ts'

export interface Change {
  /** Slots of the node's book, and what each counted since it was last told. */
  readonly slots: Iterable<number>
  /** How long the node counted for it. */
  readonly seconds: number
}

interface Beat {
  readonly drain: number
  readonly seconds: number
}

/** Conversations by what they are, fed with what flows counted. */
export class ConversationBook {
  readonly #limit: number
  readonly #all = new Map<string, Conversation>()
  readonly #keys = new ConversationKey()
  readonly #busy: BusyEnds
  readonly #beats = new Map<NodeState, Beat>()
  #forgotten = 0

  constructor(limit: number) {
    this.#limit = limit
    this.#busy = new BusyEnds(4 * limit)
  }

  get size(): number {
    return this.#all.size
  }

  get forgotten(): number {
    return this.#forgotten
  }

  entries(): IterableIterator<[string, Conversation]> {
    return this.#all.entries()
  }

  /** The node's last drain; rates are over its seconds. */
  beatOf(state: NodeState): Beat | undefined {
    return this.#beats.get(state)
  }

  add(state: NodeState, {slots, seconds}: Change): void {
    const beat = {drain: (this.#beats.get(state)?.drain ?? 0) + 1, seconds}
    this.#beats.set(state, beat)
    const key = new FlowKey(state.book.columns.keys)
    for (const slot of slots) this.#addFlow(state, {key: key.at(slot), slot, drain: beat.drain})
    this.#forgetIdle()
  }

  #addFlow(
    state: NodeState,
    {key, slot, drain}: {readonly key: FlowKey; readonly slot: number; readonly drain: number},
  ): void {
    const {columns} = state.book
    const marks = columns.marks[slot] ?? 0
    const text = this.#keys.of(key, marks)
    const conversation = this.#all.get(text) ?? this.#open(text, key, marks)
    const isForward = isSameEnd(key, conversation)
    if (isForward && conversation.icmp !== undefined) {
      const icmp = icmpOf(key, marks) ?? conversation.icmp
      // An end that asks may be asked as well: its answers go the same way.
      if (!isAnswer(icmp, key.family) || isAnswer(conversation.icmp, key.family)) conversation.icmp = icmp
    }
    const point = pointOf(conversation, state, key.interfaceIndex)
    if (point.drain !== drain) point.recent.fill(0)
    point.drain = drain
    count(point, columns, {slot, counter: counterOf(isForward, key.direction === 'ingress')})
    conversation.marks |= marks
    const firstNs = state.timeOf(columns.first[slot] ?? 0)
    const lastNs = state.timeOf(columns.last[slot] ?? 0)
    if (conversation.firstNs === 0n || firstNs < conversation.firstNs) conversation.firstNs = firstNs
    if (lastNs > conversation.lastNs) conversation.lastNs = lastNs
  }

  #open(text: string, key: FlowKey, marks: number): Conversation {
    const conversation = openConversation(key, marks, this.#busy)
    this.#busy.add(key)
    this.#all.set(text, conversation)
    return conversation
  }

  #forgetIdle(): void {
    if (this.#all.size <= this.#limit) return
    const oldest = [...this.#all].sort(([, a], [, b]) => Number(a.lastNs - b.lastNs))
    const gone = oldest.slice(0, this.#all.size - Math.floor(this.#limit * 0.75))
    for (const [text] of gone) this.#all.delete(text)
    this.#forgotten += gone.length
  }
}

/** Whether a flow goes the way of the conversation: from its source. */
function isSameEnd(key: FlowKey, {source, destination, icmp}: Conversation): boolean {
  if (Buffer.compare(key.source, source.bytes) !== 0) return false
  if (icmp !== undefined || Buffer.compare(source.bytes, destination.bytes) !== 0) return true
  return key.sourcePort === (source.port ?? key.sourcePort)
}

function pointOf(conversation: Conversation, state: NodeState, index: number): Point {
  const place = `${index} ${state.key}`
  const known = conversation.points.get(place)
  if (known !== undefined) return known
  const point = {state, index, counts: new Float64Array(8), recent: new Float64Array(8), drain: 0}
  conversation.points.set(place, point)
  return point
}

/** Adds what the flow counted since it was last told. */
function count(
  point: Point,
  columns: Columns,
  {slot, counter}: {readonly slot: number; readonly counter: number},
): void {
  const packets = (columns.packets[slot] ?? 0) - (columns.toldPackets[slot] ?? 0)
  const bytes = (columns.bytes[slot] ?? 0) - (columns.toldBytes[slot] ?? 0)
  for (const counts of [point.counts, point.recent]) {
    counts[counter] = (counts[counter] ?? 0) + packets
    counts[counter + 1] = (counts[counter + 1] ?? 0) + bytes
  }
}
