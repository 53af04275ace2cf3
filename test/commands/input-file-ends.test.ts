import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {CommandLines} from '../support/command-lines.ts'
import {interfaceBlock, option, packetBlock, pcapFile, section} from '../support/capture-files.ts'
import {ethernet, extension, ipv6, udp} from '../support/packets.ts'

const messages = join(import.meta.dirname, '../captures/messages')
const commandLines = new CommandLines()
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ends-'))
})
afterAll(async () => {
  await commandLines[Symbol.asyncDispose]()
  rmSync(folder, {recursive: true})
})

async function run(verb: string, args: readonly string[]) {
  const {status, stdout, stderr} = await commandLines.run([verb, ...args, '-o', 'json'])
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  return {status, stderr, lines}
}

function fileOf(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

describe.each(['observe', 'ndp', 'exthdr'])('%s --input-file', (verb) => {
  test('tells nothing of a file that is not there', async () => {
    const {status, stderr, lines} = await run(verb, ['--input-file', join(folder, 'none')])
    expect([status, lines]).toEqual([2, []])
    expect(stderr).toContain('there is no such file')
  })

  test('tells what was readable of a capture that is cut off, that it is not complete, and then why', async () => {
    const cut = readFileSync(join(messages, 'thc-implementation.pcap')).subarray(0, 9000)
    const {status, stderr, lines} = await run(verb, ['--input-file', fileOf('cut.pcap', cut)])
    expect(status).toBe(2)
    expect(stderr).toMatch(/^error: .* is cut off in the middle of a block at byte 9000, after frame \d+\.\n/)
    const frames = Number(/after frame (\d+)/.exec(stderr)?.[1])
    expect(frames).toBeGreaterThan(5)
    expect(lines.length).toBeGreaterThan(3)
    const failure = expect.stringContaining('is cut off') as unknown
    expect(lines.at(-1)).toMatchObject({kind: 'summary', seen: {packets: frames}, accounted: true, complete: false, clean: false, failure}) // prettier-ignore
  })
})

describe.each(['observe', 'ndp', 'exthdr'])('%s --input-file of link types that are not decoded', (verb) => {
  const [wifi, wire] = [interfaceBlock(127), interfaceBlock(1)]
  const frame = ethernet(ipv6(udp()))
  const name = `wifi-${verb}.pcapng`

  test('counts their frames, names the link type, and cannot look where there is no other', async () => {
    const capture = Buffer.concat([section(), wifi, packetBlock(frame)])
    const {status, stderr, lines} = await run(verb, ['--input-file', fileOf(name, capture)])
    expect(status).toBe(2)
    expect(stderr).toMatch(/ has no frame that can be decoded: all are of link type 127 \(IEEE802_11_RADIOTAP\)\.\n/)
    const all = {packets: 1, bytes: frame.length}
    expect(lines.at(-1)).toMatchObject({seen: all, undecodable: {...all, reasons: {'not-readable': 1}}, accounted: true, complete: false}) // prettier-ignore
  })

  test('says of how many it could not, beside others', async () => {
    const capture = Buffer.concat([section(), wifi, wire, packetBlock(frame), packetBlock(frame, {at: 1})])
    const {status, stderr, lines} = await run(verb, ['--input-file', fileOf(name, capture)])
    expect([status, stderr]).toEqual([0, 'capture: 1 frame of link type 127 (IEEE802_11_RADIOTAP) cannot be decoded: counted as undecodable, not-readable.\n']) // prettier-ignore
    expect(lines.at(-1)).toMatchObject({seen: {packets: 2}, undecodable: {packets: 1}, complete: true})
    const chosen = await run(verb, ['--input-file', fileOf(name, capture), '-i', '#1'])
    expect([chosen.status, chosen.stderr]).toEqual([0, ''])
    expect(chosen.lines.at(-1)).toMatchObject({seen: {packets: 1}, undecodable: {packets: 0}})
  })
})

describe.each(['observe', 'exthdr'])('%s --input-file', (verb) => {
  test('refuses an interface that no frame is of, before anything is told', async () => {
    const file = join(messages, 'kernel.pcap')
    const {status, stderr, lines} = await run(verb, ['--input-file', file, '-i', 'eth*'])
    expect([status, lines]).toEqual([2, []])
    expect(stderr).toContain('No interface of the capture matches -i eth*')
  })

  test('takes the frames of the interfaces that are asked for', async () => {
    const frame = ethernet(ipv6(extension(60, udp())))
    const name = (text: string) => interfaceBlock(1, [option(2, Buffer.from(text))])
    const blocks = [section(), name('eth0'), name('eth1'), packetBlock(frame), packetBlock(frame, {at: 1})]
    const {status, lines} = await run(verb, ['--input-file', fileOf('two.pcapng', Buffer.concat(blocks)), '-i', 'eth1'])
    expect(status).toBe(0)
    expect(lines.at(-1)).toMatchObject({kind: 'summary', seen: {packets: 1}, complete: true})
  })

  test('refuses a direction that the capture does not tell, before anything is told', async () => {
    const file = join(messages, 'kernel.pcap')
    const {status, stderr, lines} = await run(verb, ['--input-file', file, '--direction', 'egress'])
    expect([status, lines]).toEqual([2, []])
    expect(stderr).toContain('does not tell which way its frames went')
  })
})

test('exthdr tells and judges what a capture holds of a chain that it cuts, as no fault of the packet', async () => {
  const segments = {number: 43, bytes: Buffer.concat([Buffer.from([17, 6, 4, 1, 2]), Buffer.alloc(51), udp().bytes])}
  const capture = pcapFile([ethernet(ipv6(extension(0, segments)))], {snapLength: 96})
  const {status, stderr, lines} = await run('exthdr', ['--input-file', fileOf('snap.pcap', capture)])
  expect([status, stderr]).toEqual([0, ''])
  expect(lines.map(({kind}) => kind)).toEqual(['extension', 'finding', 'summary'])
  expect(lines[0]).toMatchObject({chain: ['hop-by-hop', 'routing'], routing: {type: 4, segmentsLeft: 1}, problem: {reason: 'cut-by-capture'}}) // prettier-ignore
  expect(lines[1]).toMatchObject({rule: 'exthdr/srv6', severity: 'info'})
  expect(lines[2]).toMatchObject({chains: [{headers: ['hop-by-hop', 'routing'], protocol: 'UDP', end: 'cut', packets: 1}], undecodable: {reasons: {'not-readable': 1}}}) // prettier-ignore
})

test('exthdr tells and judges chains without an end, unless a filter would have to see what is behind them', async () => {
  const file = join(messages, 'thc-implementation.pcap')
  const {lines, status} = await run('exthdr', ['--input-file', file])
  const {chains} = lines.at(-1) as {chains: readonly {readonly end?: string; readonly packets: number}[]}
  const ends = chains.flatMap(({end, packets}) => (end === undefined ? [] : [`${end} ${packets}`]))
  expect(ends.toSorted()).toEqual(['too-long 1', 'too-long 1', 'too-long 1', 'truncated 1', 'truncated 1'])
  expect(lines.at(-1)).toMatchObject({undecodable: {packets: 5}, accounted: true})
  const rules = lines.filter(({kind}) => kind === 'finding').map(({rule}) => rule)
  expect(rules).toContain('exthdr/chain-long')
  expect(status).toBe(1)
  const filtered = await run('exthdr', ['--input-file', file, '--protocol', 'icmpv6'])
  const summary = filtered.lines.at(-1) as {chains: readonly object[]}
  expect(summary.chains.filter((each) => 'end' in each)).toEqual([])
})
