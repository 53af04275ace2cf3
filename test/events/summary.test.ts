import {expect, test} from 'vitest'
import {RunState} from '../../src/events/run-state.ts'
import {summaryObject} from '../../src/events/summary-json.ts'
import {summaryText} from '../../src/events/summary-text.ts'
import {isBalanced} from '../../src/events/summary.ts'
import {noNames} from '../../src/events/names.ts'
import {palette} from '../../src/output/colour.ts'
import {aHello, drain, lines, second, someTotals} from './records.ts'

const clock = {nowNs: 1_700_000_100n * second, elapsedMs: () => 2000}
const stopped = {type: 'stopped', removed: {programs: 3, links: 6, maps: 9}, clean: true, remains: []} as const

function aRun(
  nodes: readonly string[],
  names = noNames,
  clauses: ConstructorParameters<typeof RunState>[0]['clauses'] = [],
): RunState {
  const run = new RunState({names, clauses})
  for (const node of nodes) {
    const state = run.start(node, aHello(), {...clock, node, target: `node/${node}`})
    const totals = someTotals({
      seen: [20, 2000],
      otherFamily: [2, 120],
      rejected: [1, 80],
      overflow: [3, 300],
      badVersion: [1, 40],
      protocols: {tcp: [10, 1000], icmpv6: [6, 460]},
      icmpv6: {128: 6},
    })
    const flows = lines(
      {sourcePort: 40_000, destinationPort: 443, packets: 10, bytes: 1000},
      {source: 'fe80::1', destination: 'ff02::1', icmp: [128, 0], packets: 3, bytes: 460},
    )
    state.add(drain(flows, {totals, final: true}))
    state.finish({stopped, pod: `kube-system/agent-${node}`})
  }
  return run
}

test('every packet that was seen is accounted for, in packets and bytes', () => {
  const [only, ...others] = aRun(['node1']).summaries(10)
  expect(others).toEqual([])
  const {summary} = only!
  expect(isBalanced(summary)).toBe(true)
  expect(summaryObject(summary, {timeNs: clock.nowNs, top: []})).toMatchObject({
    kind: 'summary',
    node: 'node1',
    duration: 2,
    seen: {packets: 20, bytes: 2000},
    filtered: {packets: 3, bytes: 200},
    inFlows: {packets: 13, bytes: 1460},
    overflow: {packets: 3, bytes: 300},
    undecodable: {packets: 1, bytes: 40, reasons: {'bad-version': 1}},
    accounted: true,
    flows: 2,
    lost: {kernelRing: 0, agent: 0, client: 0},
    protocols: {TCP: {packets: 10, bytes: 1000}, ICMPv6: {packets: 6, bytes: 460}},
    classes: {
      ula: {packets: 10, bytes: 1000},
      'link-local': {packets: 3, bytes: 460},
      'multicast-link': {packets: 3, bytes: 460},
    },
    icmp: {'echo-request': 6},
    removed: {programs: 3, links: 6, maps: 9, pod: 'kube-system/agent-node1'},
    clean: true,
  })
})

test('what a filter on names refuses is filtered, and the account still holds', () => {
  const names = {lookup: (ip: string) => (ip === 'fd00::1' ? {namespace: 'shop', pod: 'web-0'} : undefined)}
  const run = aRun(['node1'], names, [{side: 'any', negate: false, wants: [{by: 'pod', prefix: 'web'}]}])
  const [only] = run.summaries(10)
  expect(only!.summary).toMatchObject({
    filtered: {packets: 6, bytes: 660},
    inFlows: {packets: 10, bytes: 1000},
    flows: 1,
  })
  expect(isBalanced(only!.summary)).toBe(true)
  expect([...only!.summary.protocols]).toEqual([['TCP', {packets: 10, bytes: 1000}]])
  expect(only!.summary.icmp.size).toBe(0)
  expect(only!.top.map(({source}) => source.ip)).toEqual(['fd00::1'])
})

test('with a filter on names the ICMP types are those of the flows that are shown', () => {
  const names = {lookup: (ip: string) => (ip === 'fe80::1' ? {namespace: 'shop', pod: 'web-0'} : undefined)}
  const run = aRun(['node1'], names, [{side: 'any', negate: false, wants: [{by: 'pod', prefix: 'web'}]}])
  expect([...run.summaries(10)[0]!.summary.icmp]).toEqual([['echo-request', 3]])
})

test('a run over several nodes of which one began ends with a summary of all that says what is missing', () => {
  const run = aRun(['node1'])
  run.ask(2)
  run.miss('node2', new Error('No image'))
  const all = run.summaries(1)
  expect(all.map(({summary}) => summary.node)).toEqual(['node1', '*'])
  expect(all[1]!.summary).toMatchObject({seen: {packets: 20}, clean: false, failure: 'node2: No image'})
})

test('several nodes end with a summary of all, and the top counts a conversation once', () => {
  const all = aRun(['node1', 'node2']).summaries(1)
  expect(all.map(({summary}) => [summary.node, summary.seen.packets, summary.removed.links])).toEqual([
    ['node1', 20, 6],
    ['node2', 20, 6],
    ['*', 40, 12],
  ])
  expect(all[2]!.top).toMatchObject([{counts: {packets: 10}}])
  expect(all[2]!.summary).toMatchObject({
    clean: true,
    removed: {pods: ['kube-system/agent-node1', 'kube-system/agent-node2']},
  })
})

test('records that the rings had no room for are told by what they were of', () => {
  const run = aRun(['node1'])
  run.nodes[0]!.losses = {neighbours: 2, retransmissions: 0, drops: 1}
  const [only] = run.summaries(0)
  expect(summaryText(only!.summary, {top: [], palette: palette(false)})).toContain(
    "Not heard, because the kernel's rings were full: 2 neighbour changes, 1 dropped packet.",
  )
  expect(summaryObject(only!.summary, {timeNs: clock.nowNs, top: []})).toMatchObject({lost: {kernelRing: 3}})
})

test('a run that lost its agent says that the last counts are missing and does not claim to be clean', () => {
  const run = new RunState({names: noNames, clauses: []})
  const state = run.start('node1', aHello(), {...clock, node: 'node1', target: 'node/node1'})
  state.add(drain(lines({packets: 2}), {totals: someTotals({seen: [5, 500]})}))
  state.finish({failure: new Error('The agent ended')})
  const [only] = run.summaries(10)
  expect(only!.summary).toMatchObject({clean: false, failure: 'The agent ended', isComplete: false})
  expect(summaryText(only!.summary, {top: [], palette: palette(false)})).toContain(
    'the last counts of this run are missing',
  )
})

test('the text says all of it', () => {
  const [only] = aRun(['node1']).summaries(10)
  expect(summaryText(only!.summary, {top: only!.top, palette: palette(false)})).toBe(`
node1: 20 packets, 2.00 kB and 2 flows in 2.0s

  PROTOCOL  PACKETS    BYTES
  TCP            10  1.00 kB
  ICMPv6          6    460 B

  ADDRESSES       PACKETS    BYTES
  ula                  10  1.00 kB
  link-local            3    460 B
  multicast-link        3    460 B

  ICMP          PACKETS
  echo-request        6

  TOP CONVERSATIONS  WITH           PROTOCOL             PACKETS    BYTES  COUNTED AT
  [fd00::1]:40000    [fd00::2]:443  TCP                       10  1.00 kB  eth0
  fe80::1            ff02::1        ICMPv6 echo-request        3    460 B  eth0

  seen 20 = filtered 3 + in flows 13 + overflow 3 + undecodable 1: every packet accounted for
  The flow table was full for 3 packets: they are in the totals, not in the flows. Raise --flows.
  Undecodable: bad-version 1.
  removed 3 programs, 6 links, 9 maps, pod kube-system/agent-node1: looked, and nothing is left
`)
})
