import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {decodeFrame} from '../../src/packet/decode.ts'
import type {Frame} from '../../src/packet/packet.ts'
import {alone, mutated, randomNumbers} from '../support/mutations.ts'
import {framesOf} from '../support/pcap.ts'

const folder = join(import.meta.dirname, '../captures')
const frames = readdirSync(folder, {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.pcap'))
  .flatMap((name) => framesOf(join(folder, name)))

describe('whatever the bytes are', () => {
  test('no frame of the captures, cut at any byte, is read behind its end', () => {
    for (const {bytes, length} of frames.filter((frame) => frame.bytes.length < 400)) {
      for (let size = 0; size <= bytes.length; size++) {
        const around = Uint8Array.of(...bytes.subarray(0, size), ...Array<number>(64).fill(0xa5))
        const frame: Frame = {link: 'ethernet', bytes: around.subarray(0, size), length}
        const decoded = decodeFrame(frame)
        if (JSON.stringify(decoded) !== JSON.stringify(decodeFrame(alone(frame)))) throw new Error(`differs at ${size}`)
        const message = decoded.transport?.kind === 'icmpv6' ? decoded.transport.message : undefined
        // What is cut off is no fault of the message.
        if (size < bytes.length && message?.checksum === 'wrong') throw new Error(`judged at ${size}`)
      }
    }
  }, 120_000)

  test('200,000 mutated frames neither throw nor are read behind their end', () => {
    const random = randomNumbers(20_261_121)
    for (let count = 0; count < 200_000; count++) {
      const frame = mutated(frames, random)
      const decoded = decodeFrame(frame)
      if (count % 20 === 0) expect(decoded).toEqual(decodeFrame(alone(frame)))
    }
  }, 120_000)

  test('64 KiB of headers, of options, of tags, or of errors that quote errors take less than a second of the processor', () => {
    const ethernet = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
    const header = [0x60, 0, 0, 0, 0xff, 0xff, 60, 64, ...Array<number>(32).fill(1)]
    const filled = (pattern: readonly number[]) =>
      Uint8Array.from({length: 65_535}, (_, i) => pattern[i % pattern.length] ?? 0)
    const error = [0x60, 0, 0, 0, 0xff, 0xff, 58, 64, ...Array<number>(32).fill(1), 1, 0, 0, 0, 0, 0, 0, 0]
    const bodies: readonly Uint8Array[] = [
      Uint8Array.of(...ethernet, 0x86, 0xdd, ...header, ...filled([60, 0, 1, 4, 0, 0, 0, 0])),
      Uint8Array.of(...ethernet, 0x86, 0xdd, ...header, ...filled([60, 255, ...Array<number>(2046).fill(0)])),
      Uint8Array.of(...ethernet, ...filled([0x81, 0, 0, 1])),
      Uint8Array.of(...ethernet, 0x86, 0xdd, ...filled(error)),
    ]
    for (const bytes of bodies) {
      const before = process.cpuUsage().user
      decodeFrame({link: 'ethernet', bytes, length: bytes.length})
      expect(process.cpuUsage(undefined).user - before).toBeLessThan(1_000_000)
    }
  })
})
