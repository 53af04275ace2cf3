import type {AddressClause, KernelFilter, PortClause, Prefix, Side} from '../protocol/settings.ts'
import {trait} from './protocol-table.ts'
import type {PacketWalk} from './packet-walk.ts'

type Test = (packet: PacketWalk) => boolean

const ofSide = {any: 3, source: 1, destination: 2} as const satisfies Record<Side, number>

/** The kernel's filter (bpf/filter.h) without the direction: every clause must hold, a negated one must not. */
export function packetFilter(filter: KernelFilter): Test {
  const tests = [
    ...filter.addresses.map((clause) => judged(clause, addressTest(clause))),
    ...filter.ports.map((clause) => judged(clause, portTest(clause))),
    ...filter.protocols.map((clause) => judged(clause, ({protocol}) => clause.numbers.includes(protocol))),
    ...filter.icmpTypes.map((clause) =>
      judged(clause, ({traits, ports}) => (traits & trait.hasType) !== 0 && clause.types.includes(ports & 0xff)),
    ),
  ]
  return (packet) => {
    for (const test of tests) if (!test(packet)) return false
    return true
  }
}

export const isUnfiltered = ({addresses, ports, protocols, icmpTypes}: KernelFilter): boolean =>
  addresses.length + ports.length + protocols.length + icmpTypes.length === 0

const judged = ({negate}: {readonly negate: boolean}, test: Test): Test => (negate ? (packet) => !test(packet) : test)

function addressTest({side, prefixes}: AddressClause): Test {
  const rules = prefixes.map(wordsOf)
  const isAny = (key: Uint32Array, at: number): boolean => rules.some((rule) => isInside(rule, key, at))
  return ({key}) =>
    ((ofSide[side] & ofSide.source) !== 0 && isAny(key, 0)) ||
    ((ofSide[side] & ofSide.destination) !== 0 && isAny(key, 4))
}

interface PrefixWords {
  readonly address: Uint32Array
  readonly mask: Uint32Array
}

function wordsOf({address, length}: Prefix): PrefixWords {
  const bytes = Uint8Array.from({length: 16}, (_, i) => Number.parseInt(address.slice(2 * i, 2 * i + 2), 16))
  const mask = Uint8Array.from({length: 16}, (_, i) => (0xff << (8 - Math.min(8, Math.max(0, length - 8 * i)))) & 0xff)
  const masked = bytes.map((byte, i) => byte & (mask[i] ?? 0))
  return {address: new Uint32Array(masked.buffer), mask: new Uint32Array(mask.buffer)}
}

function isInside({address, mask}: PrefixWords, key: Uint32Array, at: number): boolean {
  for (let word = 0; word < 4; word++)
    if ((((key[at + word] ?? 0) & (mask[word] ?? 0)) ^ (address[word] ?? 0)) !== 0) return false
  return true
}

function portTest({side, ranges}: PortClause): Test {
  const isAny = (port: number): boolean => ranges.some(({first, last}) => port >= first && port <= last)
  const swapped = (port: number): number => ((port & 0xff) << 8) | (port >> 8)
  return ({traits, ports}) =>
    (traits & trait.hasPorts) !== 0 &&
    (((ofSide[side] & ofSide.source) !== 0 && isAny(swapped(ports & 0xffff))) ||
      ((ofSide[side] & ofSide.destination) !== 0 && isAny(swapped(ports >>> 16))))
}
