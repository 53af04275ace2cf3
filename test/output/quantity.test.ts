import {expect, test} from 'vitest'
import {bitRate, byteQuantity, exactCount, plural, shortDuration, siQuantity} from '../../src/output/quantity.ts'

test.each([
  [0, '0'], [0.5, '0.5'], [999, '999'], [999.4, '999.4'], [1000, '1.00 k'], [1234, '1.23 k'], [9995, '10.0 k'], [45_678, '45.7 k'], [99_950, '100 k'], [999_499, '999 k'],
  [999_500, '1.00 M'], [1e9, '1.00 G'], [1e21, '1000 E'],
])('%d is shown as %s', (value, text) => {
  expect(siQuantity(value)).toBe(text)
}) // prettier-ignore

test('a unit follows its SI step', () => {
  expect([byteQuantity(12), byteQuantity(1_500_000), bitRate(125)]).toEqual(['12 B', '1.50 MB', '1.00 kbit/s'])
})

test('summaries show every digit', () => {
  expect([exactCount(1234567), exactCount(2n ** 60n), exactCount(999)]).toEqual([
    '1,234,567',
    '1,152,921,504,606,846,976',
    '999',
  ])
  expect([plural(1, 'packet'), plural(0, 'packet'), plural(1n, 'flow')]).toEqual(['1 packet', '0 packets', '1 flow'])
})

test.each([
  [350, '350ms'], [999.6, '1000ms'], [12_340, '12.3s'], [59_949, '59.9s'], [59_960, '1m 00s'], [245_000, '4m 05s'], [12_000_000, '3h 20m'], [187_200_000, '2d 4h'],
])('%d ms last %s', (ms, text) => {
  expect(shortDuration(ms)).toBe(text)
}) // prettier-ignore
