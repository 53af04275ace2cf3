import {expect, test} from 'vitest'
import {flowCountLayout, flowLineLayout} from '../../src/generated/kernel-layout.ts'
import {Pieces} from '../../src/pod-agent/pieces.ts'
import {TickClock} from '../../src/pod-agent/tick-clock.ts'

const tickNs = 4_000_000
const second = 1_000_000_000
const at = (field: number): number => flowLineLayout.count + field

/** One line for each age, in ticks before the clock's pair; negative is after it. */
function linesOf(jiffies: number, ages: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(ages.length * flowLineLayout.size)
  const view = new DataView(bytes.buffer)
  for (const [line, age] of ages.entries()) {
    view.setUint32(line * flowLineLayout.size + at(flowCountLayout.first), jiffies - age, true)
    view.setUint32(line * flowLineLayout.size + at(flowCountLayout.last), jiffies, true)
  }
  return bytes
}

test.each([
  ['far from where 32 bits end', 4_000_000],
  ['where jiffies have just begun anew', 5],
  ['where they are about to', 2 ** 32 - 3],
])('lines are stamped in units of 2^20 ns, however old they are: %s', (_, jiffies) => {
  const nowNs = 90_000 * second
  const ticks = new TickClock({tickNs, jiffies: BigInt(jiffies), monotonicNs: BigInt(nowNs)})
  const ages = [-3, 0, 1, 250, 1007, 1008, 5000, 1_000_000]
  const pieces = new Pieces(3 * flowLineLayout.size, ticks)
  const told = [...pieces.add(linesOf(jiffies, ages)), ...pieces.rest()]
  const stamps = told.flatMap((piece) => {
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength)
    return Array.from({length: piece.byteLength / flowLineLayout.size}, (__, line) => [
      view.getUint32(line * flowLineLayout.size + at(flowCountLayout.first), true),
      view.getUint32(line * flowLineLayout.size + at(flowCountLayout.last), true),
    ])
  })
  const stampOf = (age: number): number => Math.floor((nowNs - age * tickNs) / 2 ** 20) >>> 0
  expect(stamps).toEqual(ages.map((age) => [stampOf(age), stampOf(0)]))
})

test('the stamps go on with the clock', () => {
  const ticks = new TickClock({tickNs, jiffies: 1000n, monotonicNs: BigInt(second)})
  ticks.advance(BigInt(61 * second))
  expect(ticks.recent[(ticks.newest - 16_000) | 0]).toBe(Math.floor((61 * second) / 2 ** 20))
})
