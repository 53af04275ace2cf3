import {execFileSync} from 'node:child_process'
import {isIPv4, isIPv6} from 'node:net'
import {describe, expect, test} from 'vitest'
import {formatBytes, formatIPv6, parseAddress} from '../../src/address/text.ts'

const again = (text: string): string | undefined => {
  const address = parseAddress(text)
  if (address === undefined) return undefined
  return formatBytes(address.bytes, address.family) + (address.zone === undefined ? '' : `%${address.zone}`)
}

describe('an address is read in any spelling and written as RFC 5952 says', () => {
  test.each([
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // §4.2.3: the first of equal runs
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // §4.2.2: one group is no run
    ['2001:0:0:1::1', '2001:0:0:1::1'],
    ['0:0:0:1:0:0:0:0', '0:0:0:1::'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['[fe80::1%eth0]', 'fe80::1%eth0'],
    ['fe80::1%cali0123', 'fe80::1%cali0123'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::FFFF:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
  ])('%s becomes %s', (spelling, canonical) => {
    expect(again(spelling)).toBe(canonical)
  })

  test.each([
    '', ':', ':::', '1', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', '12345::', 'g::', '::1%', 'fe80::1%a%b', '1:2:3:4:5:6:7:8::',
    '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.4%eth0', '[1.2.3.4]', '::1.2.3', '1.2.3.4::', '::1.2.3.4:5', ' ::1', '::1 ', 'fd00::/8', '[::1', 'node1', '+1::',
  ])('%j is no address', (text) => {
    expect(again(text)).toBeUndefined()
  }) // prettier-ignore
})

/** Spellings near the edge of the grammar, the same on every run. */
function* spellings(count: number): Generator<string> {
  let state = 0x2545f491
  const below = (limit: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % limit
  }
  const pieces = [
    '0',
    '0',
    '0',
    '::',
    ':',
    ':',
    ':',
    'ffff',
    'db8',
    '1',
    'A0',
    '00',
    '12345',
    '10.0.0.1',
    '.',
    '256',
    '',
  ]
  for (let i = 0; i < count; i++) {
    const length = 1 + below(17)
    yield below(2) === 0
      ? Array.from({length}, () => pieces[below(pieces.length)]).join('')
      : Array.from({length: 8}, () => (below(2) === 0 ? '0' : below(65536).toString(16))).join(':')
  }
}

test('what is an address and what is not agrees with Node’s own parser', () => {
  for (const text of spellings(20_000)) {
    const address = parseAddress(text)
    expect([text, address?.family]).toEqual([text, isIPv6(text) ? 6 : isIPv4(text) ? 4 : undefined])
  }
})

test('the value and the canonical text agree with Python’s ipaddress', () => {
  const valid = [...spellings(8_000)].filter((text) => isIPv6(text))
  expect(valid.length).toBeGreaterThan(1000)
  const script =
    'import sys, ipaddress\nfor line in sys.stdin:\n a = ipaddress.IPv6Address(line.strip()); print(a.packed.hex(), a)'
  const theirs = execFileSync('python3', ['-c', script], {input: valid.join('\n'), encoding: 'utf8'})
    .trim()
    .split('\n')
  const ours = valid.map((text) => {
    const bytes = parseAddress(text)!.bytes
    return `${Buffer.from(bytes).toString('hex')} ${formatIPv6(bytes)}`
  })
  // Python before 3.13 writes v4-mapped addresses in hexadecimal; RFC 5952 §5 asks for dots.
  const mixed = (line: string): boolean => line.slice(20, 24) === 'ffff' && line.startsWith('0'.repeat(20))
  expect(ours.filter((line) => !mixed(line))).toEqual(theirs.filter((line) => !mixed(line)))
})
