import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {decodeFrame} from '../../src/packet/decode.ts'
import {framesOf} from '../support/pcap.ts'
import {dissectWhole} from '../support/pdml.ts'
import {shownByTshark} from '../support/shown-by-tshark.ts'
import {shownPacket} from '../support/shown-packet.ts'

const folder = join(import.meta.dirname, '../captures')
const captures = readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter((name) => name.endsWith('.pcap'))

/** Frames of which tshark says something else: the table of docs/decoding.md says why, case by case. */
const exceptions = new Map(
  [
    ...readFileSync(join(import.meta.dirname, '../../docs/decoding.md'), 'utf8').matchAll(
      /^\| `([\w./-]+)` \| ([\d, ]+) \|/gm,
    ),
  ].map(([, name, frames]) => [name ?? '', (frames ?? '').split(', ').map(Number)]),
)

describe.each(captures)('%s', (capture) => {
  test('every header, option and message field is what tshark shows, but for the cases told in docs/decoding.md', () => {
    const shown = dissectWhole(join(folder, capture))
    const frames = framesOf(join(folder, capture))
    expect(shown).toHaveLength(frames.length)
    const differing = frames.flatMap((frame, index) => {
      const [ours, theirs] = [shownPacket(decodeFrame(frame)), shownByTshark(shown[index]!)]
      return ours.join('\n') === theirs.join('\n') ? [] : [{frame: index + 1, ours, theirs}]
    })
    const unexpected = differing.filter(({frame}) => exceptions.get(capture)?.includes(frame) !== true)
    expect(unexpected).toEqual([])
    // A case that is none any more leaves the table.
    expect(differing.map(({frame}) => frame)).toEqual(exceptions.get(capture) ?? [])
  })
})
