import {expect, test} from 'vitest'
import {matrixCases} from '../../src/binding/cases.ts'
import {findingsOf} from '../../src/binding/findings.ts'
import {predict} from '../../src/binding/rule.ts'
import {judge} from '../../src/binding/verdict.ts'
import {answerText} from '../../src/commands/bindcheck-text.ts'
import {palette} from '../../src/output/colour.ts'
import type {BindAnswer, HeldSocket} from '../../src/protocol/binding.ts'

/** A name that the kernel takes for an interface. */
const zone = 'v\u001b[31m'
const address = `fe80::aaaa:bbbb:cccc:dddd%${zone}`
const holder: HeldSocket = {
  protocol: 'tcp', family: 6, address, port: 6969, state: 'listen', v6only: true, uid: 0, inode: 7, receiveQueue: 0, sendQueue: 128,
  owner: {pid: 4_000_000, process: 'a-long-name-xyz', named: {namespace: 'shop', pod: 'checkout-7d4f9-abcde', container: 'main'}},
} // prettier-ignore
const plan = {address, v6only: true, reuseaddr: false, reuseport: false}
const answer: BindAnswer = {
  type: 'bind', port: 6969, actor: {uid: 0, mayBindLowPorts: true}, netns: 4_026_531_840, settings: {}, addresses: [{ip: '10.0.0.1', interface: 'eth0', flags: []}],
  holders: [holder], matrix: matrixCases(['tcp']).map((each) => predict(each, {missing: []})), matrixMs: 1, ids: [], warnings: [],
  trials: [{mode: 'tcp-bound', sockets: [plan], place: 'in-place', outcomes: ['ok']}],
  deliveries: [{protocol: 'udp', setup: 'shared', client: 'IPv4, another address', asked: '127.0.0.2', receivedBy: '::', peer: '::ffff:127.0.0.1', replyFrom: '::ffff:127.0.0.1'}],
} // prettier-ignore

test.each([60, 80, 100])('an answer on %i columns has no longer line, and nothing of it is a command to the terminal', (width) => {
  const verdicts = [judge(answer, {protocol: 'tcp', addresses: []})]
  const told = {place: 'this machine', answer, verdicts, findings: findingsOf(answer, verdicts, 0n)}
  const text = answerText(told, {paint: palette(false), width, showsMatrix: true})
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width)
  expect(text).not.toContain('\u001b')
  for (const part of ['answered from', 'ServerSocketChannel', 'maplo', 'shop/checkout-7d4f9-abcde']) expect(text).toContain(part)
}) // prettier-ignore
