import {expect, test} from 'vitest'
import {protocolName, protocolNumber} from '../../src/events/protocol-names.ts'

test('a protocol is named as IANA does, an unnamed one by its number', () => {
  expect([6, 17, 58, 132, 50, 253].map(protocolName)).toEqual(['TCP', 'UDP', 'ICMPv6', 'SCTP', 'ESP', '253'])
})

test('a protocol is read in any case or by its number, and every name is read back', () => {
  expect(['tcp', 'ICMPV6', '47', 'ipv6-nonxt'].map(protocolNumber)).toEqual([6, 58, 47, 59])
  expect(['', '256', 'tpc', '-1'].map(protocolNumber)).toEqual([undefined, undefined, undefined, undefined])
  for (let number = 0; number < 256; number++) expect(protocolNumber(protocolName(number))).toBe(number)
})
