import {describe, expect, test} from 'vitest'
import {interfacePatterns} from '../../src/commands/interface-patterns.ts'
import {planRun} from '../../src/commands/flow-source.ts'
import {observeRequest} from '../../src/commands/observe-request.ts'
import {interfaceChoice} from '../../src/pod-agent/choose-interface.ts'
import {readSettings} from '../../src/pod-agent/settings.ts'

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
  [{flags: {...plain.flags, interface: ['eth*', '!*']}}, 'leaves out every interface'],
  [{flags: {...plain.flags, duration: '2h'}}, '--duration is longer than --max-duration'],
  [{flags: {...plain.flags, interval: '10ms'}}, 'shorter than 100ms'],
  [{flags: {...plain.flags, interval: '301s'}}, 'is longer than 5m, and the kernel counts'],
  [{flags: {...plain.flags, 'max-duration': '30d'}}, '--max-duration is longer than 24d'],
  [{flags: {...plain.flags, 'max-duration': '200000000d'}}, '--max-duration is longer than 24d'],
  [{flags: {...plain.flags, interface: ['eth[!0]']}}, '-i "eth[!0]" is no interface or glob'],
  [{flags: {...plain.flags, interface: ['[z-a]']}}, 'has a range that ends before it starts: z-a'],
  [{flags: {...plain.flags, interface: Array<string>(257).fill('eth0')}}, '-i is given more than 256 times'],
  [{flags: {...plain.flags, flows: 1000}}, 'is not a power of two'],
])('%j is refused', (changes, message) => {
  expect(() => observeRequest({...plain, ...changes})).toThrow(message)
})

describe('what is taken here, the agent takes', () => {
  /** Throws what the agent would say. */
  const agentTakes = (flags: Readonly<Record<string, unknown>>): void => {
    const {settings} = planRun(observeRequest({...plain, flags: {...plain.flags, ...flags}}))
    const {interfaces} = readSettings(JSON.stringify({...settings, port: 1}))
    interfaceChoice(interfaces)
  }

  test.each([
    {'max-duration': '24d', interval: '5m'},
    {'max-duration': '1ms', interval: '100ms'},
    {flows: 64},
    {flows: 1 << 20},
    {interface: Array<string>(256).fill('eth*')},
  ])('at the limits: %j', (flags) => {
    expect(() => agentTakes(flags)).not.toThrow()
  })

  test('in every pattern of up to four of the characters that mean something', () => {
    const characters = ['a', 'z', '-', '[', ']', '!', '*', '^', '\\', ' ']
    let patterns = ['']
    const verdicts = {taken: 0, refused: 0}
    for (let length = 1; length <= 4; length++) {
      patterns = patterns.flatMap((start) => characters.map((character) => start + character))
      for (const pattern of patterns) verdicts[verdict(pattern)]++
    }
    expect(verdicts.taken).toBeGreaterThan(1000)
    expect(verdicts.refused).toBeGreaterThan(1000)
  })

  /** The two sides must not differ. */
  function verdict(pattern: string): 'taken' | 'refused' {
    const here = isFine(() => interfacePatterns([pattern], undefined))
    const agent = isFine(() => interfaceChoice(interfacesOf({interfaces: [pattern]})))
    if (here !== agent) throw new Error(`${pattern}: here ${here}, the agent ${agent}`)
    return here ? 'taken' : 'refused'
  }
  const {settings} = planRun(observeRequest(plain))
  const interfacesOf = (changes: object) => readSettings(JSON.stringify({...settings, port: 1, ...changes})).interfaces
})

function isFine(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch {
    return false
  }
}
