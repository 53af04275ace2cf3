import {expect, test} from 'vitest'
import {matrixCases} from '../../src/binding/cases.ts'
import {findingsOf} from '../../src/binding/findings.ts'
import {predict} from '../../src/binding/rule.ts'
import {judge} from '../../src/binding/verdict.ts'
import type {BindAnswer, HeldSocket, Outcomes} from '../../src/protocol/binding.ts'

const nowhere = {missing: []}
const wildcard: HeldSocket = {
  protocol: 'tcp', family: 4, address: '0.0.0.0', port: 6969, state: 'listen', v6only: null, uid: 0, inode: 7, receiveQueue: 0, sendQueue: 128,
} // prettier-ignore
const loopback = ['127.0.0.1', '::1'].map((ip) => ({ip, interface: 'lo', flags: []}))

function answerOf(change: Partial<BindAnswer> = {}): BindAnswer {
  return {
    type: 'bind',
    port: 6969,
    actor: {uid: 0, mayBindLowPorts: true},
    netns: 1,
    settings: {'ipv4.ip_local_port_range': '32768\t60999'},
    addresses: loopback,
    holders: [],
    matrix: matrixCases(['tcp']).map((each) => predict(each, nowhere)),
    matrixMs: 1,
    trials: [],
    deliveries: [],
    ids: [],
    warnings: [],
    ...change,
  }
}

const rulesOf = (answer: BindAnswer): readonly string[] =>
  findingsOf(answer, [judge(answer, {protocol: 'tcp', addresses: []})], 0n).map(({rule}) => rule)

test('a kernel that follows its rule gives no finding', () => {
  expect(rulesOf(answerOf())).toEqual([])
})

test('a third socket that passes where it must not is a defect of the kernel, and the case is told', () => {
  const cases = matrixCases(['tcp'])
  const index = cases.findIndex(
    ({mode, sockets}) => mode === 'tcp-bound' && sockets.map(({address}) => address).join() === '0.0.0.0,::,127.0.0.1',
  )
  const matrix: readonly Outcomes[] = answerOf().matrix.with(
    index,
    Array.from({length: 6}, () => 'ok'),
  )
  const [finding] = findingsOf(answerOf({matrix}), [judge(answerOf(), {protocol: 'tcp', addresses: []})], 0n)
  expect(finding).toMatchObject({
    rule: 'bind/kernel-defect',
    detail: `1 of ${cases.length} combinations did not give what the kernel's rule says. None of them is what was asked about: the answer is the same on a kernel without the defect.`,
    evidence: ['tcp-bound: 0.0.0.0, then :: V6ONLY, then 127.0.0.1: expected ok ok EADDRINUSE, got ok ok ok ok ok ok'],
  })
})

test('an answer that rests on a defect says so', () => {
  const cases = matrixCases(['tcp'])
  const matrix: readonly Outcomes[] = cases.map((each) => (each.sockets.length === 3 ? ['ok'] : predict(each, nowhere)))
  const asked = {address: '127.0.0.1', v6only: null, reuseaddr: false, reuseport: false}
  const passed = {mode: 'tcp-listen', sockets: [asked], place: 'beside-holders', outcomes: ['ok', 'ok']} as const
  const detailWith = (change: Partial<BindAnswer>): string | undefined => {
    const found = findingsOf(answerOf({matrix, ...change}), [judge(answerOf(), {protocol: 'tcp', addresses: []})], 0n)
    return found.find(({rule}) => rule === 'bind/kernel-defect')?.detail
  }
  const odd = answerOf({holders: [wildcard], trials: [passed]})
  expect(judge(odd, {protocol: 'tcp', addresses: ['127.0.0.1']})).toMatchObject({class: 'kernel defect', coexist: true})
  expect(judge(odd, {protocol: 'udp', addresses: ['127.0.0.1']})).toMatchObject({class: 'application flag'})
  const rests = 'The answer rests on one: the kernel lets 127.0.0.1:6969 (tcp) be bound'
  expect(detailWith({holders: [wildcard], trials: [passed]})).toContain(rests)
  expect(detailWith({holders: [{...wildcard, protocol: 'udp'}], trials: [passed]})).toContain('None of them')
  expect(detailWith({holders: [wildcard], trials: [{...passed, outcomes: ['EADDRINUSE']}]})).toContain('None of them')
})

test('a wildcard that keeps to IPv6 by the sysctl passes beside that of IPv4 by the rule, not by a defect', () => {
  const plan = {v6only: null, reuseaddr: false, reuseport: false}
  const sockets = ['0.0.0.0', '::'].map((address) => ({...plan, address}))
  const passed = {mode: 'tcp-listen', sockets, place: 'empty', outcomes: ['ok', 'ok', 'ok', 'ok']} as const
  const classWith = (bindv6only: string) =>
    judge(answerOf({settings: {'ipv6.bindv6only': bindv6only}, trials: [passed]}), {protocol: 'tcp', addresses: []})
      .class
  expect(classWith('1')).not.toBe('kernel defect')
  expect(classWith('0')).toBe('kernel defect')
})

test.each([
  ['32768', false],
  ['6000\t7000', true],
])('a port within %j is told to be in the range of source ports: %s', (range, isTold) => {
  const answer = answerOf({settings: {'ipv4.ip_local_port_range': range}})
  expect(rulesOf(answer).includes('bind/ephemeral-range')).toBe(isTold)
  const settings = {...answer.settings, 'ipv4.ip_local_reserved_ports': '22,6900-6970'}
  expect(rulesOf(answerOf({settings})).includes('bind/ephemeral-range')).toBe(false)
})

test('a server that hears IPv4 alone is told where the namespace has IPv6', () => {
  const ipv6 = {ip: '2001:db8::1', interface: 'eth0', flags: []}
  expect(rulesOf(answerOf({holders: [wildcard], addresses: [...loopback, ipv6]}))).toContain('bind/v4-only')
  expect(rulesOf(answerOf({holders: [wildcard]}))).not.toContain('bind/v4-only')
})

test('a socket that is bound to a device does not hold the port for the others', () => {
  const asked = {address: '0.0.0.0', v6only: null, reuseaddr: false, reuseport: false}
  const refused = {mode: 'tcp-listen', sockets: [asked], place: 'beside-holders', outcomes: ['EADDRINUSE']} as const
  const free = {...refused, place: 'empty', outcomes: ['ok', 'ok']} as const
  const of = (change: Partial<HeldSocket>) =>
    judge(answerOf({holders: [{...wildcard, ...change}], trials: [free, refused]}), {protocol: 'tcp', addresses: ['0.0.0.0']}) // prettier-ignore
  expect(of({})).toMatchObject({coexist: true})
  expect(of({device: 'eth1'})).toMatchObject({coexist: false, class: 'other process'})
  expect(of({device: 'eth1'}).sentences.join(' ')).toContain('(0.0.0.0 on eth1) already')
})

test('what stands in the way of one address is told, and which of the others can be bound', () => {
  const plan = (address: string) => ({address, v6only: address.includes(':') || null, reuseaddr: false, reuseport: false})
  const [ipv4, ipv6] = [plan('0.0.0.0'), plan('::')]
  const empty = {mode: 'tcp-listen', sockets: [ipv4, ipv6], place: 'empty', outcomes: ['ok', 'ok', 'ok', 'ok']} as const
  const beside = (socket: ReturnType<typeof plan> & {reuseaddr?: boolean}, ...outcomes: readonly string[]) =>
    ({mode: 'tcp-listen', sockets: [socket], place: 'beside-holders', outcomes}) as const
  const holders = ['127.0.0.1', '127.0.0.2'].map((address) => ({...wildcard, address}))
  const trials = [empty, beside(ipv4, 'EADDRINUSE'), beside(ipv6, 'ok', 'ok')]
  const said = (more: readonly ReturnType<typeof beside>[]): string =>
    judge(answerOf({holders, trials: [...trials, ...more]}), {protocol: 'tcp', addresses: []}).sentences.join(' ')
  expect(said([])).toMatch(/here holds 6969\/tcp \(127\.0\.0\.1 and 127\.0\.0\.2\) already\./)
  expect(said([])).toMatch(/address, or end that process\. \[::\]:6969 can be bound beside it with IPV6_V6ONLY=1\.$/)
  expect(said([beside({...ipv4, reuseaddr: true}, 'ok', 'ok')])).toContain('; with SO_REUSEADDR it succeeds.')
}) // prettier-ignore

test('[::] beside a socket of IPv4 needs the flag, or the sysctl', () => {
  const plan = (v6only: boolean | null) => ({address: '::', v6only, reuseaddr: false, reuseport: false})
  const empty = [true, false, null].map((v6only) => ({mode: 'tcp-listen', sockets: [plan(v6only)], place: 'empty', outcomes: ['ok', 'ok']}) as const)
  const beside = [true, false].map((v6only) => ({mode: 'tcp-listen', sockets: [plan(v6only)], place: 'beside-holders', outcomes: v6only ? ['ok', 'ok'] : ['EADDRINUSE']}) as const)
  const judged = (bindv6only: string, holders: readonly HeldSocket[]) =>
    judge(answerOf({settings: {'ipv6.bindv6only': bindv6only}, holders, trials: [...empty, ...(holders.length > 0 ? beside : [])]}), {protocol: 'tcp', addresses: ['::']})
  expect(judged('0', []).sentences).toEqual(['It can be bound on 6969/tcp, whatever the application sets.'])
  expect(judged('0', [wildcard])).toMatchObject({class: 'application flag', coexist: true})
  expect(judged('0', [wildcard]).sentences).toContain('Without it the [::] socket takes IPv4 as well, where a process of uid 0 that cannot be seen from here holds 0.0.0.0:6969, and the bind fails with EADDRINUSE.')
  expect(judged('1', [wildcard])).toMatchObject({class: 'sysctl', coexist: true})
}) // prettier-ignore

test('a namespace with addresses of IPv4 only is told that nothing comes to [::]', () => {
  const addresses = [...loopback, {ip: '10.0.0.1', interface: 'eth0', flags: []}]
  expect(rulesOf(answerOf({addresses}))).toContain('bind/ipv6-disabled')
})
