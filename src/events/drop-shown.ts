import type {DropKind, DropPair, NetworkFacts} from '../protocol/drops.ts'
import type {DropRow} from './drop-book.ts'
import {matchesNames, type NameClause} from './name-filter.ts'
import type {EndName, Names} from './names.ts'

export interface NamedPair extends DropPair {
  readonly from: EndName | undefined
  readonly to: EndName | undefined
}

/** What is shown of a row, with names. */
export interface ShownDrop extends Omit<DropRow, 'pairs'> {
  /** The largest first; what is missing to `count` is of other pairs, or of none that could be read. */
  readonly pairs: readonly NamedPair[]
  readonly network: NetworkFacts | undefined
  /** Whose network namespace it was dropped in. */
  readonly pod: EndName | undefined
}

export interface ChosenDrop {
  readonly shown: ShownDrop
  /** Packets that the filter on names leaves out. */
  readonly left: number
  /** Packets of which it cannot tell, for they have no known addresses. */
  readonly undecided: number
}

export interface ShowOptions {
  readonly names: Names
  readonly clauses: readonly NameClause[]
  readonly network: NetworkFacts | undefined
}

/** Names the ends of a row, and leaves out the pairs that no filter on names wants. */
export function chooseDrop(row: DropRow, {names, clauses, network}: ShowOptions): ChosenDrop {
  const pod = network?.podUid === undefined ? undefined : names.podOf?.(network.podUid)
  const pairs = row.pairs.map((pair) => named(pair, {names, pod, kind: row.kind}))
  const shown = {...row, pairs, network, pod}
  if (clauses.length === 0) return {shown, left: 0, undecided: 0}
  const wanted = pairs.filter(({from, to}) => matchesNames(clauses, {source: from, destination: to}))
  const [count, known] = [sumOf(wanted), sumOf(pairs)]
  return {shown: {...shown, pairs: wanted, count}, left: known - count, undecided: row.count - known}
}

/** An address that names nobody, such as a link-local one, is the pod's where it is the end that the pod's namespace must be. */
function named(
  pair: DropPair,
  {names, pod, kind}: {readonly names: Names; readonly pod: EndName | undefined; readonly kind: DropKind},
): NamedPair {
  const here = (isHere: boolean): EndName | undefined => (isHere ? pod : undefined)
  return {
    ...pair,
    from: names.lookup(pair.source) ?? here(kind.direction === 'egress'),
    to: names.lookup(pair.destination) ?? here(kind.direction === 'ingress'),
  }
}

const sumOf = (pairs: readonly DropPair[]): number => pairs.reduce((sum, {count}) => sum + count, 0)
