import {describe, expect, test} from 'vitest'
import {flowObject} from '../../src/events/flow-json.ts'
import {RowReader} from '../../src/events/flow-row.ts'
import {flowCells, shortName, socketText} from '../../src/events/flow-text.ts'
import {noNames} from '../../src/events/names.ts'
import {palette} from '../../src/output/colour.ts'
import {aNode, drain, type FlowParts, lines, second, ticks} from './records.ts'

function rowOf(...flows: FlowParts[]) {
  const node = aNode()
  node.add(drain(lines(...flows)))
  return new RowReader(node, noNames).row(0)
}

describe('a flow as a row', () => {
  test('names its interface, protocol, ports and classes', () => {
    const row = rowOf({
      source: '2001:db8::1',
      destination: 'fe80::1',
      sourcePort: 40_000,
      destinationPort: 443,
      interface: 4,
      direction: 'egress',
      tcpFlags: 0x12,
    })
    expect(row).toMatchObject({
      node: 'node1',
      interface: 'veth1',
      direction: 'egress',
      protocol: 'TCP',
      family: 6,
      source: {ip: '2001:db8::1', port: 40_000, class: 'documentation'},
      destination: {ip: 'fe80::1', port: 443, class: 'link-local'},
      tcpFlags: ['SYN', 'ACK'],
    })
  })

  test('of ICMPv6 has type and code, and no ports', () => {
    const row = rowOf({icmp: [1, 4]})
    expect(row.icmp).toEqual({type: 1, code: 4, name: 'destination-unreachable/port-unreachable'})
    expect(row.source).not.toHaveProperty('port')
  })

  test('of a later fragment has neither ports nor an ICMP type', () => {
    expect(rowOf({protocol: 17, fragments: 0b0010})).toMatchObject({fragments: ['later'], source: {ip: 'fd00::1'}})
    expect(rowOf({protocol: 17}).source).not.toHaveProperty('port')
    expect(rowOf({protocol: 58}).icmp).toBeUndefined()
    const icmp4 = {source: '10.0.0.1', destination: '10.0.0.2', protocol: 1}
    expect(rowOf({...icmp4, fragments: 0b0010}).icmp).toBeUndefined()
    expect(rowOf({...icmp4, fragments: 0b0110}).icmp).toBeUndefined()
    expect([0, 0b0001, 0b1000].map((fragments) => rowOf({...icmp4, fragments}).icmp?.name)).toEqual([
      'echo-reply',
      'echo-reply',
      'echo-reply',
    ])
  })

  test('of IPv4 is written as IPv4, of a v4-mapped address in IPv6 as such', () => {
    expect(rowOf({source: '10.0.0.1', destination: '10.0.0.2'})).toMatchObject({
      family: 4,
      source: {ip: '10.0.0.1', class: 'private'},
    })
    expect(rowOf({source: '::ffff:10.0.0.1'})).toMatchObject({
      family: 6,
      source: {ip: '::ffff:10.0.0.1', class: 'v4-mapped'},
    })
  })

  test('of an interface that nobody told of has its number', () => {
    expect(rowOf({interface: 77}).interface).toBe('#77')
  })

  test('tells what it counted since it was last told, and its total', () => {
    const node = aNode()
    node.add(drain(lines({packets: 3, bytes: 300})))
    const reader = new RowReader(node, noNames)
    expect(reader.row(0)).toMatchObject({packets: 3, bytes: 300, total: {packets: 3, bytes: 300}})
    reader.told(0)
    node.add(drain(lines({packets: 2, bytes: 90})))
    expect(reader.row(0)).toMatchObject({packets: 2, bytes: 90, total: {packets: 5, bytes: 390}})
  })

  test('has the times of the node’s clock, also when the 32-bit clock has wrapped', () => {
    const wrapped = 2 ** 32 / 953.67431640625 // seconds until 32 bits of 2^20 ns are over
    const node = aNode()
    const at = Math.floor(wrapped) + 200
    node.add(drain(lines({first: ticks(at - 300) >>> 0, last: ticks(at - 100) % 2 ** 32}), {at}))
    const {firstNs, lastNs} = new RowReader(node, noNames).row(0)
    const offset = 1_700_000_000n * second
    expect(Number(firstNs - offset) / 1e9).toBeCloseTo(at - 300, 1)
    expect(Number(lastNs - offset) / 1e9).toBeCloseTo(at - 100, 1)
  })
})

test('the JSON line is the contract’s', () => {
  const row = rowOf({
    sourcePort: 1000,
    destinationPort: 53,
    protocol: 17,
    headers: 0b101,
    packets: 2,
    bytes: 200,
    first: ticks(99),
    last: ticks(100),
  })
  expect(flowObject(row, 1_700_000_100n * second)).toEqual({
    kind: 'flow',
    time: '2023-11-14T22:15:00.000000000Z',
    node: 'node1',
    interface: 'eth0',
    direction: 'ingress',
    source: {ip: 'fd00::1', port: 1000, class: 'ula'},
    destination: {ip: 'fd00::2', port: 53, class: 'ula'},
    protocol: 'UDP',
    packets: 2,
    bytes: 200,
    total: {packets: 2, bytes: 200},
    first: '2023-11-14T22:14:58.999205888Z',
    last: '2023-11-14T22:14:59.999547392Z',
    headers: ['hop-by-hop', 'fragment'],
  })
})

test('a text line has every word that grep may look for', () => {
  const row = rowOf({sourcePort: 40_000, destinationPort: 443, tcpFlags: 2, packets: 1200, bytes: 120_000})
  const options = {time: '12:00:00.000', seconds: 2, isWide: false, hasNodes: true, palette: palette(false)}
  expect(flowCells(row, options).join('  ')).toBe(
    '12:00:00.000  node1  eth0  in  [fd00::1]:40000 → [fd00::2]:443  TCP SYN  +1,200 pkt +120,000 B  600 pkt/s 480 kbit/s  total 1,200 pkt 120 kB',
  )
})

test('a name from the API cannot speak to the terminal', () => {
  expect(shortName({namespace: 'shop', pod: 'web\u001b[2J'})).toBe('shop/web\\u{1b}[2J')
  expect(shortName({namespace: 'shop', service: 'cart'})).toBe('svc/shop/cart')
  expect(shortName({node: 'worker-1'})).toBe('node/worker-1')
  expect(shortName({labels: {}})).toBeUndefined()
})

test('a socket is written as RFC 5952 §6 and RFC 3986 say', () => {
  expect([
    socketText({ip: 'fd00::1', port: 1}),
    socketText({ip: '10.0.0.1', port: 1}),
    socketText({ip: 'fd00::1'}),
  ]).toEqual(['[fd00::1]:1', '10.0.0.1:1', 'fd00::1'])
})
