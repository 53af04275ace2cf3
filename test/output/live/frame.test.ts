import {describe, expect, test} from 'vitest'
import {palette} from '../../../src/output/colour.ts'
import {layColumns, type LiveColumn} from '../../../src/output/live/columns.ts'
import {type LiveScreen, renderFrame} from '../../../src/output/live/frame.ts'
import {displayWidth} from '../../../src/output/width.ts'

const columns: readonly LiveColumn[] = [
  {title: 'SOURCE', align: 'left', least: 10, order: 0, cutsMiddle: true},
  {title: 'BIT/S', align: 'right', least: 6, order: 1},
  {title: 'PATH', align: 'left', least: 5, order: 2},
]

const screen = (changes: Partial<LiveScreen> = {}): LiveScreen => ({
  header: [['observe node1', '12s'], ['1.2 kpkt/s', '3 conversations']],
  columns,
  sortedBy: 1,
  isReversed: false,
  rows: ['fd00:10:244:1::a', '网络/web-0', 'fd00::1'].map((name, i) => ({
    cells: [name, `${i} M`, 'veth0▸eth0'],
    isIdle: i === 2,
    isSelected: false,
    details: [],
  })),
  empty: 'No packet so far.',
  status: '',
  keys: [['q', 'quit'], ['s', 'sort']],
  ...changes,
}) // prettier-ignore

const frame = (rows: number, width: number, changes?: Partial<LiveScreen>) =>
  renderFrame(screen(changes), {columns: width, rows}, palette(false))

test('a frame has exactly the lines of the screen, none too wide, whatever the size', () => {
  for (let rows = 1; rows < 14; rows++) {
    for (let width = 1; width < 130; width += 3) {
      const lines = frame(rows, width, {status: 'node2 does not answer any more, and nobody knows why'})
      expect(lines).toHaveLength(rows)
      for (const line of lines) expect(displayWidth(line), `${rows} × ${width}: ${line}`).toBeLessThanOrEqual(width)
    }
  }
})

test('a wide frame shows everything, aligned', () => {
  expect(frame(9, 50)).toEqual([
    'observe node1                                  12s',
    '1.2 kpkt/s                         3 conversations',
    'SOURCE            BIT/S▼  PATH                    ',
    'fd00:10:244:1::a     0 M  veth0▸eth0              ',
    '网络/web-0           1 M  veth0▸eth0              ',
    'fd00::1              2 M  veth0▸eth0              ',
    '',
    '',
    'q quit  s sort',
  ])
})

test('a cell of several lengths shows the longest that its column has room for, and yields the rest', () => {
  const rows = [
    {cells: ['fd00:10:244:1::a', '1 M', ['veth0▸cni0▸eth0', 'veth0▸…']], isIdle: false, isSelected: false, details: []},
  ]
  const line = (width: number) => frame(7, width, {rows})[3]?.trimEnd()
  expect([50, 40, 36, 32].map(line)).toEqual([
    'fd00:10:244:1::a     1 M  veth0▸cni0▸eth0',
    'fd00:10:244:1::a     1 M  veth0▸…',
    'fd00:10:244:1::a     1 M  veth0▸…',
    'fd00:10…44:1::a     1 M  veth0▸…',
  ])
})

test('a narrow frame leaves out columns of a higher order and cuts the middle of addresses', () => {
  expect(frame(7, 22).slice(2, 5)).toEqual([
    'SOURCE          BIT/S▼',
    'fd00:10…4:1::a     0 M',
    '网络/web-0         1 M',
  ])
})

test('rows beyond the screen are not shown, the details of an opened row are', () => {
  const rows = [{...screen().rows[0]!, isSelected: true, details: ['path veth0', 'tcp SYN']}, ...screen().rows.slice(1)]
  const lines = frame(8, 40, {rows})
  expect(lines.slice(3, 6)).toEqual([expect.stringContaining('fd00:10'), '  path veth0', '  tcp SYN'])
})

test('the selected row is inverse over the whole width, idle ones are quiet', () => {
  const rows = screen().rows.map((row, i) => ({...row, isSelected: i === 0}))
  const lines = renderFrame(screen({rows}), {columns: 60, rows: 9}, palette(true))
  expect(displayWidth(lines[3]!)).toBe(60)
  expect([lines[3]!.slice(0, 4), lines[3]!.slice(-5), lines[5]!.slice(0, 4)]).toEqual([
    '\u001b[7m',
    '\u001b[27m',
    '\u001b[2m',
  ])
})

test('without rows it says so', () => {
  expect(frame(8, 40, {rows: []})[3]).toBe('No packet so far.')
})

describe('columns', () => {
  test('never exceed the width together, and get what they need where there is room', () => {
    for (let width = 1; width < 80; width++) {
      const widths = layColumns(columns, [16, 6, 10], width)
      const shown = widths.filter((each) => each > 0)
      const total = shown.reduce((sum, each) => sum + each, 0) + 2 * Math.max(0, shown.length - 1)
      expect(total).toBeLessThanOrEqual(Math.max(width, 0))
    }
    expect(layColumns(columns, [16, 6, 10], 200)).toEqual([16, 6, 10])
    expect(layColumns(columns, [4, 6, 10], 200)).toEqual([4, 6, 10])
  })
})
