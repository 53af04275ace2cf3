import {expect, test} from 'vitest'
import {ConversationBook} from '../../src/events/conversation-book.ts'
import {ratedCounts} from '../../src/events/conversation-row.ts'
import {FlowBook} from '../../src/events/flow-book.ts'
import {FlowBuckets} from '../../src/events/heaviest-flows.ts'
import {noNames} from '../../src/events/names.ts'
import {RunState} from '../../src/events/run-state.ts'
import {randomNumbers} from '../support/mutations.ts'
import {aHello, drain, type FlowParts, lines, second} from './records.ts'

const clock = {nowNs: 1_700_000_100n * second, elapsedMs: () => 2000}

/** Both directions on one to three interfaces, so that no conversation's flows add up to what it counted at one of them. */
function someFlows(random: (below: number) => number): readonly FlowParts[] {
  return Array.from({length: 300}, (_, n): readonly FlowParts[] => {
    const [client, server] = [`fd00::${(n + 1).toString(16)}`, 'fd00::ffff']
    const bytes = 100 * (1 + random(50))
    const isPing = n % 7 === 0
    return Array.from({length: 1 + random(3)}, (__, hop): readonly FlowParts[] => {
      const place = {interface: hop + 2, direction: 'ingress' as const, bytes, packets: 3}
      if (isPing) {
        const echo = {...place, protocol: 58, icmp: [128, 0] as const}
        return [{...echo, source: client, destination: server}, {...echo, source: server, destination: client, icmp: [129, 0]}] // prettier-ignore
      }
      const [here, there] = [40_000 + n, 443]
      return [
        {...place, source: client, destination: server, sourcePort: here, destinationPort: there},
        {...place, source: server, destination: client, sourcePort: there, destinationPort: here, bytes: random(9000)},
      ]
    }).flat()
  }).flat()
}

test('the top flows of a summary are those that ranking every conversation finds', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const flows = someFlows(randomNumbers(seed))
    const run = new RunState({names: noNames, clauses: []})
    const state = run.start('node1', aHello(), {...clock, node: 'node1', target: 'node/node1'})
    state.add(drain(lines(...flows), {final: true}))
    const book = new ConversationBook(10_000)
    book.add(state, {slots: [...Array(state.book.size).keys()], seconds: 2})
    const all = [...book.entries()].map(([, each]) => ratedCounts(each, book).counts.bytes).toSorted((a, b) => b - a)
    const top = run.summaries(10)[0]?.top ?? []
    expect(all.length).toBe(300)
    expect(top.map(({counts}) => counts.bytes)).toEqual(all.slice(0, 10))
  }
}, 60_000)

test('flows that all weigh the same are ranked some thousand at a time, each in one group', () => {
  const many = Array.from({length: 20_000}, (_, n) => ({source: 'fd00::1', destination: `fd00:${n.toString(16)}::2`}))
  const book = new FlowBook({limit: 50_000, seed: 1})
  book.add(lines(...many))
  const buckets = new FlowBuckets([book])
  const slots: number[] = []
  let most = 0
  for (const group of buckets.groups(40)) {
    const some = buckets.slotsOf(group, book)
    most = Math.max(most, some.length)
    slots.push(...some)
  }
  expect(most).toBeLessThan(5000)
  expect(slots.toSorted((one, other) => one - other)).toEqual([...Array(20_000).keys()])
})
