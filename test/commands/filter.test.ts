import {describe, expect, test} from 'vitest'
import type {FlagToken} from '../../src/commands/filter-token.ts'
import {canMatch, parseFilter} from '../../src/commands/filter.ts'

/** `--not --port 443` as the tokens oclif makes of it. */
function tokens(line: string): FlagToken[] {
  return line
    .split('--')
    .slice(1)
    .map((part) => {
      const [flag = '', ...input] = part.trim().split(' ')
      return {flag, input: input.join(' ')}
    })
}
const filter = (line: string) => parseFilter(tokens(line))
const kernel = (line: string) => filter(line).kernel

test('without a filter, every IPv6 packet is wanted', () => {
  expect(filter('')).toEqual({
    kernel: {families: [6], addresses: [], ports: [], protocols: [], icmpTypes: []},
    names: [],
    text: '',
  })
})

test('the same flag twice is one clause of alternatives, different flags are clauses of their own', () => {
  expect(kernel('--port 443 --from-ip fd00::/8 --port 8000-8100').ports).toEqual([
    {side: 'any', negate: false, ranges: [{first: 443, last: 443}, {first: 8000, last: 8100}]},
  ]) // prettier-ignore
  expect(kernel('--from-ip fd00::1 --to-ip FD00::2').addresses).toEqual([
    {side: 'source', negate: false, prefixes: [{address: 'fd000000000000000000000000000001', length: 128}]},
    {side: 'destination', negate: false, prefixes: [{address: 'fd000000000000000000000000000002', length: 128}]},
  ])
})

test('--not concerns the next filter only', () => {
  expect(kernel('--not --port 80 --port 443').ports).toEqual([
    {side: 'any', negate: true, ranges: [{first: 80, last: 80}]},
    {side: 'any', negate: false, ranges: [{first: 443, last: 443}]},
  ])
  expect(kernel('--not --protocol tcp').protocols).toEqual([{negate: true, numbers: [6]}])
  expect(kernel('--family all --not --family 4').families).toEqual([6])
  expect(kernel('--not --direction ingress').direction).toBe('egress')
  expect(kernel('--direction ingress --direction egress').direction).toBeUndefined()
})

test('ICMP types are read by name or number, in the words of the family', () => {
  expect(kernel('--icmp-type 2 --icmp-type neighbour-solicitation --icmp-type ra').icmpTypes).toEqual([
    {negate: false, types: [2, 135, 134]},
  ])
  expect(kernel('--family 4 --icmp-type echo-request').icmpTypes).toEqual([{negate: false, types: [8]}])
})

test('an ICMP type by name means ICMPv6 also when both families are looked at', () => {
  expect(kernel('--family all --icmp-type echo-request')).toMatchObject({
    families: [4, 6],
    protocols: [{negate: false, numbers: [58]}],
    icmpTypes: [{types: [128]}],
  })
})

test('IPv4 and v4-mapped addresses are held alike', () => {
  const mapped = {address: '00000000000000000000ffff0a000001', length: 128}
  expect(kernel('--family 4 --ip 10.0.0.1').addresses[0]?.prefixes).toEqual([mapped])
  expect(kernel('--family 4 --ip ::ffff:10.0.0.1').addresses[0]?.prefixes).toEqual([mapped])
})

test('a zone chooses the interface', () => {
  expect(filter('--ip fe80::1%eth0').zone).toBe('eth0')
  expect(() => filter('--ip fe80::1%eth0 --ip fe80::1%eth1')).toThrow('No packet is on two interfaces: eth0, eth1')
})

test('names are left to this side', () => {
  expect(filter('--pod shop/web --not --to-namespace kube-system --label app=web,!canary').names).toEqual([
    {side: 'any', negate: false, wants: [{by: 'pod', namespace: 'shop', prefix: 'web'}]},
    {side: 'destination', negate: true, wants: [{by: 'namespace', namespace: 'kube-system'}]},
    {
      side: 'any',
      negate: false,
      wants: [
        {by: 'label', requirements: [{key: 'app', value: 'web', negate: false}, {key: 'canary', negate: true}]},
      ],
    },
  ]) // prettier-ignore
})

describe('a filter that can match nothing is refused', () => {
  test.each([
    '--family 6 --ip 10.0.0.1',
    '--ip 10.0.0.1',
    '--family 4 --ip fd00::1',
    '--family 6 --not --family 6',
    '--family all --from-ip 10.0.0.1 --to-ip fd00::1',
    '--family 4 --protocol icmpv6',
    '--protocol icmp',
    '--port 443 --protocol icmpv6',
    '--port 443 --protocol 50',
    '--icmp-type 2 --protocol tcp',
    '--icmp-type 2 --port 443',
    '--icmp-type 2 --not --icmp-type packet-too-big',
    '--icmp-type 2 --not --protocol icmpv6',
    '--protocol tcp --not --protocol TCP',
    '--direction ingress --not --direction ingress',
    '--not --direction ingress --not --direction egress',
    '--from-ip fd00::1 --not --from-ip fd00::/8',
    '--from-ip fd00::1 --not --ip fd00::/8',
    '--ip fd00::1 --not --ip fd00::/8',
    '--not --ip ::/0',
    '--ip fd00::1 --from-ip fd00::2 --to-ip fd00::3',
    '--ip fd00::1 --not --from-ip fd00::1 --to-ip fd00::3',
    '--port 443 --not --port 400-500',
    '--from-port 10-20 --not --from-port 10-15 --not --from-port 16-20',
    '--port 443 --from-port 80 --to-port 81',
  ])('%s', (line) => {
    expect(() => filter(line)).toThrow('No packet can match --')
  })

  test.each([
    ['--port 70000', 'ports go from 1 to 65535'],
    ['--port 0', 'ports go from 1 to 65535'],
    ['--port 443-80', 'holds no port'],
    ['--port https', 'is no port'],
    ['--ip node1', 'is no IPv6 or IPv4 address or prefix'],
    ['--ip fd00::/129', 'is no IPv6 or IPv4 address or prefix'],
    ['--protocol tpc', 'is no protocol'],
    ['--protocol 256', 'is no protocol'],
    ['--icmp-type packet-to-big', 'is no ICMPv6 type'],
    ['--family 5', 'is no address family'],
    ['--direction in', 'is no direction'],
    ['--pod shop/', 'names nothing'],
    ['--label a=b=c', 'is no label selector'],
    ['--port 443 --not', '--not must stand right before a filter'],
    ['--not --interface eth0', '--interface is none'],
    ['--not --not --port 1', 'negates nothing'],
  ])('%s', (line, message) => {
    expect(() => filter(line)).toThrow(message)
  })
})

test('what can match something is not refused', () => {
  for (const line of [
    '--ip fd00::1 --from-ip fd00::2',
    '--ip fd00::/8 --not --from-ip fd00::/8',
    '--from-ip fd00::/8 --not --from-ip fd00::/9',
    '--family all --ip 10.0.0.1',
    '--port 443 --not --protocol tcp',
    '--port 400-500 --not --port 443',
    '--not --icmp-type 2 --protocol tcp',
    '--protocol 50 --not --port 443',
    '--icmp-type 2 --family 4',
    '--family all --protocol icmp',
  ])
    expect(() => filter(line), line).not.toThrow()
})

test('a mistyped ICMP type gets a proposal', () => {
  expect(() => filter('--icmp-type packet-to-big')).toThrow(
    expect.objectContaining({advice: 'Did you mean packet-too-big?'}),
  )
})

test('more than the programs hold is refused with their limit', () => {
  const many = Array.from({length: 17}, (_, i) => `--ip fd00::${i.toString(16)}`).join(' ')
  expect(() => filter(many)).toThrow("The filter names 17 addresses, the kernel's programs hold 16")
})

test.each([
  ['--port 443', true],
  ['--protocol tcp', true],
  ['--not --protocol tcp', true],
  ['--not --protocol tcp --not --protocol udp', false],
  ['--protocol icmpv6', false],
  ['--icmp-type 2', false],
  ['--family all --icmp-type 2', false],
])('TCP or UDP can match %s: %s', (line, isSo) => {
  expect(canMatch(tokens(line), [6, 17])).toBe(isSo)
})
