import {expect, test} from 'vitest'
import {ConversationBook} from '../../src/events/conversation-book.ts'
import {conversationRow} from '../../src/events/conversation-row.ts'
import {pathCell, pathForms} from '../../src/events/live-screen.ts'
import {noNames} from '../../src/events/names.ts'
import type {NodeState} from '../../src/events/node-state.ts'
import {aNode, drain, type FlowParts, lines} from './records.ts'

function feed(book: ConversationBook, node: NodeState, ...flows: FlowParts[]): void {
  node.add(drain(lines(...flows)))
  const slots = node.book.takeChanged()
  book.add(node, {slots, seconds: 2})
  const {columns} = node.book
  for (const slot of slots) {
    columns.toldPackets[slot] = columns.packets[slot] ?? 0
    columns.toldBytes[slot] = columns.bytes[slot] ?? 0
  }
}

const rows = (book: ConversationBook, names = noNames) =>
  [...book.entries()].map(([key, each]) => conversationRow(key, each, {book, names}))

const there = {sourcePort: 40_000, destinationPort: 443} as const
const back = {source: 'fd00::2', destination: 'fd00::1', sourcePort: 443, destinationPort: 40_000} as const

test('both directions at every interface are one conversation, counted at the interface that saw most', () => {
  const book = new ConversationBook(1000)
  feed(
    book,
    aNode(),
    {...back, interface: 2, direction: 'ingress', packets: 5, bytes: 500},
    {...back, interface: 3, direction: 'egress', packets: 5, bytes: 500},
    {...back, interface: 4, direction: 'egress', packets: 5, bytes: 500},
    {...there, interface: 4, direction: 'ingress', packets: 11, bytes: 1100},
    {...there, interface: 3, direction: 'ingress', packets: 10, bytes: 1000},
    {...there, interface: 2, direction: 'egress', packets: 10, bytes: 1000},
  )
  const [row, ...others] = rows(book)
  expect(others).toEqual([])
  expect(row).toMatchObject({
    source: {ip: 'fd00::1', port: 40_000},
    destination: {ip: 'fd00::2', port: 443},
    counts: {packets: 16, bytes: 1600},
    forward: {packets: 11},
    backward: {packets: 5},
    rate: {packets: 8, bytes: 800},
    countedAt: {node: 'node1', interface: 'veth1'},
  })
  expect(row!.path.map((hop) => `${hop.interface} ${hop.direction}`)).toEqual([
    'veth1 ingress',
    'cni0 ingress',
    'eth0 egress',
  ])
})

test('a packet forwarded back through its interface counts once', () => {
  const book = new ConversationBook(1000)
  feed(book, aNode(), {...there, direction: 'ingress', packets: 7}, {...there, direction: 'egress', packets: 6})
  expect(rows(book)[0]!.counts.packets).toBe(7)
})

test('two nodes are one path, from the source’s node to the destination’s', () => {
  const book = new ConversationBook(1000)
  feed(book, aNode('node2'), {...there, interface: 2}, {...there, interface: 4, direction: 'egress'})
  feed(book, aNode('node1'), {...there, interface: 4}, {...there, interface: 2, direction: 'egress'})
  const names = {lookup: (ip: string) => ({node: ip === 'fd00::1' ? 'node1' : 'node2'})}
  const {path} = rows(book, names)[0]!
  expect(pathCell(path, true)).toBe('node1:veth1▸eth0▸node2:eth0▸veth1')
  expect(pathForms(path, true).slice(1)).toEqual(['node1:veth1▸…▸node2:veth1', 'node1▸node2'])
  expect(pathForms(path.slice(0, 2), true)).toEqual(['node1:veth1▸eth0'])
})

test('a reply belongs to its request, and the request names the conversation', () => {
  const book = new ConversationBook(1000)
  feed(book, aNode(), {source: 'fd00::2', destination: 'fd00::1', icmp: [129, 0]}, {icmp: [128, 0]})
  feed(book, aNode(), {icmp: [3, 0]})
  expect(rows(book).map(({source, icmp}) => `${source.ip} ${icmp!.name}`)).toEqual([
    'fd00::1 echo-request',
    'fd00::1 time-exceeded/hop-limit-exceeded',
  ])
})

test('a host that asks and answers the same host is told by what it asks, in whatever order', () => {
  const book = new ConversationBook(1000)
  const swapped = {source: 'fd00::2', destination: 'fd00::1'}
  feed(book, aNode(), {icmp: [135, 0]}, {...swapped, icmp: [136, 0]}, {...swapped, icmp: [135, 0]}, {icmp: [136, 0]})
  expect(rows(book).map(({source, icmp}) => `${source.ip} ${icmp!.name}`)).toEqual(['fd00::1 neighbor-solicitation'])
})

test('a group asks nobody: announcements to it, and requests to it from a lower port, are their sender’s', () => {
  const book = new ConversationBook(1000)
  const all = {source: 'fe80::1', destination: 'ff02::1'}
  feed(
    book,
    aNode(),
    {...all, icmp: [134, 0]},
    {...all, icmp: [136, 0]},
    {...all, sourcePort: 5000, destinationPort: 6000},
  )
  expect(rows(book).map(({source}) => source.ip)).toEqual(['fe80::1', 'fe80::1', 'fe80::1'])
})

test('who has the port of DHCP’s clients asks', () => {
  const book = new ConversationBook(1000)
  feed(book, aNode(), {source: 'fd00::5', destination: 'fd00::1', sourcePort: 547, destinationPort: 546})
  expect(rows(book)).toMatchObject([{source: {ip: 'fd00::1', port: 546}, destination: {port: 547}}])
})

test('a conversation of a host with itself keeps its directions apart', () => {
  const book = new ConversationBook(1000)
  const self = {source: 'fd00::1', destination: 'fd00::1'}
  feed(
    book,
    aNode(),
    {...self, sourcePort: 50_000, destinationPort: 80, packets: 3},
    {...self, sourcePort: 80, destinationPort: 50_000, packets: 2},
  )
  expect(rows(book)).toMatchObject([{source: {port: 50_000}, forward: {packets: 3}, backward: {packets: 2}}])
})

test('a client behind a NAT, whose port could be a server’s, is told from the server by how many that one talks to', () => {
  const book = new ConversationBook(1000)
  const served = {destination: 'fd00::2', destinationPort: 8080}
  feed(book, aNode(), ...[40_001, 40_002].map((sourcePort) => ({...served, sourcePort})))
  feed(book, aNode(), {source: 'fd00::2', sourcePort: 8080, destination: 'fd00::1', destinationPort: 3156})
  feed(book, aNode(), {...served, source: 'fd00::9', sourcePort: 179})
  expect(rows(book).map(({source, destination}) => `${source.port} ${destination.port}`)).toEqual([
    '40001 8080',
    '40002 8080',
    '3156 8080',
    '8080 179',
  ])
})

test('an idle conversation has no rate but keeps its counts', () => {
  const book = new ConversationBook(1000)
  const node = aNode()
  feed(book, node, {...there, packets: 4})
  feed(book, node, {icmp: [128, 0]})
  expect(rows(book)[0]).toMatchObject({counts: {packets: 4}, rate: {packets: 0}})
})

test('beyond its limit the longest idle conversations are forgotten and counted', () => {
  const book = new ConversationBook(100)
  const flows = Array.from({length: 150}, (_, i) => ({...there, sourcePort: 40_000 + i, last: 1000 + i}))
  feed(book, aNode(), ...flows)
  expect([book.size, book.forgotten]).toEqual([75, 75])
  expect(rows(book).map(({source}) => source.port)).toContain(40_149)
})
