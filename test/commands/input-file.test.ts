import {spawnSync} from 'node:child_process'
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {CommandLines, type Said} from '../support/command-lines.ts'
import {pcapFile} from '../support/capture-files.ts'
import {ethernet, ipv6, tcp} from '../support/packets.ts'
import {dissect} from '../support/tshark.ts'

const captures = join(import.meta.dirname, '../captures')
const plugin = join(import.meta.dirname, '../../bin/kubectl-ipv6')
const commandLines = new CommandLines()
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'capture-'))
})
afterAll(async () => {
  await commandLines[Symbol.asyncDispose]()
  rmSync(folder, {recursive: true})
})

const observe = (args: readonly string[]): Promise<Said> => commandLines.run(['observe', ...args])

interface Counts {
  readonly packets: number
  readonly bytes: number
}
type Line = Counts & {
  readonly kind: string
  readonly source: {readonly ip: string; readonly port?: number}
  readonly destination: {readonly ip: string; readonly port?: number}
  readonly seen: Counts
  readonly accounted: boolean
}
const linesOf = (stdout: string) => stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Line) // prettier-ignore

describe.each(readdirSync(captures).filter((name) => name.endsWith('.pcap')))('%s, read back', (capture) => {
  test('counts every pair of addresses as tshark does', async () => {
    const path = join(captures, capture)
    const frames = dissect(path)
    const {status, stdout, stderr} = await observe(['--input-file', path, '--family', 'all', '-o', 'json'])
    expect([status, stderr]).toEqual([0, ''])
    const lines = linesOf(stdout)
    const sums = new Map<string, number[]>()
    const add = (key: string, packets: number, bytes: number): void => {
      const [p = 0, b = 0] = sums.get(key) ?? []
      sums.set(key, [p + packets, b + bytes])
    }
    for (const frame of frames) if (frame !== undefined) add(`${frame.source} > ${frame.destination}`, 1, frame.bytes)
    for (const line of lines)
      if (line.kind === 'flow') add(`${line.source.ip} > ${line.destination.ip}`, -line.packets, -line.bytes)
    expect([...sums.values()].flat().filter((rest) => rest !== 0)).toEqual([])
    expect(lines.at(-1)).toMatchObject({kind: 'summary', accounted: true, seen: {packets: frames.length}})
  })
})

test('a capture that breaks off is shown, and then its end is told, with status 2', async () => {
  const path = join(folder, 'cut.pcap')
  writeFileSync(path, readFileSync(join(captures, 'tcp-and-udp.pcap')).subarray(0, 1000))
  const {status, stdout, stderr} = await observe(['--input-file', path])
  expect([status, stdout.includes('every packet accounted for')]).toEqual([2, true])
  expect(stderr).toMatch(/^error: .* is cut off in the middle of a block at byte 1000, after frame \d+\.\nWhat came/)
})

test('stdin is read, and an interval is of the capture’s clock', () => {
  const frames = Array.from({length: 5}, () => ethernet(ipv6(tcp())))
  const args = ['observe', '--input-file', '-', '--interval', '2s', '-o', 'json']
  const {status, stdout} = spawnSync(plugin, args, {encoding: 'utf8', timeout: 30_000, input: pcapFile(frames)})
  expect(status).toBe(0)
  expect(linesOf(stdout).flatMap(({kind, packets}) => (kind === 'flow' ? [packets] : []))).toEqual([2, 2, 1])
})

test.each([
  [['node1'], '--input-file and a target exclude each other'],
  [['--hook', 'tcx'], '--hook has no meaning with --input-file'],
  [['--duration', '3s'], '--duration has no meaning with --input-file'],
  [['--pod', 'web'], 'No packet of a capture can match a filter on names'],
  [['-o', 'live'], '-o live shows what happens now'],
  [['--direction', 'egress'], 'does not tell which way its frames went'],
  [['-i', 'eth0'], 'No interface of the capture matches -i eth0'],
])('what a capture cannot give is refused: %j', async (args, said) => {
  const {status, stderr} = await observe([...args, '--input-file', join(captures, 'icmpv6.pcap')])
  expect([status, stderr.includes(said) ? said : stderr]).toEqual([2, said])
})
