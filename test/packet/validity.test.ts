import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {decodeFrame} from '../../src/packet/decode.ts'
import type {Icmpv6Message} from '../../src/packet/icmpv6-message.ts'
import {framesOf} from '../support/pcap.ts'

const captures = join(import.meta.dirname, '../captures/messages')

function messageOf(capture: string, frame: number): Icmpv6Message {
  const {transport} = decodeFrame(framesOf(join(captures, `${capture}.pcap`))[frame - 1]!)
  if (transport?.kind !== 'icmpv6') throw new Error('no ICMPv6')
  return transport.message
}

describe('what makes a receiver discard a message', () => {
  test.each([
    ['si6', 2, ['hop-limit'], 'an RA with hop limit 64'],
    ['si6', 3, ['source-not-link-local'], 'an RA from a global address'],
    ['si6', 9, ['fragmented'], 'an NS in a fragment'],
    ['si6', 11, ['target-multicast'], 'an NS for a multicast address'],
    ['si6', 12, ['solicited-multicast'], 'an NA to all nodes with the solicited flag'],
    [
      'si6',
      18,
      ['source-not-link-local', 'destination-multicast', 'redirect-target'],
      'a redirect from a global address, of a group',
    ],
    ['thc-ipv6', 46, [], 'a report with bytes behind its records, which are ignored (RFC 3810 §5.2.11)'],
    ['made', 40, ['option-length-zero'], 'an option of length 0'],
    ['made', 41, ['option-past-end'], 'an option that goes on behind the end'],
    ['made', 42, ['length'], 'an RA of 8 bytes'],
    ['made', 43, ['hop-limit', 'code', 'target-multicast'], 'an NS with everything wrong'],
    ['made', 44, ['solicited-multicast'], 'an NA to all nodes, made by hand'],
  ])('%s %i has the problems %j: %s', (capture, frame, reasons) => {
    expect(messageOf(capture, frame).problems.map(({reason}) => reason)).toEqual(reasons)
  })

  test.each([['kernel'], ['routers']])('nothing in what the kernel, radvd, dnsmasq and ndisc6 sent (%s)', (capture) => {
    const problems = framesOf(join(captures, `${capture}.pcap`)).flatMap((frame) => {
      const {transport, problem} = decodeFrame(frame)
      return [problem ?? [], transport?.kind === 'icmpv6' ? transport.message.problems : []].flat()
    })
    expect(problems).toEqual([])
  })

  test('a changed byte is a wrong checksum, and the first problem told', () => {
    const [frame] = framesOf(join(captures, 'kernel.pcap'))
    frame!.bytes[80]! ^= 1
    const {transport} = decodeFrame(frame!)
    expect(transport).toMatchObject({message: {checksum: 'wrong', problems: [{reason: 'checksum'}]}})
  })
})
