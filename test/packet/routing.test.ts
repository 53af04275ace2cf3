import {describe, expect, test} from 'vitest'
import {decodeFrame} from '../../src/packet/decode.ts'
import {problemOf} from '../../src/events/extension-json.ts'
import {ethernet, ipv6, type Layer, udp} from '../support/packets.ts'

/** A Routing header of 8 + 8 × `blocks` bytes; `rest` are its bytes 4 to 7. */
function routing(type: number, left: number, [blocks, ...rest]: readonly [number, ...number[]]): Layer {
  const header = new Uint8Array(8 + 8 * blocks)
  header.set([17, blocks, type, left, ...rest])
  return {number: 43, bytes: new Uint8Array(Buffer.concat([header, udp().bytes]))}
}

const problemIn = (frame: Uint8Array, length = frame.length): string | undefined =>
  problemOf(decodeFrame({link: 'ethernet', bytes: frame, length}))?.reason

describe('a routing header', () => {
  test.each([
    ['of type 0 with one address', routing(0, 1, [2]), undefined],
    ['of type 0 with half an address', routing(0, 0, [3]), 'routing-length'],
    ['of type 0 with more segments left than addresses', routing(0, 2, [2]), 'segments-left'],
    ['of type 2 as RFC 6275 has it', routing(2, 1, [2]), undefined],
    ['of type 2 with two addresses', routing(2, 1, [4]), 'routing-length'],
    ['of type 2 without any', routing(2, 1, [0]), 'routing-length'],
    ['of type 2 that has been visited', routing(2, 0, [2]), 'segments-left'],
    ['of type 2 with two segments left', routing(2, 2, [2]), 'segments-left'],
    ['of type 3 with two whole addresses', routing(3, 2, [4]), undefined],
    ['of type 3 with three of 4 bytes, the last of 2, and padding', routing(3, 4, [2, 0xce, 0x20]), undefined],
    ['of type 3 with more segments left than those', routing(3, 5, [2, 0xce, 0x20]), 'segments-left'],
    ['of type 3 whose addresses do not fit', routing(3, 1, [2, 0xce, 0x10]), 'routing-length'],
    ['of type 3 without room for an address', routing(3, 0, [1]), 'routing-length'],
    ['of type 4 with one segment', routing(4, 0, [2, 0]), undefined],
    ['of type 4, reduced', routing(4, 1, [2, 0]), undefined],
    ['of type 4 with too many segments left', routing(4, 2, [2, 0]), 'segments-left'],
    ['of type 4 whose last entry is behind its end', routing(4, 0, [2, 1]), 'segments-left'],
    ['of a type for experiments', routing(253, 9, [1]), undefined],
  ])('%s', (_, header, reason) => {
    expect(problemIn(ethernet(ipv6(header)))).toBe(reason)
  })

  test('that a capture cuts is not blamed for it', () => {
    const whole = ethernet(ipv6(routing(0, 2, [4])))
    expect(problemIn(whole)).toBeUndefined()
    expect(problemIn(whole.subarray(0, 14 + 40 + 24), whole.length)).toBe('cut-by-capture')
  })
})
