import {expect, test} from 'vitest'
import {radvdText} from '../../src/events/ndp-radvd.ts'
import type {Icmpv6Body, NdOption} from '../../src/packet/icmpv6-message.ts'
import {aHeardMessage} from './ndp.ts'

const body: Extract<Icmpv6Body, {kind: 'router-advertisement'}> = {
  kind: 'router-advertisement', hopLimit: 64, managed: false, other: false, homeAgent: false, proxy: false, preference: 'medium', routerLifetime: 1800, reachableTime: 0, retransTimer: 0,
} // prettier-ignore

function linesOf(options: readonly NdOption[], {name = 'eth0', change = {}}: {name?: string; change?: object} = {}) {
  const {heard, message} = aHeardMessage({message: {type: 134, body: {...body, ...change}, options}})
  const text = radvdText({...heard, interface: name}, message) ?? ''
  return {text, lines: text.split('\n').map((line) => line.trim())}
}

test('what no option tells is told as off, and the interval only where a lifetime forbids the usual one', () => {
  expect(linesOf([]).lines).toContain('AdvSourceLLAddress off;')
  expect(linesOf([]).text).not.toMatch(/^\tMaxRtrAdvInterval/m)
  expect(linesOf([], {change: {routerLifetime: 90}}).text).toMatch(/^\tMaxRtrAdvInterval 30;/m)
  const servers = [{type: 25, name: 'rdnss', length: 24, lifetime: 20, servers: ['fd90::53']}] as const
  expect(linesOf(servers).text).toMatch(/^\tMaxRtrAdvInterval 20;/m)
  const told = [{type: 7, name: 'advertisement-interval', length: 8, interval: 4500}] as const
  expect(linesOf(told).text).toMatch(/^\tMaxRtrAdvInterval 4.5;/m)
})

test('a name, a domain and an address of the wire cannot bring their own configuration', () => {
  const evil = 'x;\n};\ninterface eth1 { AdvSendAdvert on; };'
  const {text} = linesOf(
    [
      {type: 31, name: 'dnssl', length: 16, lifetime: 1200, domains: ['good.org', evil]},
      {type: 37, name: 'captive-portal', length: 16, uri: `https://a"; ${evil}`},
    ],
    {name: evil},
  )
  const directives = text.split('\n').map((line) => line.replace(/#.*/, '').trim())
  expect(directives.filter((line) => line.startsWith('interface'))).toHaveLength(1)
  expect(directives.filter((line) => line.startsWith('}'))).toEqual(['};'])
  expect(text).not.toMatch(/^\tDNSSL|^\tAdvCaptive/m)
  expect(text).toContain('radvd cannot be told')
})

test('what radvd cannot send is a comment and no directive', () => {
  const {lines} = linesOf([
    {type: 144, name: 'encrypted-dns', length: 40},
    {type: 24, name: 'route-information', length: 16, prefix: 'fd91::', prefixLength: 48, preference: 'reserved', lifetime: 60},
    {type: 5, name: 'mtu', length: 8, problem: {reason: 'option-length', text: 'option of 16 bytes', reference: 'RFC 4861 §4.6.4'}},
  ]) // prettier-ignore
  expect(lines).toContain('# option encrypted-dns (144, 40 bytes): radvd has no directive for it')
  expect(lines).toContain('# option route-information (24, 16 bytes): its preference is reserved, which voids it')
  expect(lines).toContain('# option mtu (5, 8 bytes): option of 16 bytes')
})

test('another message is no configuration', () => {
  const {heard, message} = aHeardMessage({message: {type: 133, body: {kind: 'router-solicitation'}}})
  expect(radvdText(heard, message)).toBeUndefined()
})
