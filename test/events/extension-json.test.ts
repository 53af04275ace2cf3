import {expect, test} from 'vitest'
import {extensionObject} from '../../src/events/extension-json.ts'
import {packetSentence} from '../../src/events/extension-text.ts'
import {decodeFrame} from '../../src/packet/decode.ts'

/** IPv6, hop-by-hop options whose second option goes on behind them, and a TCP header that is none. */
const frame = Uint8Array.from([
  0x60, 0, 0, 0, 0, 28, 0, 64, ...new Array<number>(32).fill(0xfd),
  6, 0, 5, 5, 0, 0, 0, 0, ...new Array<number>(20).fill(0),
]) // prettier-ignore

test('what is wrong with a header is told before what is wrong behind it', () => {
  const packet = decodeFrame({link: 'none', bytes: frame, length: frame.length})
  const heard = {node: 'capture', timeNs: 0n, interface: '#0', direction: undefined, packet}
  expect(extensionObject(heard)).toMatchObject({direction: 'ingress', problem: {reason: 'header-option-past-end'}})
  expect(packetSentence(packet, () => undefined)).toMatch(/router-alert option goes on behind the end of its header$/)
})
