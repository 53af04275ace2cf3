import {badUsage} from '../errors.ts'

/** The flags that select packets, as the contract names them. */
export const filterFlagNames = [
  'family', 'ip', 'from-ip', 'to-ip', 'port', 'from-port', 'to-port', 'protocol', 'icmp-type', 'direction',
  'pod', 'from-pod', 'to-pod', 'from-namespace', 'to-namespace', 'service', 'label',
] as const // prettier-ignore
export type FilterFlag = (typeof filterFlagNames)[number]

/** Every value given to one flag, all negated or none: alternatives. */
export interface FilterGroup {
  readonly flag: FilterFlag
  readonly negate: boolean
  readonly values: readonly string[]
}

export interface FlagToken {
  readonly flag: string
  readonly input: string
}

/** From flags in the order of the command line: `--not` concerns the filter right after it and nothing else. */
export function groupFilters(tokens: readonly FlagToken[]): readonly FilterGroup[] {
  const groups = new Map<string, {flag: FilterFlag; negate: boolean; values: string[]}>()
  let negate = false
  for (const {flag, input} of tokens) {
    if (flag === 'not') {
      if (negate) throw badUsage('--not --not negates nothing', 'Write --not once, right before a filter.')
      negate = true
      continue
    }
    const filter = filterFlagNames.find((name) => name === flag)
    if (negate && filter === undefined) throw misplacedNot(`--${flag} is none`)
    if (filter === undefined) continue
    const key = `${filter} ${negate}`
    const group = groups.get(key) ?? {flag: filter, negate, values: []}
    group.values.push(input)
    groups.set(key, group)
    negate = false
  }
  if (negate) throw misplacedNot('nothing follows')
  return [...groups.values()]
}

const misplacedNot = (why: string): Error =>
  badUsage(`--not must stand right before a filter, and ${why}`, 'For example: --not --port 443')

export const spelled = ({flag, negate, values}: FilterGroup): string =>
  values.map((value) => `${negate ? '--not ' : ''}--${flag} ${value}`).join(' ')
