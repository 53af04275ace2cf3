import {numberRuleLayout, prefixRuleLayout, rangeRuleLayout, settingsLayout} from '../generated/kernel-layout.ts'
import {side as sides} from '../generated/words.ts'
import type {Feeds, KernelFilter, Prefix, Side} from '../protocol/settings.ts'

export interface TableShape {
  readonly cpus: number
  /** For each CPU and generation: a power of two. */
  readonly lines: number
}

export interface CopySettings {
  readonly feeds: Feeds
  /** Length of a jiffy. */
  readonly tickNs: number
}

const seeds = (settingsLayout.clauses - settingsLayout.seeds) / 8
const room = {
  prefixes: (settingsLayout.ranges - settingsLayout.prefixes) / prefixRuleLayout.size,
  ranges: (settingsLayout.protocols - settingsLayout.ranges) / rangeRuleLayout.size,
  protocols: (settingsLayout.icmpTypes - settingsLayout.protocols) / numberRuleLayout.size,
  icmpTypes: (settingsLayout.copiedTypes - settingsLayout.icmpTypes) / numberRuleLayout.size,
}
const familyBit = {4: 1, 6: 2}
const directionBit = {ingress: 1, egress: 2}
const mostClauses = 64

/** The programs' read-only data: the filter as flat lists of rules, each with the bit of its clause. */
export function writeSettings(
  filter: KernelFilter,
  {cpus, lines, feeds, tickNs}: TableShape & CopySettings,
): Uint8Array {
  const bytes = new Uint8Array(settingsLayout.size)
  const view = new DataView(bytes.buffer)
  view.setUint32(settingsLayout.cpus, cpus, true)
  view.setUint32(settingsLayout.lineBits, Math.log2(lines), true)
  view.setUint32(
    settingsLayout.families,
    filter.families.reduce((mask, family) => mask | familyBit[family], 0),
    true,
  )
  view.setUint32(settingsLayout.directions, filter.direction === undefined ? 3 : directionBit[filter.direction], true)
  // Where a flow lands must not be predictable from outside.
  crypto.getRandomValues(bytes.subarray(settingsLayout.seeds, settingsLayout.seeds + 8 * seeds))
  new RuleWriter(view).write(filter)
  writeCopies(view, {feeds, tickNs})
  return bytes
}

/** ONE_COPY of bpf/copies.h: budgets are kept in parts of a packet, so that less than one a jiffy adds up. */
const oneCopy = 1024
const defaultCopiesPerSecond = 500

function writeCopies(view: DataView, {feeds, tickNs}: CopySettings): void {
  const {icmpTypes, chains, copiesPerSecond = defaultCopiesPerSecond} = feeds
  for (const type of icmpTypes) {
    const at = settingsLayout.copiedTypes + (type >> 3)
    view.setUint8(at, view.getUint8(at) | (1 << (type & 7)))
  }
  view.setUint32(settingsLayout.copiesIcmpv6, icmpTypes.length > 0 ? 1 : 0, true)
  view.setUint32(settingsLayout.chains, chains ? 1 : 0, true)
  view.setUint32(settingsLayout.copyGain, Math.max(1, Math.round((copiesPerSecond * oneCopy * tickNs) / 1e9)), true)
  view.setUint32(settingsLayout.copyBurst, copiesPerSecond * oneCopy, true)
}

class RuleWriter {
  readonly #view: DataView
  #clauses = 0n
  #negated = 0n
  #next = 0

  constructor(view: DataView) {
    this.#view = view
  }

  write(filter: KernelFilter): void {
    const prefixes = this.#list('prefixes', 'prefixCount')
    for (const {side, negate, prefixes: each} of filter.addresses) {
      const clause = this.#clause(negate)
      for (const prefix of each) this.#prefix(prefixes(), {clause, side, prefix})
    }
    const ranges = this.#list('ranges', 'rangeCount')
    for (const {side, negate, ranges: each} of filter.ports) {
      const clause = this.#clause(negate)
      for (const range of each) this.#range(ranges(), {clause, side, range})
    }
    this.#numbers(
      this.#list('protocols', 'protocolCount'),
      filter.protocols.map(({negate, numbers}) => ({negate, numbers})),
    )
    this.#numbers(
      this.#list('icmpTypes', 'icmpTypeCount'),
      filter.icmpTypes.map(({negate, types}) => ({negate, numbers: types})),
    )
    this.#view.setBigUint64(settingsLayout.clauses, this.#clauses, true)
    this.#view.setBigUint64(settingsLayout.negated, this.#negated, true)
  }

  #clause(negate: boolean): bigint {
    if (this.#next >= mostClauses) throw new RangeError(`a filter has at most ${mostClauses} clauses`)
    const bit = 1n << BigInt(this.#next++)
    this.#clauses |= bit
    if (negate) this.#negated |= bit
    return bit
  }

  /** Gives the place of the next rule of a list, and keeps its count. */
  #list(name: keyof typeof room, countName: `${'prefix' | 'range' | 'protocol' | 'icmpType'}Count`): () => number {
    const size = {
      prefixes: prefixRuleLayout.size,
      ranges: rangeRuleLayout.size,
      protocols: numberRuleLayout.size,
      icmpTypes: numberRuleLayout.size,
    }[name]
    let count = 0
    return () => {
      if (count >= room[name]) throw new RangeError(`a filter has at most ${room[name]} ${name}`)
      this.#view.setUint32(settingsLayout[countName], count + 1, true)
      return settingsLayout[name] + size * count++
    }
  }

  #prefix(at: number, {clause, side, prefix}: {clause: bigint; side: Side; prefix: Prefix}): void {
    for (let byte = 0; byte < 16; byte++) {
      const kept = Math.min(8, Math.max(0, prefix.length - 8 * byte))
      const mask = (0xff << (8 - kept)) & 0xff
      this.#view.setUint8(
        at + prefixRuleLayout.address + byte,
        Number.parseInt(prefix.address.slice(2 * byte, 2 * byte + 2), 16) & mask,
      )
      this.#view.setUint8(at + prefixRuleLayout.mask + byte, mask)
    }
    this.#view.setBigUint64(at + prefixRuleLayout.clause, clause, true)
    this.#view.setUint32(at + prefixRuleLayout.side, sides[side], true)
  }

  #range(at: number, {clause, side, range}: {clause: bigint; side: Side; range: {first: number; last: number}}): void {
    this.#view.setBigUint64(at + rangeRuleLayout.clause, clause, true)
    this.#view.setUint32(at + rangeRuleLayout.side, sides[side], true)
    this.#view.setUint16(at + rangeRuleLayout.first, range.first, true)
    this.#view.setUint16(at + rangeRuleLayout.last, range.last, true)
  }

  #numbers(place: () => number, clauses: readonly {negate: boolean; numbers: readonly number[]}[]): void {
    for (const {negate, numbers} of clauses) {
      const clause = this.#clause(negate)
      for (const number of numbers) {
        const at = place()
        this.#view.setBigUint64(at + numberRuleLayout.clause, clause, true)
        this.#view.setUint32(at + numberRuleLayout.number, number, true)
      }
    }
  }
}
