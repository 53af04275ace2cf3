import {setTimeout as delay} from 'node:timers/promises'
import type {FirstList, FollowedNames} from '../cluster/names.ts'
import {badUsage} from '../errors.ts'
import {isWished, type LabelRequirement, type NameClause, type NameWish} from '../events/name-filter.ts'
import type {Notices} from './notices.ts'

type Kind = 'pods' | 'services'

interface FilterOptions {
  readonly clauses: readonly NameClause[]
  readonly stop: AbortSignal
  readonly notices: Notices
  readonly patienceMs?: number
}

const needs: Readonly<Record<NameWish['by'], readonly Kind[]>> = {
  pod: ['pods'],
  label: ['pods'],
  namespace: ['pods', 'services'],
  service: ['pods', 'services'],
}

/** A filter on names decides as flows come: what it looks for must be known before, and is told where it is not. Throws when it can never be. */
export async function filterNames(
  {
    first,
    table,
  }: {readonly first: FollowedNames['first']; readonly table: Pick<FollowedNames['table'], 'podsAndServices'>},
  {clauses, stop, notices, patienceMs = 5000}: FilterOptions,
): Promise<void> {
  const wishes = clauses.flatMap(({wants}) => wants)
  const kinds = [...new Set(wishes.flatMap(({by}) => needs[by]))]
  if (kinds.length === 0) return
  const over = new AbortController()
  const late = delay(patienceMs, 'late' as const, {signal: AbortSignal.any([over.signal, stop])}).catch(() => undefined)
  const lists = Promise.all(kinds.map(async (kind) => ({kind, ...(await first[kind])})))
  const found = await Promise.race([lists, late])
  over.abort()
  if (found === 'late')
    notices.say('', 'The list of names is not complete yet: until it is, the filter on names misses flows.')
  if (found === undefined || found === 'late') return
  for (const list of found) refuse(list, wishes)
  const known = table.podsAndServices
  const missing = wishes.filter((wish) => !known.some((name) => isWished(wish, name)))
  for (const wish of missing) notices.say('', `${absence(wish)} so far.`)
}

/** A pod in its node's network has no address that would tell it from the others there. */
function absence(wish: NameWish): string {
  switch (wish.by) {
    case 'pod':
      return `No pod with an address of its own has a name that begins with ${inNamespace(wish.namespace, wish.prefix)}`
    case 'namespace':
      return `No pod with an address of its own, and no service, is in namespace ${wish.namespace}`
    case 'service':
      return `There is no service ${inNamespace(wish.namespace, wish.service)}`
    case 'label':
      return `No pod with an address of its own has the labels ${wish.requirements.map(labelText).join(',')}`
  }
}

const inNamespace = (namespace: string | undefined, name: string): string =>
  namespace === undefined ? name : `${namespace}/${name}`

const labelText = ({key, value, negate}: LabelRequirement): string =>
  value === undefined ? `${negate ? '!' : ''}${key}` : `${key}${negate ? '!=' : '='}${value}`

function refuse({kind, refusal, namespace}: FirstList & {readonly kind: Kind}, wishes: readonly NameWish[]): void {
  // A Service is known by its own address too, and by the pods that it selects only with both lists.
  if (refusal !== undefined && (kind === 'pods' || wishes.some(({by}) => by === 'service'))) throw refusal
  const beyond = wishes.find((wish) => namespace !== undefined && 'namespace' in wish && wish.namespace !== namespace)
  if (beyond === undefined || !('namespace' in beyond)) return
  throw badUsage(
    `A filter on names in namespace "${beyond.namespace}" can match nothing: only "${namespace ?? ''}" may be listed`,
    `Ask for permission to list ${kind} there, or filter by --ip.`,
  )
}
