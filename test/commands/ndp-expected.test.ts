import {expect, test} from 'vitest'
import {reader} from '../../src/commands/flag-reader.ts'
import {readExpected} from '../../src/commands/ndp-expected.ts'

const read = (flag: string, ...values: readonly string[]) => readExpected(reader({[flag]: values}))

test('routers, DNS servers and announcers that are expected are taken in any spelling', () => {
  expect(read('expect-router', 'FE80:0::1', '02-00-5E-00-00-01')).toEqual({routers: ['fe80::1', '02:00:5e:00:00:01']})
  expect(read('expect-dns', '2001:db8::53', 'fd00:53::/64')).toEqual({nameServers: ['2001:db8::53', 'fd00:53::/64']})
  expect(read('expect-announcer', 'fd00:0:0:0::50')).toEqual({announcers: ['fd00::50']})
  expect(readExpected(reader({}))).toEqual({})
})

test.each([
  ['expect-router', '2001:db8::1', 'is no link-local address and no MAC'],
  ['expect-router', 'fe80::1%eth0', 'is no link-local address and no MAC'],
  ['expect-router', '02:00:5e', 'is no link-local address and no MAC'],
  ['expect-dns', '10.0.0.53', 'is no IPv6 address or prefix'],
  ['expect-dns', 'dns.example', 'is no IPv6 address or prefix'],
  ['expect-announcer', 'fd00::/64', 'is no IPv6 address'],
])('--%s %s would match nothing, and is refused', (flag, value, message) => {
  expect(() => read(flag, value)).toThrow(message)
})
