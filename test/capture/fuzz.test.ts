import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {CaptureFile} from '../../src/capture/capture-file.ts'
import {FlowTally} from '../../src/capture/flow-tally.ts'
import {readCapture} from '../../src/capture/read-capture.ts'
import {hashKey} from '../../src/events/flow-key.ts'
import {readTotals} from '../../src/generated/totals.ts'
import {decodeFrame} from '../../src/packet/decode.ts'
import {interfaceBlock, option, packetBlock, pcapFile, section} from '../support/capture-files.ts'
import {randomNumbers} from '../support/mutations.ts'
import {framesOf} from '../support/pcap.ts'

const captures = join(import.meta.dirname, '../captures')
const frames = readdirSync(captures, {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.pcap'))
  .flatMap((name) => framesOf(join(captures, name)).slice(0, 6))
  .map(({bytes}) => bytes)
let file = ''
beforeAll(() => {
  file = join(mkdtempSync(join(tmpdir(), 'fuzz-')), 'file')
})
afterAll(() => rmSync(join(file, '..'), {recursive: true}))

const linkTypes = [1, 1, 1, 0, 101, 108, 113, 228, 229, 276, 9]
const resolutions = [6, 9, 3, 0x80 | 20, 0xff, 127]

/** A capture of either format, byte order and any link type, of which some bytes are others. */
function brokenCapture(random: (below: number) => number): Buffer {
  const [isLittle, linkType] = [random(2) === 0, linkTypes[random(linkTypes.length)] ?? 1]
  const some = frames.slice(random(frames.length - 8)).slice(0, 8)
  const clock = option(9, Uint8Array.of(resolutions[random(resolutions.length)] ?? 6), isLittle)
  const blocks = some.map((frame) => packetBlock(frame, {time: BigInt(random(2 ** 32)) << 20n, isLittle}))
  const whole =
    random(2) === 0
      ? pcapFile(some, {isLittle, isNano: random(2) === 0, linkType})
      : Buffer.concat([section(isLittle), interfaceBlock(linkType, [clock], isLittle), ...blocks])
  for (let changes = random(6); changes > 0; changes--) {
    const at = 4 + random(random(2) === 0 ? 80 : whole.length - 4)
    whole[at] = random(3) === 0 ? random(256) : ((whole[at] ?? 0) ^ (1 << random(8))) & 0xff
  }
  return random(4) === 0 ? whole.subarray(0, random(whole.length)) : whole
}

async function toEnd(read: () => Promise<void>): Promise<string | undefined> {
  try {
    await read()
    return undefined
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== 'PluginError') throw cause
    return cause.message
  }
}

test('250 broken captures are read to where they break, the same number of frames in either way, and no packet is counted twice or not at all', async () => {
  const random = randomNumbers(20_261_122)
  let broken = 0
  for (let round = 0; round < 250; round++) {
    writeFileSync(file, brokenCapture(random))
    let [met, others, seen] = [0, 0, 0]
    const first = await toEnd(async () => {
      for await (const batch of readCapture(file, {onOtherLink: () => others++})) {
        for (const {frame} of batch) decodeFrame(frame)
        met += batch.length
      }
    })
    const second = await toEnd(async () => {
      await using capture = await CaptureFile.open(file)
      const hash = (words: Uint32Array, at: number): number => hashKey(words, at, 1)
      const filter = {families: [4, 6] as const, addresses: [], ports: [], protocols: [], icmpTypes: []}
      const tally = new FlowTally(capture, {filter, isChosen: () => true, hash, lines: 1024})
      const count = (): void => {
        expect(tally.count(Infinity)).toBe(true)
        const {ingress, egress} = readTotals(new DataView(tally.take().totals.buffer), 0).directions
        seen = ingress.seen.packets + egress.seen.packets
      }
      do count()
      while (await capture.fill())
    })
    expect(second).toBe(first)
    expect(seen).toBe(met + others)
    if (first !== undefined) broken++
  }
  expect(broken).toBeGreaterThan(50)
}, 120_000)
