import {describe, expect, test} from 'vitest'
import {FlowBook} from '../../src/events/flow-book.ts'
import {FlowKey} from '../../src/events/flow-key.ts'
import {aFlow, lines} from './records.ts'

const book = (limit = 100_000): FlowBook => new FlowBook({limit, seed: 1})

describe('a book of flows', () => {
  test('adds lines of the same key, from any CPU and any drain', () => {
    const flows = book()
    flows.add(
      lines({packets: 2, bytes: 300}, {packets: 1, bytes: 100, tcpFlags: 2}, {sourcePort: 9, packets: 5, bytes: 500}),
    )
    flows.add(lines({packets: 4, bytes: 2 ** 33, tcpFlags: 16}))
    expect([flows.size, flows.columns.packets[0], flows.columns.bytes[0], flows.columns.marks[0]]).toEqual([
      2,
      7,
      2 ** 33 + 400,
      18,
    ])
    expect(flows.total).toEqual({packets: 12, bytes: 2 ** 33 + 900})
  })

  test('tells each changed flow once', () => {
    const flows = book()
    flows.add(lines({}, {sourcePort: 1}, {}))
    expect(flows.takeChanged()).toEqual([0, 1])
    expect(flows.takeChanged()).toEqual([])
    flows.add(lines({sourcePort: 1}))
    expect(flows.takeChanged()).toEqual([1])
  })

  test('keeps flows apart that differ in any part of the key', () => {
    const flows = book()
    flows.add(
      lines(
        {}, {source: 'fd00::3'}, {destination: 'fd00::3'}, {sourcePort: 1}, {destinationPort: 1}, {protocol: 17}, {interface: 3}, {direction: 'egress'},
      ), // prettier-ignore
    )
    expect(flows.size).toBe(8)
  })

  test('reads records that do not start at a multiple of four', () => {
    const flows = book()
    const shifted = new Uint8Array(129)
    shifted.set(aFlow({packets: 3}), 1)
    shifted.set(aFlow({packets: 4}), 65)
    flows.add(shifted.subarray(1))
    expect(flows.columns.packets[0]).toBe(7)
  })

  test('stretches first and last across the wrap of the clock', () => {
    const flows = book()
    flows.add(lines({first: 0xffff_fff0, last: 0xffff_fff8}, {first: 0xffff_ffe0, last: 4}))
    expect([flows.columns.first[0], flows.columns.last[0]]).toEqual([0xffff_ffe0, 4])
  })
})

/** Many flows, each with its number in its ports and its bytes. */
function manyLines(count: number, from = 0): Uint8Array {
  const records = new Uint8Array(count * 64)
  const template = aFlow()
  const view = new DataView(records.buffer)
  for (let i = 0; i < count; i++) {
    records.set(template, i * 64)
    view.setUint32(i * 64 + 32, from + i)
    view.setUint32(i * 64 + 40, from + i, true)
  }
  return records
}

test('growing loses no flow', () => {
  const flows = book(1e6)
  for (let drain = 0; drain < 3; drain++) flows.add(manyLines(20_000))
  expect(flows.size).toBe(20_000)
  const key = new FlowKey(flows.columns.keys)
  for (let slot = 0; slot < flows.size; slot += 997) {
    const {sourcePort, destinationPort} = key.at(slot)
    expect(flows.columns.bytes[slot]).toBe(3 * (sourcePort * 65_536 + destinationPort))
  }
})

test('beyond its limit the book forgets the flows with the fewest bytes, tells and counts them', () => {
  const flows = book(1000)
  flows.add(manyLines(2000))
  flows.takeChanged()
  const gone: number[] = []
  flows.forget((slot) => gone.push(flows.columns.bytes[slot] ?? 0))
  expect([flows.size, flows.flows, gone.length, Math.max(...gone)]).toEqual([750, 2000, 1250, 1249])
  expect(flows.forgotten).toEqual({flows: 1250, packets: 1250, bytes: (1249 * 1250) / 2})
  flows.add(manyLines(1, 1999))
  expect([flows.size, flows.columns.bytes[749]]).toEqual([750, 2 * 1999])
})

test('100,000 new flows of one drain are 100,000 rows', () => {
  const flows = book(1e6)
  flows.add(manyLines(100_000))
  expect(flows.size).toBe(100_000)
})

test('what changed and was not told yet is still to be told when others have made room', () => {
  const flows = book(1000)
  flows.add(manyLines(2000))
  flows.takeChanged()
  flows.add(manyLines(10, 1990))
  const excess = [...flows.excess()]
  expect(excess.length).toBe(1250)
  flows.forget()
  expect(flows.excess().length).toBe(0)
  const bytes = flows.takeChanged().map((slot) => flows.columns.bytes[slot])
  expect(bytes.toSorted()).toEqual(Array.from({length: 10}, (_, n) => 2 * (1990 + n)))
})
