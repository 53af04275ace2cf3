import {expect, test} from 'vitest'
import {countedOnce, sharedKernelText} from '../../src/events/shared-kernels.ts'
import {NodeState} from '../../src/events/node-state.ts'
import {aHello} from './records.ts'

const place = (target: string, boot: string | undefined, elapsedMs = 1000): NodeState =>
  new NodeState(target, aHello(boot === undefined ? {} : {boot}), {
    node: target.replace(/^node\//, ''), target, nowNs: 0n, elapsedMs: () => elapsedMs, flowLimit: 1, hashSeed: 1,
  }) // prettier-ignore

const names = (states: readonly NodeState[]): readonly string[] => states.map(({target}) => target).toSorted()

test('of nodes that share a kernel, the one that looked longest is summed', () => {
  const [short, long, other] = [place('node/a', 'k1'), place('node/b', 'k1', 2000), place('node/c', 'k2')]
  expect(names(countedOnce([short, long, other]))).toEqual(['node/b', 'node/c'])
  expect(sharedKernelText(short, [short, other])).toBeUndefined()
  expect(sharedKernelText(long, [short, long, other])).toMatch(/^It runs on the same kernel as a,/)
})

test('a pod is counted by its node too, and two pods of one kernel are counted apart', () => {
  const [node, one, two] = [place('node/a', 'k1'), place('pod/shop/one', 'k1', 5000), place('pod/shop/two', 'k1')]
  expect(names(countedOnce([one, node]))).toEqual(['node/a'])
  expect(names(countedOnce([one, two]))).toEqual(['pod/shop/one', 'pod/shop/two'])
  expect(sharedKernelText(two, [one, two])).toBeUndefined()
})

test('a kernel that does not say which it is, is one of its own', () => {
  const states = [place('node/a', undefined), place('node/b', undefined)]
  expect(countedOnce(states)).toHaveLength(2)
})
