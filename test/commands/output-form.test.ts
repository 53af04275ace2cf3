import {expect, test} from 'vitest'
import {bindcheckRequest} from '../../src/commands/bindcheck-request.ts'
import {clientsRequest} from '../../src/commands/clients-request.ts'
import {listenersTable} from '../../src/commands/listeners-text.ts'
import type {HeldSocket} from '../../src/protocol/binding.ts'

const line = (output: string, flags = {}) => ({flags: {output, ...flags}, targets: ['local'], raw: []})

test('-o wide of bindcheck shows every combination that was tried', async () => {
  expect((await bindcheckRequest(line('text'))).showsMatrix).toBe(false)
  expect((await bindcheckRequest(line('wide'))).showsMatrix).toBe(true)
})

test('-o wide of clients lists the ten heaviest of each socket, or as many as --top says', () => {
  const tops = [line('text'), line('wide'), line('wide', {top: 3}), line('json')].map(
    (each) => clientsRequest(each).top,
  )
  expect(tops).toEqual([0, 10, 3, 100])
})

test('-o wide of listeners shows owners and queues', () => {
  const socket: HeldSocket = {
    protocol: 'tcp', family: 6, address: '::', port: 80, state: 'listen', v6only: false, uid: 33, inode: 7, receiveQueue: 2, sendQueue: 511, drops: 4,
    owner: {pid: 9, process: 'web', runtime: 'Go'},
  } // prettier-ignore
  const table = (isWide: boolean) => listenersTable([socket], [], {width: Infinity, isWide}).split('\n').map((row) => row.split(/ {2,}/)) // prettier-ignore
  const [narrow = [], wide = []] = [false, true].map((each) => table(each)[0])
  expect(wide.slice(narrow.length)).toEqual(['UID', 'RUNTIME', 'WAITING', 'NO ROOM'])
  expect(table(true)[1]?.slice(narrow.length)).toEqual(['33', 'Go', '2 of 511', '4'])
})
