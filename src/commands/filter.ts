import {type AddressPrefix, prefixHex} from '../address/prefix.ts'
import {badUsage} from '../errors.ts'
import type {NameClause} from '../events/name-filter.ts'
import {protocols} from '../events/protocol-names.ts'
import {type Direction, filterLimits, type KernelFilter, type Side} from '../protocol/settings.ts'
import {type AskedFilter, contradiction, type Sided} from './filter-contradiction.ts'
import {type FilterFlag, type FilterGroup, type FlagToken, groupFilters, spelled} from './filter-token.ts'
import {readDirections, readFamilies, readIcmpTypes, readPrefixes, readProtocols, readRanges} from './filter-values.ts'
import {nameClauses} from './name-clauses.ts'

/** What a run shows: the kernel decides what it can, names are decided here, and a zone chooses the interface. */
export interface FlowFilter {
  readonly kernel: KernelFilter
  readonly names: readonly NameClause[]
  readonly zone?: string
  /** The filters as they were written. */
  readonly text: string
}

const sides: Partial<Record<FilterFlag, Side>> = {
  ip: 'any', 'from-ip': 'source', 'to-ip': 'destination', port: 'any', 'from-port': 'source', 'to-port': 'destination',
} // prettier-ignore

/** From the flags in their order. Refuses what no packet can match, and what the programs cannot hold. */
export function parseFilter(tokens: readonly FlagToken[]): FlowFilter {
  const groups = groupFilters(tokens)
  const asked = ask(groups)
  if (contradiction(asked) !== undefined) throw nothingMatches(groups)
  checkLimits(asked)
  const zone = onlyZone(groups, asked.addresses)
  const text = groups.map(spelled).join(' ')
  return {kernel: forKernel(asked), names: nameClauses(groups), text, ...(zone === undefined ? {} : {zone})}
}

/** Whether packets of one of these protocols can. */
export function canMatch(tokens: readonly FlagToken[], among: readonly number[]): boolean {
  const {protocols: wanted, ...asked} = ask(groupFilters(tokens))
  return contradiction({...asked, protocols: [...wanted, {side: 'any', negate: false, values: among}]}) === undefined
}

/** Whether packets of IPv6 can. */
export function canMatchIPv6(tokens: readonly FlagToken[]): boolean {
  const asked = ask(groupFilters(tokens))
  return asked.families.includes(6) && contradiction({...asked, families: [6]}) === undefined
}

function ask(groups: readonly FilterGroup[]): AskedFilter {
  const of = (...flags: FilterFlag[]): readonly FilterGroup[] => groups.filter(({flag}) => flags.includes(flag))
  const families = chosen<4 | 6>(of('family'), readFamilies, [4, 6])
  const asked = of('family').length === 0 ? ([6] as const) : families
  const icmp = of('icmp-type')
  const icmpFamily = asked.includes(6) ? 6 : 4
  // A name means one family's type; the other family uses the number for something else.
  const isNamed = icmp.some(({negate, values}) => !negate && values.some((value) => !/^\d+$/.test(value)))
  const implied = isNamed && asked.length > 1 ? [{side: 'any' as const, negate: false, values: [protocols.icmpv6]}] : []
  return {
    families: asked,
    directions: chosen<Direction>(of('direction'), readDirections, ['ingress', 'egress']),
    addresses: clausesOf(of('ip', 'from-ip', 'to-ip'), readPrefixes),
    ports: clausesOf(of('port', 'from-port', 'to-port'), readRanges),
    protocols: [...clausesOf(of('protocol'), readProtocols), ...implied],
    icmpTypes: clausesOf(icmp, (group) => readIcmpTypes(group, icmpFamily)),
  }
}

function chosen<Value>(
  groups: readonly FilterGroup[],
  read: (group: FilterGroup) => readonly Value[],
  all: readonly Value[],
): readonly Value[] {
  return groups.reduce((rest, group) => {
    const values = read(group)
    return rest.filter((value) => values.includes(value) !== group.negate)
  }, all)
}

const clausesOf = <Value>(
  groups: readonly FilterGroup[],
  read: (group: FilterGroup) => readonly Value[],
): readonly Sided<Value>[] =>
  groups.map((group) => ({side: sides[group.flag] ?? 'any', negate: group.negate, values: read(group)}))

function nothingMatches(groups: readonly FilterGroup[]): Error {
  const isDefault = !groups.some(({flag}) => flag === 'family')
  const flags = groups.map(spelled).join(' ')
  return badUsage(
    `No packet can match ${flags}${isDefault ? ' (--family is 6 unless you say otherwise)' : ''}`,
    isDefault ? 'Loosen the filter, or add --family 4 or --family all.' : 'Loosen or correct the filter.',
  )
}

function checkLimits(asked: AskedFilter): void {
  const sizes = {
    addressClauses: asked.addresses.length,
    prefixes: asked.addresses.flatMap(({values}) => values).length,
    portClauses: asked.ports.length,
    ranges: asked.ports.flatMap(({values}) => values).length,
    protocols: asked.protocols.flatMap(({values}) => values).length,
    icmpTypes: asked.icmpTypes.flatMap(({values}) => values).length,
  }
  const words = {
    addressClauses: 'address filters',
    prefixes: 'addresses',
    portClauses: 'port filters',
    ranges: 'ports',
    protocols: 'protocols',
    icmpTypes: 'ICMP types',
  }
  for (const name of Object.keys(filterLimits) as (keyof typeof filterLimits)[])
    // its own keys
    if (sizes[name] > filterLimits[name])
      throw badUsage(
        `The filter names ${sizes[name]} ${words[name]}, the kernel's programs hold ${filterLimits[name]}`,
        'Use a prefix or a range that covers several, or filter the JSON lines.',
      )
}

/** RFC 4007 §11: a zone says on which interface. One run can look at one. */
function onlyZone(groups: readonly FilterGroup[], clauses: readonly Sided<AddressPrefix>[]): string | undefined {
  const zones = new Set(clauses.flatMap(({values}) => values.flatMap(({zone}) => zone ?? [])))
  if (zones.size === 0) return undefined
  const flags = groups.map(spelled).join(' ')
  if (zones.size > 1)
    throw badUsage(
      `No packet is on two interfaces: ${[...zones].join(', ')}`,
      `Use one zone in ${flags}, or several runs.`,
    )
  if (clauses.some(({negate, values}) => negate && values.some(({zone}) => zone !== undefined)))
    throw badUsage('A negated address cannot carry a zone', "Exclude the interface instead: -i '!eth0'.")
  return [...zones][0]
}

function forKernel(asked: AskedFilter): KernelFilter {
  const [direction, other] = asked.directions
  return {
    families: asked.families,
    ...(direction === undefined || other !== undefined ? {} : {direction}),
    addresses: asked.addresses.map(({side, negate, values}) => ({
      side,
      negate,
      prefixes: values.map((prefix) => ({address: prefixHex(prefix), length: prefix.length})),
    })),
    ports: asked.ports.map(({side, negate, values}) => ({side, negate, ranges: values})),
    protocols: asked.protocols.map(({negate, values}) => ({negate, numbers: values})),
    icmpTypes: asked.icmpTypes.map(({negate, values}) => ({negate, types: values})),
  }
}
