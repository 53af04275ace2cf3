import {expect, test} from 'vitest'
import {icmpName, icmpTypeNumber} from '../../src/events/icmp-names.ts'

test.each([
  [6, 2, 0, 'packet-too-big'], [6, 1, 4, 'destination-unreachable/port-unreachable'], [6, 3, 0, 'time-exceeded/hop-limit-exceeded'], [6, 135, 0, 'neighbor-solicitation'],
  [6, 143, 0, 'multicast-listener-report-v2'], [6, 200, 0, 'type-200'], [6, 128, 5, 'echo-request/code-5'], [4, 8, 0, 'echo-request'], [4, 3, 1, 'destination-unreachable/code-1'],
] as const)('in IPv%i, type %i code %i is %s', (...[family, type, code, name]) => {
  expect(icmpName({family, type}, code)).toBe(name)
}) // prettier-ignore

test.each([
  ['2', 2], ['packet_too_big', 2], ['Neighbour Advertisement', 136], ['mldv2-report', 143], ['256', undefined], ['ping', undefined],
])('%j is type %s', (text, type) => {
  expect(icmpTypeNumber(text, 6)).toBe(type)
}) // prettier-ignore
