import {expect, test} from 'vitest'
import {IcmpCounts} from '../../src/events/icmp-counts.ts'
import {Interfaces} from '../../src/events/interfaces.ts'
import {readTotals, totalsSize} from '../../src/generated/totals.ts'

const second = 1_000_000_000n
/** Two CPUs, each of which has met so many solicitations as they came in. */
function totalsOf(count: number) {
  const empty = readTotals(new DataView(new ArrayBuffer(totalsSize)))
  const {ingress} = empty.directions
  const icmpv6Types = ingress.icmpv6Types.map((_, type) => (type === 135 ? count : 0))
  const each = {directions: {...empty.directions, ingress: {...ingress, icmpv6Types}}}
  return [each, each]
}

test('what the kernel counted is told for whole seconds, of all CPUs, however often it is drained', () => {
  const counts = new IcmpCounts()
  const at = (tenths: bigint, count: number) => [
    ...counts.since({totals: totalsOf(count), nowNs: (tenths * second) / 10n, interfaces: new Interfaces()}),
  ]
  expect(at(0n, 5)).toEqual([])
  expect(at(1n, 40)).toEqual([])
  expect(at(9n, 300)).toEqual([])
  const [told] = at(10n, 505)
  expect(told).toMatchObject({type: 'counts', seconds: 1, interfaces: 1})
  expect(told?.icmpv6.ingress[135]).toBe(1000)
  expect(told?.icmpv6.egress[135]).toBe(0)
  expect(at(25n, 505)).toEqual([])
})
