import {type AddressPrefix, coversIPv4, isPrefixWithin, parsePrefix} from '../address/prefix.ts'
import {hasPorts, protocols} from '../events/protocol-names.ts'
import type {Direction, Side} from '../protocol/settings.ts'
import type {PortRange} from './filter-values.ts'

export interface Sided<Value> {
  readonly side: Side
  readonly negate: boolean
  readonly values: readonly Value[]
}

/** A filter before it is written down for the kernel: what was asked for, in values that can be compared. */
export interface AskedFilter {
  readonly families: readonly (4 | 6)[]
  readonly directions: readonly Direction[]
  readonly addresses: readonly Sided<AddressPrefix>[]
  readonly ports: readonly Sided<PortRange>[]
  readonly protocols: readonly Sided<number>[]
  readonly icmpTypes: readonly Sided<number>[]
}

interface Ordering<Value> {
  readonly covers: (outer: readonly Value[], inner: Value) => boolean
  readonly overlaps: (one: Value, other: Value) => boolean
}

/** Which part of a filter makes it match no packet at all; undefined when some packet can match. */
export function contradiction(
  asked: AskedFilter,
): 'family' | 'direction' | 'address' | 'port' | 'protocol' | 'icmp-type' | undefined {
  if (asked.families.length === 0) return 'family'
  if (asked.directions.length === 0) return 'direction'
  if (isEmpty(asked.ports, portOrder)) return 'port'
  if (isEmpty(asked.icmpTypes, numberOrder)) return 'icmp-type'
  if (isEmpty(asked.protocols, numberOrder)) return 'protocol'
  const families = asked.families.filter((family) => !isEmpty(ofFamily(asked.addresses, family), prefixOrder))
  if (families.length === 0) return 'address'
  return families.some((family) => hasProtocol(asked, family)) ? undefined : 'protocol'
}

/** Whether one of the two ends (or the one value, whose side is `any`) is left without any value. */
function isEmpty<Value>(clauses: readonly Sided<Value>[], {covers, overlaps}: Ordering<Value>): boolean {
  const denied = (side: Side): readonly Value[] =>
    clauses
      .filter((clause) => clause.negate && (clause.side === side || clause.side === 'any'))
      .flatMap(({values}) => values)
  const wanted = (side: Side): readonly Sided<Value>[] =>
    clauses.filter((clause) => !clause.negate && clause.side === side)
  const isPossible = (value: Value, side: Side): boolean =>
    !covers(denied(side), value) && wanted(side).every(({values}) => values.some((each) => overlaps(each, value)))
  const ends: readonly Side[] = ['source', 'destination']
  const isEndEmpty = ends.some((side) =>
    wanted(side).some(({values}) => !values.some((value) => isPossible(value, side))),
  )
  return (
    isEndEmpty ||
    wanted('any').some(({values}) => !values.some((value) => ends.some((side) => isPossible(value, side))))
  )
}

const prefixOrder: Ordering<AddressPrefix> = {
  covers: (outer, inner) => outer.some((each) => isPrefixWithin(inner, each)),
  overlaps: (one, other) => isPrefixWithin(one, other) || isPrefixWithin(other, one),
}

const numberOrder: Ordering<number> = {
  covers: (outer, inner) => outer.includes(inner),
  overlaps: (one, other) => one === other,
}

const portOrder: Ordering<PortRange> = {
  covers: (outer, inner) => {
    let next = inner.first
    for (const {first, last} of outer.toSorted((a, b) => a.first - b.first))
      if (first <= next) next = Math.max(next, last + 1)
    return next > inner.last
  },
  overlaps: (one, other) => one.first <= other.last && other.first <= one.last,
}

/** What of the address clauses concerns one family, with the whole family as what is wanted where nothing else is. */
function ofFamily(clauses: readonly Sided<AddressPrefix>[], family: 4 | 6): readonly Sided<AddressPrefix>[] {
  const concerns = (prefix: AddressPrefix): boolean =>
    family === 6 ? prefix.family === 6 : prefix.family === 4 || coversIPv4(prefix)
  const whole = parsePrefix(family === 6 ? '::/0' : '0.0.0.0/0')
  const universe = whole === undefined ? [] : [whole]
  return [
    ...clauses.map((clause) => ({...clause, values: clause.values.filter(concerns)})),
    {side: 'source', negate: false, values: universe},
    {side: 'destination', negate: false, values: universe},
  ]
}

/** RFC 4443 §1 and RFC 792: ICMPv6 is spoken over IPv6 only, ICMP over IPv4 only; neither has ports. */
function hasProtocol(asked: AskedFilter, family: 4 | 6): boolean {
  const icmp = family === 6 ? protocols.icmpv6 : protocols.icmp
  const foreign = family === 6 ? protocols.icmp : protocols.icmpv6
  const isPossible = (number: number): boolean =>
    number !== foreign && asked.protocols.every(({negate, values}) => values.includes(number) !== negate)
  const wantsPorts = asked.ports.some(({negate}) => !negate)
  const wantsIcmp = asked.icmpTypes.some(({negate}) => !negate)
  if (wantsPorts && wantsIcmp) return false
  if (wantsIcmp) return isPossible(icmp)
  return Array.from({length: 256}, (_, number) => number).some(
    (number) => isPossible(number) && (!wantsPorts || hasPorts(number)),
  )
}
