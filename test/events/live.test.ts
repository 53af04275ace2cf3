import {describe, expect, test} from 'vitest'
import {ConversationBook} from '../../src/events/conversation-book.ts'
import {choose, firstChoice as firstChoiceBy, type LiveChoice} from '../../src/events/live-choice.ts'
import {rank, type SortOrder, sortOrders} from '../../src/events/live-rows.ts'
import {liveScreen} from '../../src/events/live-screen.ts'
import {extensionHeaders} from '../../src/generated/words.ts'
import {noNames} from '../../src/events/names.ts'
import type {Key} from '../../src/output/live/keys.ts'
import {aNode, anInterface, drain, lines} from './records.ts'

const firstChoice = firstChoiceBy<SortOrder>('bit rate')
const rows = {keys: ['a', 'b', 'c', 'd'], page: 2, orders: sortOrders}
const pressed = (...keys: Key[]): LiveChoice<SortOrder> =>
  keys.reduce((choice, key) => choose(choice, key, rows), firstChoice)
const text = (word: string): Key[] => Array.from(word, (each) => ({text: each}))

describe('keys change what is chosen', () => {
  test('up, down, pages and ends move the selection within the rows', () => {
    const at = (...keys: Key[]) => pressed(...keys).selected
    expect([at('down'), at('down', 'down'), at('up'), at('end'), at('end', 'up'), at('home'), at('pageDown'), at('end', 'pageUp'), at('end', 'down')]).toEqual([
      'a', 'b', 'a', 'd', 'c', 'a', 'b', 'b', 'd',
    ]) // prettier-ignore
  })

  test('enter opens the selected row or the first one, escape closes and then clears', () => {
    expect(pressed('enter')).toMatchObject({selected: 'a', isOpen: true})
    expect(pressed('down', 'down', 'enter')).toMatchObject({selected: 'b', isOpen: true})
    expect(pressed('enter', 'enter').isOpen).toBe(false)
    expect(pressed('enter', 'escape')).toMatchObject({selected: 'a', isOpen: false})
    expect(pressed('enter', 'escape', 'escape').selected).toBeUndefined()
  })

  test('s and S go through the orders, r reverses, space pauses', () => {
    expect(pressed(...text('s')).sort).toBe('packet rate')
    expect(pressed(...text('S')).sort).toBe('age')
    expect(pressed(...text('r')).isReversed).toBe(true)
    expect(pressed(...text('rr ')).isPaused).toBe(true)
  })

  test('after / letters are text, until enter keeps or escape clears it', () => {
    expect(pressed(...text('/rs q'), 'backspace', 'enter')).toMatchObject({
      filter: 'rs ',
      isTyping: false,
      isReversed: false,
    })
    expect(pressed(...text('/x'), 'escape')).toMatchObject({filter: '', isTyping: false})
    expect(pressed(...text('/x'), 'enter', 'escape').filter).toBe('')
  })

  test('a key without a meaning changes nothing', () => {
    expect(pressed(...text('x'))).toBe(firstChoice)
  })
})

function aBook() {
  const book = new ConversationBook(100)
  const node = aNode('node1')
  node.add(
    drain(
      lines(
        {sourcePort: 40_000, destinationPort: 443, packets: 10, bytes: 9000, first: 50},
        {
          source: 'fd00::9',
          destination: 'fd00::8',
          protocol: 17,
          sourcePort: 40_001,
          destinationPort: 53,
          packets: 90,
          bytes: 4000,
          interface: 3,
          first: 10,
        },
      ),
    ),
  )
  book.add(node, {slots: node.book.takeChanged(), seconds: 2})
  return {book, node}
}

const names = {
  lookup: (ip: string) => (ip === 'fd00::9' ? {namespace: 'kube-system', pod: 'dns-\u001b[2J'} : undefined),
}

test('rows come in the chosen order, and their rates add up', () => {
  const {book} = aBook()
  const order = (changes: Partial<LiveChoice<SortOrder>>) =>
    rank({book, names: noNames}, {...firstChoice, ...changes}).rows.map(({counts}) => counts.packets)
  expect(order({})).toEqual([10, 90])
  expect(order({isReversed: true})).toEqual([90, 10])
  expect(order({sort: 'packet rate'})).toEqual([90, 10])
  expect(order({sort: 'bytes'})).toEqual([10, 90])
  expect(order({sort: 'age'})).toEqual([90, 10])
  expect(rank({book, names: noNames}, firstChoice).rate).toEqual({packets: 50, bytes: 6500})
})

test('the text after / is looked for in addresses, names, protocols, interfaces and nodes', () => {
  const {book} = aBook()
  const found = (filter: string) => rank({book, names}, {...firstChoice, filter}).rows.length
  expect(['fd00::9', 'KUBE-SYSTEM', 'udp', 'cni0', ':443', 'node1', 'ula', 'nothing'].map(found)).toEqual([
    1, 1, 1, 1, 1, 2, 2, 0,
  ])
})

test('the screen names pods, shows rates and the path, and no name speaks to the terminal', () => {
  const {book, node} = aBook()
  const choice: LiveChoice<SortOrder> = {...firstChoice, isPaused: true}
  const {rows: ranked, rate} = rank({book, names}, choice)
  const moment = {
    book,
    names,
    choice: {...choice, selected: ranked[1]!.key, isOpen: true},
    ranked,
    offset: 0,
    page: 10,
    rate,
    history: [1, 2],
    nodes: [node],
    seconds: 61,
    status: '',
    title: 'node1',
  }
  expect(liveScreen(moment).header[2]![1]).toContain('3 interfaces')
  const gone = {...anInterface('veth1', 4), hooks: []}
  node.change({type: 'interface', change: 'gone', interface: gone})
  expect(liveScreen(moment).header[2]![1]).toContain('2 interfaces')
  const screen = liveScreen(moment)
  expect(screen.header[0]).toEqual(['kubectl ipv6 observe node1', 'PAUSED  1m 01s'])
  expect(screen.header[1]).toEqual(['50 pkt/s  52.0 kbit/s  ▅█', '2 conversations'])
  expect(screen.rows[1]!.cells.slice(0, 7)).toEqual([
    'kube-system/dns-\\u{1b}[2J:40001',
    '[fd00::8]:53',
    ['UDP'],
    '16.0 k',
    '45',
    '4.00 kB',
    '90',
  ])
  expect(screen.rows[1]!.details.join('\n')).toContain('pod kube-system/dns-\\u{1b}[2J')
  expect(JSON.stringify(screen)).not.toContain('\\u001b')
})

test('a message of ICMP is told by its name alone where there is no room for more', () => {
  const book = new ConversationBook(100)
  const node = aNode('node1')
  node.add(drain(lines({icmp: [128, 0], headers: 1 << extensionHeaders.indexOf('fragment'), fragments: 0b1})))
  book.add(node, {slots: node.book.takeChanged(), seconds: 1})
  const {rows: ranked, rate} = rank({book, names: noNames}, firstChoice)
  const still = {offset: 0, page: 1, history: [], seconds: 1, status: '', title: ''}
  const screen = liveScreen({...still, book, names: noNames, choice: firstChoice, ranked, rate, nodes: [node]})
  expect(screen.rows[0]!.cells[2]).toEqual([
    'ICMPv6 echo-request +fragment first',
    'echo-request +fragment first',
    'echo-request +fragment',
  ])
})
