import {expect, test} from 'vitest'
import {ClientBook, type NamedTally} from '../../src/events/client-book.ts'
import {clientSummaryText, connectionText, listenerBlock} from '../../src/events/client-text.ts'
import {workloadRows} from '../../src/events/client-workloads.ts'
import type {ConnectionChange} from '../../src/events/connection-change.ts'
import type {EndName, Names} from '../../src/events/names.ts'
import {palette} from '../../src/output/colour.ts'
import type {ClientTally} from '../../src/protocol/clients.ts'

const plain = palette(false)
const shown = {palette: plain, time: '12:00:00.000', node: undefined, top: 0, width: 80}
const noLosses = {untracked: 0, untallied: 0, changes: 0, filtered: 0}

/** All who found no room. */
const crowd: ClientTally = {
  reporter: 'destination', listener: '::', port: 6969, protocol: 'udp', family: 6, socket: 6, network: 7, address: 'fd00::9',
  existing: 0, opened: 0, closed: 0, reset: 0, timedOut: 0, refused: 0, unanswered: 0, unreachable: 0, received: 0, sent: 0, datagramsReceived: 0, datagramsSent: 0,
} // prettier-ignore
const tally = (some: Partial<ClientTally>): ClientTally => ({...crowd, client: 'fd00::1', ...some})

function bookOf(tallies: readonly ClientTally[], known: Readonly<Record<string, EndName>> = {}): ClientBook {
  const names: Names = {lookup: (ip) => known[ip]}
  const book = new ClientBook(names, [])
  book.add({tallies, losses: noLosses})
  return book
}

const summaryOf = (tallies: readonly NamedTally[], losses = noLosses, width = Infinity): string =>
  clientSummaryText({
    title: 'local',
    seconds: 2,
    tallies,
    workloads: workloadRows(tallies),
    losses,
    palette: plain,
    width,
  })

test('a listener tells its clients by family and type, and how many it lists at most', () => {
  const book = bookOf([
    tally({datagramsReceived: 2, received: 200}),
    tally({client: '192.0.2.1', family: 4, datagramsReceived: 3, received: 300, datagramsSent: 1, sent: 50}),
    tally({client: '192.0.2.2', family: 4, datagramsReceived: 1, received: 10}),
  ])
  const [listener] = book.listeners(book.tallies())
  expect(listener && listenerBlock(listener, {...shown, top: 1})).toBe(`\
12:00:00.000  [::]:6969/udp  network namespace 7
  FAMILY  TYPE          CLIENTS  DATAGRAMS IN  OUT  RECEIVED  SENT
  inet    v4_mapped_v6        2             4    1     310 B  50 B
  inet6   plain               1             2    0     200 B   0 B
  CLIENT     NAME  TYPE          DATAGRAMS IN  OUT  RECEIVED  SENT
  192.0.2.1  -     v4_mapped_v6             3    1     300 B  50 B
  and 2 more clients
`)
})

test('clients that found no room make their number a least one', () => {
  const book = bookOf([tally({}), crowd])
  const [listener] = book.listeners(book.tallies())
  expect(listener && listenerBlock(listener, shown)).toMatch(/inet6 +plain +over 1 /)
})

test.each([60, 80, 120, 200])('%i columns are enough for every line, and nothing is left out', (width) => {
  const long = {client: '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff', address: '2001:db8::1:2:3:4:5'}
  const names = {[long.client]: {namespace: 'shop', workload: 'Deployment/checkout-with-a-long-name', pod: 'checkout-with-a-long-name-7d4f9'}}
  const book = bookOf([tally({...long, protocol: 'tcp', opened: 3, unanswered: 1, received: 1e6}), tally({...long, reporter: 'source', protocol: 'tcp', opened: 3})], names)
  const [listener] = book.listeners(book.tallies())
  const block = listener === undefined ? '' : listenerBlock(listener, {...shown, width, top: 5, node: 'worker-1.eu-central.example.net'})
  const text = block + summaryOf(book.tallies(), noLosses, width)
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width)
  for (const word of [long.client, long.address, 'shop/Deployment/checkout-with-a-long-name', 'UNANSWERED', 'network namespace 7']) expect(text).toContain(word)
}) // prettier-ignore

test('the end tells a client of an IPv6 socket by IPv4 apart from the same one by a plain socket', () => {
  const one = {reporter: 'source', client: '192.0.2.1', address: '192.0.2.9', family: 4, received: 1000} as const
  const text = summaryOf(bookOf([tally({...one, socket: 4}), tally({...one, socket: 6})]).tallies())
  expect(text).toMatch(/^ {2}192\.0\.2\.1 +192\.0\.2\.9 port 6969\/udp +source +inet +- /m)
  expect(text).toMatch(/^ {2}192\.0\.2\.1 +192\.0\.2\.9 port 6969\/udp +source +inet v4_mapped_v6 +- /m)
})

test('a common end fits on a terminal of 80 columns', () => {
  const tcp = {protocol: 'tcp', opened: 123_456, closed: 123_456, received: 999_000, sent: 123_000_000} as const
  const lines = summaryOf(bookOf([tally(tcp)]).tallies()).split('\n')
  expect(lines.slice(2, 4).filter((line) => line.length > 80)).toEqual([])
})

test('connections are summed by end and family, and what was lost is said', () => {
  const tcp = {protocol: 'tcp', existing: 1, opened: 4, closed: 3, refused: 2, received: 10, sent: 2048} as const
  const tallies = bookOf([tally(tcp), tally({...tcp, client: 'fd00::2', unanswered: 1})]).tallies()
  const lines = summaryOf(tallies, {untracked: 1, untallied: 2, changes: 3000, filtered: 4}).split('\n')
  expect(lines[2]?.split(/ {2,}/)).toEqual(['', 'CONNECTIONS', 'FAMILY', 'OPEN', 'OPENED', 'CLOSED', 'RESET', 'REFUSED', 'UNANSWERED', 'RECEIVED', 'SENT']) // prettier-ignore
  expect(lines[3]?.split(/ {2,}/)).toEqual(['', 'to here', 'inet6', '4', '10', '6', '0', '4', '1', '20 B', '4.10 kB']) // prettier-ignore
  expect(lines.slice(-5)).toEqual([
    '  connections and datagrams that the filter left out: 4',
    '  openings and closings that are counted, but not told, as the ring was full: 3,000',
    '  connections that are missing, as the table of open ones was full: 1',
    '  counts that are missing, as the table of listeners was full: 2',
    '',
  ])
})

test('a connection says how it ended, after how long, and names are shown without what a terminal would obey', () => {
  const change: ConnectionChange = {
    event: 'closed', end: 'reset', reporter: 'destination', client: {ip: '192.0.2.1', port: 4000}, listener: {ip: '192.0.2.9', port: 80},
    family: 4, socket: 6, network: 7, isOld: false, timeNs: 1n, durationNs: 1_500_000_000n, received: 10, sent: 20,
  } // prettier-ignore
  const hostile = {namespace: 'a', pod: 'b\u001b[2Jc'}
  const text = connectionText(change, {source: hostile, destination: undefined}, {...shown, node: 'n\u0007'})
  expect(text).toContain('192.0.2.1:4000 (a/b')
  expect(text).toMatch(
    /→ 192\.0\.2\.9:80 inet v4_mapped_v6 closed by a reset after 1\.5 ?s, received 10 B sent 20 B\n$/,
  )
  // eslint-disable-next-line no-control-regex -- what it is about
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
})
