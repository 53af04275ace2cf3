import {expect, test} from 'vitest'
import {ConversationBook} from '../../src/events/conversation-book.ts'
import {conversationRow} from '../../src/events/conversation-row.ts'
import {pathCell} from '../../src/events/live-screen.ts'
import {noNames} from '../../src/events/names.ts'
import type {AttachedInterface} from '../../src/protocol/message.ts'
import {aNode, anInterface, drain, lines} from './records.ts'

type Place = Partial<AttachedInterface> & {readonly name: string}

/** The path of one packet seen at these places; the indexes are theirs in the list, from 1. */
function pathOf(interfaces: readonly Place[], ...seen: readonly (readonly [name: string, direction: 'in' | 'out'])[]) {
  const node = aNode('node1', {interfaces: interfaces.map((each, i) => ({...anInterface('', i + 1), ...each}))})
  const flows = seen.map(([name, direction]) => ({
    interface: interfaces.findIndex((each) => each.name === name) + 1,
    direction: direction === 'in' ? ('ingress' as const) : ('egress' as const),
  }))
  const book = new ConversationBook(100)
  node.add(drain(lines(...flows)))
  book.add(node, {slots: node.book.takeChanged(), seconds: 1})
  const [[key, conversation] = []] = [...book.entries()]
  return pathCell(conversationRow(key!, conversation!, {book, names: noNames}).path, false)
}

test.each([
  ['a veth whose ends are both here', [{name: 'a1', link: 2}, {name: 'a0', link: 1}], [['a1', 'in'], ['a0', 'out']], 'a0▸a1'],
  [
    'the same behind a port, and a bridge behind it',
    [{name: 'b', link: 2}, {name: 'a', link: 1}, {name: 'port', master: 4}, {name: 'bridge'}, {name: 'c'}],
    [['bridge', 'in'], ['b', 'in'], ['c', 'out'], ['a', 'out'], ['port', 'in']],
    'port▸bridge▸a▸b▸c',
  ],
  [
    'a bridge that a pair ends in',
    [{name: 'a', link: 2}, {name: 'b', link: 1, master: 3}, {name: 'bridge'}],
    [['bridge', 'in'], ['b', 'in'], ['a', 'out']],
    'a▸b▸bridge',
  ],
  ['a VLAN, coming in', [{name: 'a.5', link: 2}, {name: 'eth0'}], [['a.5', 'in'], ['eth0', 'in']], 'eth0▸a.5'],
  ['a VLAN, going out', [{name: 'eth0'}, {name: 'eth0.5', link: 1}], [['eth0', 'out'], ['eth0.5', 'out']], 'eth0.5▸eth0'],
  [
    'a bond, its VLAN and a bridge over it, going out by a NIC',
    [{name: 'nic', master: 2}, {name: 'bond'}, {name: 'bond.7', link: 2, master: 4}, {name: 'bridge'}, {name: 'pod'}],
    [['bond', 'out'], ['bridge', 'out'], ['nic', 'out'], ['bond.7', 'out'], ['pod', 'in']],
    'pod▸bridge▸bond.7▸bond▸nic',
  ],
] as const)('a path follows the packet through %s', (...[, interfaces, seen, path]) => {
  expect(pathOf(interfaces, ...seen)).toBe(path)
}) // prettier-ignore
