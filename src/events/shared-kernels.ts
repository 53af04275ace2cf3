import type {NodeState} from './node-state.ts'

/** Only a pod's programs keep to its own network namespace: a node's count in each of their kernel's. */
const countsAll = ({target}: NodeState): boolean => !target.startsWith('pod/')

/** Unknown kernels are different ones. */
const isOneKernel = (one: NodeState, other: NodeState): boolean =>
  one.hello.boot !== undefined && one.hello.boot === other.hello.boot

const isTwice = (one: NodeState, other: NodeState): boolean =>
  isOneKernel(one, other) && (countsAll(one) || countsAll(other))

/** Those that together counted everything once: of a kernel that several looked at as a whole, the one that looked longest. */
export function countedOnce(states: readonly NodeState[]): readonly NodeState[] {
  const kept: NodeState[] = []
  for (const state of states.toSorted((a, b) => Number(countsAll(b)) - Number(countsAll(a)) || b.seconds - a.seconds))
    if (!kept.some((other) => isTwice(state, other))) kept.push(state)
  return kept
}

/** What a person must know of a node that starts beside those that have started. */
export function sharedKernelText(state: NodeState, states: readonly NodeState[]): string | undefined {
  const other = states.find((each) => each.key !== state.key && isTwice(each, state))
  if (other === undefined) return undefined
  const name = other.node === state.node ? other.target : other.node
  return `It runs on the same kernel as ${name}, as nodes of kind do: what one of them counts, the other counts too. The sum of all counts it once.`
}
