import {setTimeout as delay} from 'node:timers/promises'
import type {FirstList, FollowedNames} from '../cluster/names.ts'
import {badUsage} from '../errors.ts'
import type {NameClause, NameWish} from '../events/name-filter.ts'
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

/** A filter on names decides as flows come: what it looks for must be known before. Throws when it can never be. */
export async function filterNames(
  {first}: Pick<FollowedNames, 'first'>,
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
  else for (const list of found ?? []) refuse(list, wishes)
}

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
