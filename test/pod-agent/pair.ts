import {afterAll, beforeAll} from 'vitest'
import {enterNetwork} from '../../src/pod-agent/native/netns.ts'
import {Namespace} from './namespace.ts'
import {addPair} from './traffic.ts'

/** Filled before the first test of a file runs. */
export interface Pair {
  home: Namespace
  far: Namespace
}

/** The tests of the file that calls this run in `home`, whose v0 is joined to v1 of `far`; both end with them. */
export function runInPair(): Readonly<Pair> {
  const pair: Partial<Pair> = {}
  beforeAll(() => {
    pair.home = new Namespace()
    pair.far = new Namespace()
    enterNetwork(pair.home.path)
    addPair(pair.home, pair.far, ['v0', 'v1'])
  })
  afterAll(() => {
    pair.home?.[Symbol.dispose]()
    pair.far?.[Symbol.dispose]()
  })
  return pair as Pair // whole once a test runs
}
