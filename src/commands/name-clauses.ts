import {badUsage} from '../errors.ts'
import type {LabelRequirement, NameClause, NameWish} from '../events/name-filter.ts'
import type {FilterFlag, FilterGroup} from './filter-token.ts'

const readers: Partial<Record<FilterFlag, {side: NameClause['side']; read: (value: string) => NameWish}>> = {
  pod: {side: 'any', read: podWish},
  'from-pod': {side: 'source', read: podWish},
  'to-pod': {side: 'destination', read: podWish},
  'from-namespace': {side: 'source', read: (namespace) => ({by: 'namespace', namespace})},
  'to-namespace': {side: 'destination', read: (namespace) => ({by: 'namespace', namespace})},
  service: {side: 'any', read: serviceWish},
  label: {side: 'any', read: (selector) => ({by: 'label', requirements: selector.split(',').map(requirement)})},
}

/** The filters that need names from the cluster, and so are decided here and not in the kernel. */
export function nameClauses(groups: readonly FilterGroup[]): readonly NameClause[] {
  return groups.flatMap(({flag, negate, values}) => {
    const reader = readers[flag]
    if (reader === undefined) return []
    const empty = values.find((value) => value === '' || value.endsWith('/'))
    if (empty !== undefined) throw badUsage(`--${flag} ${empty} names nothing`, `Give --${flag} a name.`)
    return [{side: reader.side, negate, wants: values.map((value) => reader.read(value))}]
  })
}

function split(value: string): {readonly namespace?: string; readonly name: string} {
  const slash = value.indexOf('/')
  return slash === -1 ? {name: value} : {namespace: value.slice(0, slash), name: value.slice(slash + 1)}
}

function podWish(value: string): NameWish {
  const {name: prefix, ...rest} = split(value)
  return {by: 'pod', prefix, ...rest}
}

function serviceWish(value: string): NameWish {
  const {name: service, ...rest} = split(value)
  return {by: 'service', service, ...rest}
}

function requirement(text: string): LabelRequirement {
  const [, bang = '', key, operator, value] = /^(!?)([^=!\s]+)(?:(==|=|!=)([^=!\s]*))?$/.exec(text.trim()) ?? []
  if (key === undefined || (bang !== '' && operator !== undefined))
    throw badUsage(
      `--label ${text} is no label selector`,
      'Write it as app=web, app!=web, app or !app, several with commas.',
    )
  return operator === undefined ? {key, negate: bang !== ''} : {key, value: value ?? '', negate: operator === '!='}
}
