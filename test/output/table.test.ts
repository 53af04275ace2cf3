import {expect, test} from 'vitest'
import {plainTable} from '../../src/output/table.ts'

test('columns are as wide as their widest cell and lines end without spaces', () => {
  const rows = [['NAME', 'PACKETS'], ['tcp', '12'], ['icmpv6', '3']]
  expect(plainTable(rows, [1])).toBe('NAME    PACKETS\ntcp          12\nicmpv6        3\n')
  expect(plainTable([])).toBe('')
}) // prettier-ignore

test('a row that is too wide goes on in the next line, column under column', () => {
  const rows = [['ADDRESS', 'ACCEPTS', 'PID', 'PROCESS'], ['[::]:80', 'IPv4 and IPv6', '7', 'httpd'], ['127.0.0.1:8080', 'IPv4 only', '12345', 'python3']]
  const wide = plainTable(rows, [2])
  expect(plainTable(rows, [2], 45)).toBe(wide)
  expect(plainTable(rows, [2], 44)).toBe(`ADDRESS         ACCEPTS          PID
    PROCESS
[::]:80         IPv4 and IPv6      7
    httpd
127.0.0.1:8080  IPv4 only      12345
    python3
`)
  for (const width of [10, 12, 20, 29, 30, 40, 60]) {
    const lines = plainTable(rows, [2], width).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
  }
  expect(plainTable(rows, [2], 10)).toContain('127.0…8080')
}) // prettier-ignore
