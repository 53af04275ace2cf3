import {expect, test} from 'vitest'
import {coversIPv4, isPrefixWithin, isWithin, parsePrefix, prefixHex} from '../../src/address/prefix.ts'
import {parseAddress} from '../../src/address/text.ts'

test.each([
  ['fd00::/8', 'fd00000000000000'.padEnd(32, '0'), 8],
  ['fd00::1/64', 'fd00'.padEnd(32, '0'), 64],
  ['2001:DB8::1', '20010db8000000000000000000000001', 128],
  ['fdff::/7', 'fc'.padEnd(32, '0'), 7],
  ['::/0', '0'.repeat(32), 0],
  ['10.1.2.3/8', '00000000000000000000ffff0a000000', 104],
  ['0.0.0.0/0', '00000000000000000000ffff00000000', 96],
  ['::ffff:10.0.0.0/104', '00000000000000000000ffff0a000000', 104],
])('%s is %s/%i', (text, ...expected) => {
  const prefix = parsePrefix(text)!
  expect([prefixHex(prefix), prefix.length]).toEqual(expected)
})

test.each(['fd00::/129', '10.0.0.0/33', 'fd00::/', 'fd00::/-1', 'fd00::/08', '/8', 'fd00::/8/8', 'x/8'])(
  '%j is no prefix',
  (text) => {
    expect(parsePrefix(text)).toBeUndefined()
  },
)

test('a prefix holds exactly the addresses that share its first bits', () => {
  const prefix = parsePrefix('2001:db8:8000::/33')!
  expect(isWithin(prefix, parseAddress('2001:db8:ffff::1')!.bytes)).toBe(true)
  expect(isWithin(prefix, parseAddress('2001:db8:7fff::1')!.bytes)).toBe(false)
  expect(isPrefixWithin(parsePrefix('2001:db8:c000::/34')!, prefix)).toBe(true)
  expect(isPrefixWithin(parsePrefix('2001:db8::/32')!, prefix)).toBe(false)
})

test('an IPv6 prefix that holds ::ffff:0:0/96 or lies in it covers IPv4', () => {
  expect(['::/0', '::ffff:10.0.0.1', '::ffff:0:0/96'].every((text) => coversIPv4(parsePrefix(text)!))).toBe(true)
  expect(coversIPv4(parsePrefix('fd00::/8')!)).toBe(false)
})
