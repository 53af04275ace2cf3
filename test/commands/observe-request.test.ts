import {expect, test} from 'vitest'
import {observeRequest} from '../../src/commands/observe-request.ts'

const plain = {flags: {flows: 8192, top: 10}, targets: [] as string[], raw: []}
const flag = (name: string, input: string) => ({type: 'flag' as const, flag: name, input})

test('the defaults are the contract’s', () => {
  expect(observeRequest(plain)).toMatchObject({
    targets: [],
    allNodes: false,
    interfaces: [],
    hook: 'auto',
    intervalMs: 1000,
    maxDurationMs: 3_600_000,
    agent: {namespace: 'kube-system', profile: 'privileged', dryRun: false},
    filter: {kernel: {families: [6]}},
    view: {colour: 'auto', timeFormat: 'local', isQuiet: false},
  })
})

test('a zone in an address chooses the interface, and must not contradict -i', () => {
  const raw = [flag('ip', 'fe80::1%eth0')]
  expect(observeRequest({...plain, raw}).interfaces).toEqual(['eth0'])
  expect(observeRequest({...plain, raw, flags: {...plain.flags, interface: ['eth*']}}).interfaces).toEqual(['eth0'])
  expect(() => observeRequest({...plain, raw, flags: {...plain.flags, interface: ['eth1']}})).toThrow(
    'is not on the interfaces eth1',
  )
})

test.each([
  [{targets: ['local', 'node1']}, 'The target local stands alone'],
  [{targets: ['local'], raw: [flag('pod', 'web')]}, 'knows addresses only'],
  [{targets: ['node1'], flags: {...plain.flags, 'all-nodes': true}}, 'exclude each other'],
  [{flags: {...plain.flags, selector: 'a=b', 'all-nodes': true}}, 'exclude each other'],
  [{flags: {...plain.flags, duration: '2h'}}, '--duration is longer than --max-duration'],
  [{flags: {...plain.flags, interval: '10ms'}}, 'shorter than 100ms'],
  [{flags: {...plain.flags, flows: 1000}}, 'is not a power of two'],
])('%j is refused', (changes, message) => {
  expect(() => observeRequest({...plain, ...changes})).toThrow(message)
})
