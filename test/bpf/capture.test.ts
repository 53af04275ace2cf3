import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {CaptureFile} from '../../src/capture/capture-file.ts'
import {FlowTally} from '../../src/capture/flow-tally.ts'
import {hashKey} from '../../src/events/flow-key.ts'
import {readTotals} from '../../src/generated/totals.ts'
import {everything, type KernelFilter} from '../../src/protocol/settings.ts'
import {pcapFile} from '../support/capture-files.ts'
import {addresses} from '../support/packets.ts'
import {foreign, golden, tagged} from './golden.ts'
import {isRoot, loadPrograms, mergeCpus, readLines, send, takeAll} from './programs.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'capture-'))
})
afterAll(() => rmSync(folder, {recursive: true}))

/** Each whole, and those with a tag cut at every third byte (the kernel refuses to test others that are short). Cut frames are so short on the wire. */
const whole = [...golden, ...foreign].map(({frame}) => frame)
const cut = golden
  .map(tagged)
  .flatMap(({frame}) =>
    Array.from({length: Math.ceil((frame.length - 15) / 3)}, (_, each) => frame.subarray(0, frame.length - 3 * each)),
  )
const frames = [...whole, ...cut]

async function tallied(filter: KernelFilter) {
  const path = join(folder, 'frames.pcap')
  writeFileSync(path, pcapFile(frames))
  await using file = await CaptureFile.open(path)
  const tally = new FlowTally(file, {
    filter,
    isChosen: () => true,
    hash: (words, at) => hashKey(words, at, 1),
    lines: 1 << 12,
  })
  do expect(tally.count(Infinity)).toBe(true)
  while (await file.fill())
  const {flows, totals} = tally.take()
  return {flows: readLines(flows), ...readTotals(new DataView(totals.buffer)).directions}
}

const six: KernelFilter = everything
const both: KernelFilter = {...everything, families: [4, 6]}
const one = {address: addresses.source, length: 128}
const ten = {address: '00000000000000000000ffff0a000000', length: 104}
const filters: readonly (readonly [string, KernelFilter])[] = [
  ['both families', both],
  ['one family', six],
  ['the other family', {...everything, families: [4]}],
  ['a source', {...both, addresses: [{side: 'source', negate: false, prefixes: [one]}]}],
  ['not a destination', {...both, addresses: [{side: 'destination', negate: true, prefixes: [one, ten]}]}],
  ['an IPv4 prefix', {...both, addresses: [{side: 'any', negate: false, prefixes: [ten]}]}],
  ['a port', {...both, ports: [{side: 'any', negate: false, ranges: [{first: 443, last: 443}]}]}],
  ['not a source port', {...both, ports: [{side: 'source', negate: true, ranges: [{first: 1000, last: 2000}]}]}],
  ['protocols', {...both, protocols: [{negate: false, numbers: [6, 58]}]}],
  ['not a protocol', {...both, protocols: [{negate: true, numbers: [17]}]}],
  ['an ICMP type', {...both, icmpTypes: [{negate: false, types: [128, 8]}]}],
  ['not an ICMP type, and a source', {...both, icmpTypes: [{negate: true, types: [135]}], addresses: [{side: 'source', negate: false, prefixes: [one]}]}], // prettier-ignore
]

describe.skipIf(!isRoot)('frames of a capture are counted as this kernel’s programs count them (needs root)', () => {
  test.each(filters)('%s', async (_, filter) => {
    using programs = loadPrograms({filter})
    for (const frame of frames) send(programs, frame)
    const kernel = await takeAll(programs)
    const capture = await tallied(filter)
    const sorted = (flows: typeof kernel.flows) => flows.map((flow) => JSON.stringify(flow)).sort()
    expect(sorted(capture.flows)).toEqual(sorted(mergeCpus(kernel.flows)))
    expect(capture.ingress).toEqual(kernel.ingress)
    expect(capture.ingress.seen.packets).toBe(frames.length)
  })
})
