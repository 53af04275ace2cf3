import {describe, expect, test} from 'vitest'
import type {Observation} from '../../src/diagnosis/observation.ts'
import {Diagnosis} from '../../src/diagnosis/diagnosis.ts'
import {all, answers, asks, device, facts, found, heard, nanoseconds, observe, packetOf} from './messages.ts'

const target = '2001:db8::2'
const thrice = [0, 1, 2].map((at) => asks(target, {at}))
const probe = (at: number): Observation => asks(target, {at, destination: target})

describe('a question that nobody answers', () => {
  test('is an error after three solicitations and 3.5 s', () => {
    expect(found(thrice, {wait: 3})).toEqual(['error ndp/ns-unanswered'])
  })
  test('is none before its time, at the end of a capture', () => {
    expect(found(thrice, {wait: 1})).toEqual([])
  })
  test('is none after one or two solicitations', () => {
    expect(found(thrice.slice(0, 2), {wait: 10})).toEqual([])
  })
  test('is none where the same question was seen at three interfaces', () => {
    const places = ['veth1', 'cni0', 'eth0'].map((name, i) => asks(target, {at: i / 1e5, interface: name}))
    expect(found(places, {wait: 10})).toEqual([])
  })
  test('is none where the asker goes on to send to the target', () => {
    const data = observe({...packetOf({source: 'fe80::1', destination: target}), protocol: 6}, {at: 2.5})
    expect(found([...thrice, data], {wait: 10})).toEqual([])
  })
  test('is told once by packets and by the kernel, with what netfilter dropped', () => {
    const diagnosis = new Diagnosis()
    const [first] = thrice
    const packet = first?.type === 'packet' ? first.packet : packetOf({})
    const drop = {reason: 'NETFILTER_DROP', symbol: 'nft_do_chain', interface: 'eth0', packet}
    const change = {interface: 'eth0', ip: target, state: 'FAILED', oldState: 'INCOMPLETE', event: 'timer'} as const
    const unheard = {reason: 'NOT_SPECIFIED', symbol: 'ip6_mc_input'}
    const findings = [
      ...thrice,
      {type: 'drop', timeNs: nanoseconds(1002.1), drop} as const,
      {type: 'drop', timeNs: nanoseconds(1002.1), drop: {...drop, ...unheard}} as const,
      {type: 'neighbour', timeNs: nanoseconds(1003.07), change} as const,
    ].flatMap((observation) => [...diagnosis.hear(observation)])
    findings.push(...diagnosis.tick(nanoseconds(1004)), ...diagnosis.tick(nanoseconds(1006)))
    expect(findings.map(({rule}) => rule)).toEqual(['ndp/ns-unanswered'])
    const evidence = findings.flatMap((finding) => finding.evidence).join('\n')
    expect(evidence).toContain('solicitation dropped: NETFILTER_DROP in nft_do_chain on eth0')
    expect(evidence).toContain('solicitation ignored on eth0, where its group is not joined')
  })
  test('is none where the node has the address itself by then, and one where another asks the node in vain', () => {
    const addresses = ['2001:db8::1', target].map((ip) => ({ip, prefixLength: 64, flags: ['permanent']}) as const)
    const own = facts({interfaces: [device({addresses})]})
    const change = {interface: 'eth0', ip: target, state: 'FAILED', oldState: 'PROBE', event: 'timer'} as const
    const mine = [0, 1, 2].map((at) => asks(target, {at, source: '2001:db8::1', direction: 'egress'}))
    expect(all([own, ...mine, {type: 'neighbour', timeNs: nanoseconds(1003), change}], {wait: 5})).toEqual([])
    expect(found([own, ...thrice], {wait: 5})).toEqual(['error ndp/ns-unanswered'])
  })
  test('is none where the entry was flushed', () => {
    const change = {interface: 'eth0', ip: target, state: 'FAILED', oldState: 'REACHABLE', event: 'update'} as const
    expect(found([{type: 'neighbour', timeNs: nanoseconds(1003), change} as const])).toEqual([])
  })
})

describe('an answer', () => {
  test('in time is no finding', () => {
    expect(found([asks(target), answers(target, {at: 0.0001})], {wait: 5})).toEqual([])
  })
  test('after 200 ms is a warning, after a second question an error', () => {
    expect(found([asks(target), answers(target, {at: 0.2})])).toEqual(['warning ndp/ns-slow'])
    expect(found([asks(target), asks(target, {at: 1}), answers(target, {at: 1.1})])).toEqual(['error ndp/ns-slow'])
  })
  test('may wait for duplicate address detection', () => {
    const dad = asks(target, {source: '::', mac: '02:00:00:00:00:02'})
    expect(found([dad, asks(target, {at: 0.1}), asks(target, {at: 1.1}), answers(target, {at: 1.2})])).toEqual([])
  })
})

describe('probes of a known neighbour', () => {
  test('without an answer are an error', () => {
    expect(found([probe(0), probe(1), probe(2)], {wait: 3})).toEqual(['error ndp/nud-unanswered'])
  })
  test('are answered without a link-layer address', () => {
    expect(found([probe(0), answers(target, {at: 0.001, flags: 'S', options: []})], {wait: 5})).toEqual([])
  })
  test('refused by an ICMPv6 error are an error', () => {
    const question = probe(0)
    const quoted = question.type === 'packet' ? question.packet : packetOf({})
    expect(found([heard({kind: 'error', quoted}, {code: 2, source: target})])).toEqual(['error ndp/ns-rejected'])
  })
})

describe('many questions', () => {
  const sweep = (count: number): readonly Observation[] =>
    Array.from({length: count}, (_, i) => asks(`2001:db8::${(i + 16).toString(16)}`, {at: i / 100}))
  test('of one source for addresses that do not answer are a scan, and nothing else', () => {
    const again = sweep(60).flatMap((observation, i) => [
      observation,
      asks(`2001:db8::${(i + 16).toString(16)}`, {at: i / 100 + 0.005}),
    ])
    expect(found(again, {wait: 10})).toEqual(['warning ndp/ns-scan'])
  })
  test.each([0, 2, 4, 5, 6, 8, 9.9])('are a scan wherever in them 10 s begin: %s s before', (before) => {
    const late = Array.from({length: 60}, (_, i) => asks(`2001:db8::${(i + 16).toString(16)}`, {at: before + i / 8}))
    const answered = [asks(target), answers(target, {at: 0.001})]
    expect(found([...answered, ...late], {wait: 15})).toEqual(['warning ndp/ns-scan'])
  })
  test('of which no 10 s hold more than 50 are none', () => {
    const slow = Array.from({length: 100}, (_, i) => asks(`2001:db8::${(i + 16).toString(16)}`, {at: i / 4.8}))
    expect(found(slow)).toEqual([])
  })
  test('go on for a minute and are told every ten seconds, of more than 200 as an error', () => {
    const long = Array.from({length: 1500}, (_, i) => asks(`2001:db8::${(i + 16).toString(16)}`, {at: i / 25}))
    const told = all(long).filter((text) => text.endsWith('ndp/ns-scan'))
    expect(told).toEqual(
      ['warning', ...Array.from({length: 6}, () => 'error')].map((severity) => `${severity} ndp/ns-scan`),
    )
  })
  test('that are answered are no scan', () => {
    const answered = Array.from({length: 60}, (_, i) => `2001:db8::${(i + 16).toString(16)}`).flatMap((ip, i) => [
      asks(ip, {at: i / 10}),
      answers(ip, {at: i / 10 + 0.001}),
    ])
    expect(found(answered, {wait: 10})).toEqual([])
  })
  test('are a flood by the exact counts, though few were heard', () => {
    const icmpv6 = {ingress: Array.from({length: 136}, (_, type) => (type === 135 ? 100_000 : 0)), egress: []}
    const counts = {type: 'counts', timeNs: nanoseconds(1001), seconds: 1, interfaces: 1, icmpv6} as const
    expect(found([counts])).toEqual(['error ndp/ns-flood'])
  })
  test('of 201 sources for one target are a flood', () => {
    const many = Array.from({length: 205}, (_, i) =>
      asks(target, {at: i / 100, source: `fe80::${(i + 1).toString(16)}`}),
    )
    expect(found(many)).toEqual(['error ndp/ns-flood'])
  })
})

test('a flood of random targets leaves memory as it is', () => {
  const diagnosis = new Diagnosis()
  let findings = 0
  for (let i = 0; i < 20_000; i++) {
    const ip = `2001:db8::${(i >> 8).toString(16)}:${(i & 0xff).toString(16)}`
    findings += diagnosis.hear(asks(ip, {at: i / 10_000, source: `fe80::${(i % 9000).toString(16)}`})).length
  }
  expect(findings).toBeLessThan(100)
})

test('an answer to all ends every question for its target, and no other, however many wait', () => {
  const waiting = Array.from({length: 60}, (_, i) =>
    asks('2001:db8::3', {at: i / 1e4, source: `fe80::${(i + 16).toString(16)}`}),
  )
  const again = [1, 2].flatMap((at) => [asks(target, {at}), asks('2001:db8::3', {at})])
  const toAll = answers(target, {at: 2.1, flags: 'O', destination: 'ff02::1'})
  // And it is no late answer: whoever announces an address may have it since then.
  expect(all([...waiting, asks(target), ...again, asks('2001:db8::3', {at: 2.05}), toAll], {wait: 5})).toEqual([
    'error ndp/ns-unanswered',
  ])
})

test('facts of a full table are told', () => {
  const neighbours = {
    entries: 900,
    tableFulls: 3,
    resolutionFailures: 0,
    known: [],
    thresholds: [128, 512, 1024],
  } as const
  expect(found([facts({neighbours})])).toEqual(['warning ndp/neigh-table'])
  expect(found([facts({neighbours}), facts({neighbours: {...neighbours, tableFulls: 9}}, 1)])).toContain(
    'critical ndp/neigh-table',
  )
  expect(found([facts({neighbours: {...neighbours, entries: 700}})])).toEqual([])
  expect(found([facts({neighbours: {...neighbours, exempt: 100}})])).toEqual([])
})
