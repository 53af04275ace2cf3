import {describe, expect, test} from 'vitest'
import {dropScreen} from '../../src/events/drop-screen.ts'
import type {NamedPair, ShownDrop} from '../../src/events/drop-shown.ts'
import {dropFields, dropSummary, joinDropSums} from '../../src/events/drop-summary.ts'
import {type DropOrder, DropTable} from '../../src/events/drop-table.ts'
import {firstChoice, type LiveChoice} from '../../src/events/live-choice.ts'
import {palette} from '../../src/output/colour.ts'
import {aNode} from './records.ts'

const byRate = firstChoice<DropOrder>('rate')
const pair = (source: string, count: number, name?: string): NamedPair => ({
  source,
  destination: 'fd00::b',
  count,
  from: name === undefined ? undefined : {namespace: 'shop', pod: name},
  to: undefined,
})

function aDrop(reason: string, count: number, changes: Partial<ShownDrop> = {}): ShownDrop {
  const kind = {reason, symbol: 'nft_do_chain', family: 6, protocol: 17, direction: 'ingress', interface: 'eth0', network: 7} as const // prettier-ignore
  return {kind, count, total: count, pairs: [], network: undefined, pod: undefined, ...changes}
}

describe('the table of drops', () => {
  const node = aNode('node1')
  const table = new DropTable()
  const ranked = (changes: Partial<LiveChoice<DropOrder>> = {}, isAll = false) =>
    table.rank({...byRate, ...changes}, {isAll})
  table.add(node, {rows: [aDrop('NETFILTER_DROP', 30, {pairs: [pair('fd00::1', 30)]}), aDrop('OTHERHOST', 50)], seconds: 2}) // prettier-ignore
  table.add(node, {rows: [aDrop('NETFILTER_DROP', 10, {pairs: [pair('fd00::1', 4), pair('fd00::2', 6, 'web\u001b[2J')]}), aDrop('NO_SOCKET', 35)], seconds: 1}) // prettier-ignore
  const counted = (rows: readonly {readonly count: number; readonly rate: number}[]) =>
    rows.map(({count, rate}) => [count, rate])

  test('has rates of the last refresh, counts of all, and benign ones only where they are asked for', () => {
    expect(counted(ranked().rows)).toEqual([[35, 35], [40, 10]]) // prettier-ignore
    expect(counted(ranked({sort: 'packets'}, true).rows)).toEqual([[50, 0], [40, 10], [35, 35]]) // prettier-ignore
    expect(ranked()).toMatchObject({kinds: 2, rate: 45})
  })

  test('adds up who sent to whom', () => {
    expect(ranked({sort: 'packets'}).rows[0]?.pairs.map(({source, count}) => [source, count])).toEqual([['fd00::1', 34], ['fd00::2', 6]]) // prettier-ignore
  })

  test('finds reasons, words, places, addresses and names', () => {
    const found = (filter: string): number => ranked({filter}, true).rows.length
    expect(['netfilter_drop', 'nobody listens', 'eth0', 'FD00::2', 'shop/web', 'nothing like it'].map(found)).toEqual([
      1, 1, 3, 1, 1, 0,
    ])
  })

  test('is a screen on which no name speaks to the terminal', () => {
    const choice = {...byRate, selected: ranked().rows[1]?.key, isOpen: true}
    const moment = {
      choice,
      offset: 0,
      page: 10,
      history: [1, 45],
      nodes: [node],
      seconds: 3,
      status: '',
      title: 'node1',
    }
    const sums = {...joinDropSums([]), total: 125, benign: 50}
    const screen = dropScreen({...moment, ranked: ranked(), sums, isAll: false})
    expect(screen.header.map(([left]) => left)).toEqual([
      'kubectl ipv6 drops node1',
      '45 pkt/s dropped  ▁█',
      'dropped 125: 50 benign, not shown',
      '',
    ])
    expect(screen.rows[1]?.cells.slice(0, 4)).toEqual(['10', '40', 'netfilter', 'a rule of nftables, ip6tables or a network policy']) // prettier-ignore
    expect(screen.rows[1]?.details).toContain('           6 fd00::2 (shop/web\\u{1b}[2J) → fd00::b')
    expect(JSON.stringify(screen)).not.toContain('\\u001b')
  })
})

test("the end of one node tells how its counters moved, that of several nodes nothing of anybody's", () => {
  const one = {...joinDropSums([]), counters: {Ip6InNoRoutes: 7}}
  const place = {title: 'node1', seconds: 1, palette: palette(false)}
  expect(dropSummary(one, place)).toContain('+7  Ip6InNoRoutes  no route to their destination')
  const both = joinDropSums([one, one])
  expect(dropSummary(both, place)).not.toContain('counters')
  expect([dropFields(one), dropFields(both)].map((each) => each['counters'])).toEqual([{Ip6InNoRoutes: 7}, undefined])
})
