import {expect, test} from 'vitest'
import {plainTable} from '../../src/output/table.ts'

test('columns are as wide as their widest cell and lines end without spaces', () => {
  const rows = [['NAME', 'PACKETS'], ['tcp', '12'], ['icmpv6', '3']]
  expect(plainTable(rows, [1])).toBe('NAME    PACKETS\ntcp          12\nicmpv6        3\n')
  expect(plainTable([])).toBe('')
}) // prettier-ignore
