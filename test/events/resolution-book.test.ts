import {expect, test} from 'vitest'
import {ResolutionBook} from '../../src/events/resolution-book.ts'
import {aHeardMessage} from './ndp.ts'

const ms = 1_000_000n
const target = 'fd90::2'

function heard(
  [name, atMs]: readonly [string, number],
  given: Parameters<typeof aHeardMessage>[0],
  mac = '02:00:00:00:00:01',
) {
  const message = aHeardMessage(given).heard
  const packet = {...message.packet, sourceMac: mac}
  return {...message, packet, interface: name, timeNs: 1_000_000_000n + BigInt(atMs) * ms}
}

const ask = (name: string, atMs: number, source = 'fd90::1') =>
  heard([name, atMs], {source, destination: 'ff02::1:ff00:2', message: {type: 135, body: {kind: 'neighbor-solicitation', target}}}) // prettier-ignore
const answer = (name: string, atMs: number, mac = '02:00:00:00:00:02') =>
  heard([name, atMs], {source: target, destination: 'fd90::1', message: {type: 136, body: {kind: 'neighbor-advertisement', target, router: false, solicited: true, override: true}}}, mac) // prettier-ignore

const told = (book: ResolutionBook, ...all: ReturnType<typeof heard>[]) =>
  all
    .flatMap((each) => book.hear(each))
    .map(({interface: name, outcome, solicitations, latencyNs}) => [name, outcome, solicitations, latencyNs])

test('a question that a bridge floods is one question, and the answer may come by another port', () => {
  const book = new ResolutionBook('local')
  const flood = [ask('veth1', 0), ask('veth3', 0), ask('veth2', 0), ask('cni0', 0)]
  expect(told(book, ...flood, answer('veth2', 1), answer('veth1', 1))).toEqual([['veth1', 'answered', 1, ms]])
  expect(book.tick(9_000_000_000n)).toEqual([])
})

test('a copy that is seen after the answer asks nothing', () => {
  const book = new ResolutionBook('local')
  expect(told(book, ask('veth1', 0), answer('veth1', 1), ask('cni0', 2))).toEqual([['veth1', 'answered', 1, ms]])
  expect(book.tick(9_000_000_000n)).toEqual([])
})

test('what is sent again is counted once, not at each port', () => {
  const book = new ResolutionBook('local')
  const again = [0, 1000, 2000].flatMap((atMs) => [ask('veth1', atMs), ask('veth2', atMs), ask('cni0', atMs)])
  expect(told(book, ...again)).toEqual([])
  expect(book.tick(9_000_000_000n)).toMatchObject([{interface: 'veth1', outcome: 'unanswered', solicitations: 3}])
})

test('the same question of another asker is another question', () => {
  const book = new ResolutionBook('local')
  told(book, ask('veth1', 0), ask('veth2', 0, 'fd90::7'))
  expect(book.tick(9_000_000_000n)).toHaveLength(2)
})

test('another MAC that answers contradicts the first, once however many interfaces it passes', () => {
  const book = new ResolutionBook('local')
  const liar = '02:00:00:00:66:66'
  const said = [answer('veth1', 1), answer('veth1', 5, liar), answer('cni0', 5, liar)]
  expect(told(book, ask('veth1', 0), ask('cni0', 0), ...said).map(([, outcome]) => outcome)).toEqual([
    'answered',
    'conflict',
  ])
})

test('an address that somebody has already is told to whoever claims it', () => {
  expect(told(new ResolutionBook('local'), ask('eth0', 0, '::'), answer('eth0', 1))).toMatchObject([
    ['eth0', 'duplicate', 1, ms],
  ])
})
