import {expect, test} from 'vitest'
import {ndpSentence} from '../../src/events/ndp-text.ts'
import type {Icmpv6Message} from '../../src/packet/icmpv6-message.ts'
import {aHeardMessage} from './ndp.ts'

const target = 'fd90::2'
const solicitation = {type: 135, body: {kind: 'neighbor-solicitation', target}} as const
const report = (record: 'TO_IN' | 'TO_EX', sources: readonly string[] = []) =>
  ({type: 143, body: {kind: 'listener-report-v2', records: [{record, group: 'ff02::fb', sources}]}}) as const

test.each([
  ['an address that is looked for', {message: solicitation, destination: 'ff02::1:ff00:2'}, 'fe80::1 asks for fd90::2 (default/p2)'],
  ['a neighbour that is probed', {message: solicitation, destination: target}, 'fe80::1 checks that fd90::2 (default/p2) is still there'],
  ['a claim before its use', {message: solicitation, source: '::'}, '02:00:00:00:00:01 wants fd90::2 (default/p2): does anyone have it? (DAD)'],
  ['an answer without a link-layer option', {message: {type: 136, body: {kind: 'neighbor-advertisement', target, router: true, solicited: true, override: false}}}, 'fe80::1 answers: fd90::2 (default/p2) is at 02:00:00:00:00:01, a router'],
  ['a redirect onto the link', {message: {type: 137, body: {kind: 'redirect', target, destination: target}}}, 'router fe80::1 redirects fd90::2 (default/p2): it is on this link'],
  ['an exclusion of nobody', {message: report('TO_EX')}, 'fe80::1 joins ff02::fb (MLDv2)'],
  ['an inclusion of nobody', {message: report('TO_IN')}, 'fe80::1 leaves ff02::fb (MLDv2)'],
  ['an inclusion of one', {message: report('TO_IN', ['fd90::9'])}, 'fe80::1 listens to ff02::fb from 1 source (MLDv2)'],
] as const)('%s is told in words', (...[, given, sentence]) => {
  const {heard} = aHeardMessage(given)
  expect(ndpSentence(heard, (text) => (text === target ? 'default/p2' : undefined))).toBe(sentence)
}) // prettier-ignore

test('a router that is leaving is told as no default router, with its prefixes', () => {
  const message: Pick<Icmpv6Message, 'type' | 'body' | 'options'> = {
    type: 134,
    body: {kind: 'router-advertisement', hopLimit: 64, managed: false, other: false, homeAgent: false, proxy: false, preference: 'medium', routerLifetime: 0, reachableTime: 0, retransTimer: 0},
    options: [{type: 3, name: 'prefix-information', length: 32, prefix: 'fd90::', prefixLength: 64}],
  } // prettier-ignore
  const {heard} = aHeardMessage({message})
  expect(ndpSentence(heard, () => undefined)).toBe('router fe80::1: no default router, prefix fd90::/64')
})

test('what makes a message invalid is told with its section, and nothing in a name steers the terminal', () => {
  const problems = [{reason: 'hop-limit', text: 'hop limit 64', reference: 'RFC 4861 §7.1.1'}]
  const {heard} = aHeardMessage({message: {...solicitation, problems}})
  expect(ndpSentence(heard, (text) => (text === target ? '\u001b[2J' : undefined))).toBe(
    'fe80::1 asks for fd90::2 (\\u{1b}[2J) (invalid: hop limit 64, RFC 4861 §7.1.1)',
  )
})
