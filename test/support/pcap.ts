import {readFileSync} from 'node:fs'
import type {Frame} from '../../src/packet/packet.ts'

/** The frames of a small Ethernet capture, little endian, each a copy of its own. */
export function framesOf(capture: string): readonly Frame[] {
  const file = readFileSync(capture)
  const frames: Frame[] = []
  for (let at = 24; at + 16 <= file.length;) {
    const end = at + 16 + file.readUInt32LE(at + 8)
    frames.push({
      link: 'ethernet',
      bytes: Uint8Array.from(file.subarray(at + 16, end)),
      length: file.readUInt32LE(at + 12),
    })
    at = end
  }
  return frames
}
