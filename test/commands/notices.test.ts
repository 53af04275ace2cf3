import {expect, test} from 'vitest'
import {Notices} from '../../src/commands/notices.ts'

function some(options: {readonly isQuiet?: boolean; readonly isVerbose?: boolean; readonly columns?: number} = {}) {
  const written: string[] = []
  const {isQuiet = false, isVerbose = false, columns} = options
  const notices = new Notices({isQuiet, isVerbose, write: (text) => written.push(text), columns: () => columns})
  return {notices, written}
}
const erase = '\r\u001b[K'

test('progress is one line of the terminal, written over, out of the way of notices, and gone in the end', () => {
  const {notices, written} = some({columns: 40})
  notices.step('node1', 'pod created …')
  notices.step('node2', 'pulling the image …')
  notices.say('node3', 'it is down')
  notices.settle()
  notices.step('node2', 'started …')
  expect(written).toEqual([
    `${erase}node1: pod created …`,
    `${erase}node1: pod created …, node2: pulling the image …`.slice(0, erase.length + 38) + '…',
    erase,
    'node3: it is down\n',
    `${erase}node1: pod created …, node2: pulling the image …`.slice(0, erase.length + 38) + '…',
    erase,
  ])
})

test('progress is not for a file or a pipe, and not with -q; with -v it is a line each', () => {
  for (const {notices, written} of [some(), some({isQuiet: true, columns: 80})]) {
    notices.step('node1', 'started')
    notices.settle()
    expect(written).toEqual([])
  }
  const {notices, written} = some({isVerbose: true, columns: 80})
  notices.step('node1', 'started')
  notices.settle()
  expect(written).toEqual(['node1: started\n'])
})

test('while the live view is open nothing is written beside it', () => {
  const {notices, written} = some({columns: 80})
  const read: unknown[] = []
  notices.step('node1', 'started')
  notices.tellTo((node, text, {isPassing}) => read.push([node, text, isPassing]))
  written.splice(0)
  notices.say('', 'Still waiting')
  notices.step('node2', 'pulling')
  notices.detail('node2', 'only with -v')
  expect(written).toEqual([])
  expect(read).toEqual([
    ['', 'Still waiting', false],
    ['node2', 'pulling', true],
  ])
  notices.tellTo(undefined)
  notices.say('', 'again')
  expect(written).toEqual(['again\n'])
})
