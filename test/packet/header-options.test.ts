import {describe, expect, test} from 'vitest'
import {decodeFrame} from '../../src/packet/decode.ts'
import {problemOf} from '../../src/events/extension-json.ts'
import type {Packet} from '../../src/packet/packet.ts'
import {ethernet, extension, ipv6, type Layer, tcp, udp} from '../support/packets.ts'

/** A header of these options, from its third byte on. */
function optionsHeader(number: number, options: readonly number[]): Layer {
  const layer = extension(number, udp(), Math.ceil((options.length - 6) / 8))
  layer.bytes.set(options, 2)
  return layer
}

function read(layer: Layer, options: {payload?: number} = {}): Packet {
  const bytes = ethernet(ipv6(layer, options))
  return decodeFrame({link: 'ethernet', bytes, length: bytes.length})
}

describe('options of a header', () => {
  const jumbo = (bytes: number): readonly number[] => [0xc2, 4, bytes >>> 24, (bytes >> 16) & 0xff, (bytes >> 8) & 0xff, bytes & 0xff] // prettier-ignore
  test.each([
    ['a router alert', read(optionsHeader(0, [5, 2, 0, 0, 1, 0])), undefined],
    ['a router alert of four bytes', read(optionsHeader(0, [5, 4, 0, 0, 0, 0])), 'header-option-length'],
    ['a home address of four bytes', read(optionsHeader(60, [0xc9, 4, 0, 0, 0, 0])), 'header-option-length'],
    ['an option of which nothing is known', read(optionsHeader(60, [0x1f, 4, 0, 0, 0, 0])), undefined],
    ['a jumbogram that is none', read(optionsHeader(0, jumbo(20)), {payload: 0}), 'jumbo-payload'],
    ['a jumbo payload beside a length', read(optionsHeader(0, jumbo(70_000))), 'jumbo-payload'],
  ] as const)('%s', (_, packet, reason) => {
    expect(problemOf(packet)?.reason).toBe(reason)
  })

  test('of BIG TCP are right: its length is more than a header can say', () => {
    const layer = optionsHeader(0, jumbo(70_000))
    expect(read(layer, {payload: 0}).chain[0]?.problem).toBeUndefined()
  })
})

test('what follows a Shim6 payload header is read, wherever the packet begins in its frame', () => {
  const payload = extension(140, tcp())
  payload.bytes.set([0x80, 1], 2)
  expect(read(payload)).toMatchObject({protocol: 6, transport: {kind: 'tcp'}})
  expect(read(extension(140, tcp()))).toMatchObject({protocol: 140})
})
