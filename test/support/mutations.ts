import type {Frame, LinkType} from '../../src/packet/packet.ts'

/** xorshift32: the same numbers for the same seed. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const links: readonly LinkType[] = ['ethernet', 'ethernet', 'ethernet', 'none', 'null', 'sll', 'sll2']

/** A frame made from one of `frames`: bytes changed, cut off, doubled or put where they do not belong. It is a part of a larger buffer of 0xa5. */
export function mutated(frames: readonly Frame[], random: (below: number) => number): Frame {
  const {bytes: original, length} = frames[random(frames.length)] ?? {bytes: new Uint8Array(0), length: 0}
  const size = random(4) === 0 ? random(original.length + 1) : original.length
  const around = new Uint8Array(size + 64).fill(0xa5)
  const bytes = around.subarray(32, 32 + size)
  bytes.set(original.subarray(0, size))
  for (let changes = random(8); changes > 0 && size > 0; changes--) {
    const at = random(2) === 0 ? Math.min(size - 1, 12 + random(80)) : random(size)
    bytes[at] = interesting[random(interesting.length + 8)] ?? random(256)
  }
  const wire = random(3) === 0 ? size + random(100) : random(5) === 0 ? size : Math.max(size, length)
  return {
    link: links[random(links.length)] ?? 'ethernet',
    bytes,
    length: wire,
    ...(random(20) === 0 ? {segmentSize: 1 + random(1500)} : {}),
  }
}

/** Lengths and header numbers that lead somewhere. */
const interesting = [
  0, 1, 2, 4, 6, 8, 17, 43, 44, 50, 51, 58, 59, 60, 135, 139, 140, 0x60, 0x45, 0x80, 0xff, 130, 134, 135, 137, 143,
  0x86, 0xdd,
]

/** The same bytes, with nothing before and behind them. */
export const alone = (frame: Frame): Frame => ({...frame, bytes: Uint8Array.from(frame.bytes)})
