import {u8} from './bytes.ts'
import type {Chain} from './chain.ts'
import {isChecksumCorrect} from './checksum.ts'
import {type Extent, shortage} from './extent.ts'
import {readBody} from './icmpv6-body.ts'
import type {Icmpv6Message} from './icmpv6-message.ts'
import {icmpv6TypeNames} from './icmpv6-names.ts'
import {judge} from './icmpv6-validity.ts'
import {type Quote, readNdOptions} from './nd-options.ts'
import type {IpHeader, Problem, Transport} from './packet.ts'

export interface MessageSource {
  readonly extent: Extent
  readonly ip: IpHeader
  readonly chain: Chain
  readonly quote: Quote
  /** Segments not yet cut: the checksum is not that of a packet. */
  readonly isSegmented: boolean
}

/** Bytes before the options, of the messages that have options. */
const optionsAt: Readonly<Record<number, number>> = {
  133: 8, 134: 16, 135: 24, 136: 24, 137: 40, // RFC 4861 §4.1 to §4.5
  141: 8, 142: 8, // RFC 3122 §2
  147: 8, // RFC 6275 §6.8
  148: 8, 149: 12, // RFC 3971 §6.4
} // prettier-ignore

/** Bytes without which the message says nothing, where more than its first four. */
const leastLengths: Readonly<Record<number, number>> = {
  1: 8, 2: 8, 3: 8, 4: 8, 128: 8, 129: 8, 130: 24, 131: 24, 132: 24, 143: 8, 151: 8, ...optionsAt,
} // prettier-ignore

/** RFC 4443 §2.1. */
export function readIcmpv6(source: MessageSource): Extract<Transport, {kind: 'icmpv6'}> | Problem {
  const {extent, chain, quote} = source
  const {bytes, end, wireEnd} = extent
  const {at} = chain
  if (at + 4 > end) return shortage(extent, at + 4, shortMessage)
  const type = u8(bytes, at)
  const least = leastLengths[type] ?? 4
  const [length, here] = [wireEnd - at, end - at]
  const area = {bytes, at: at + (optionsAt[type] ?? length), end, wireEnd: isPart(chain) ? Infinity : wireEnd, quote}
  const list = readNdOptions(area)
  const body = here < least ? ({kind: 'unreadable'} as const) : readBody({bytes, at, end, length, quote}, type)
  const message: Omit<Icmpv6Message, 'problems'> = {
    type,
    code: u8(bytes, at + 1),
    name: icmpv6TypeNames[type] ?? `type-${type}`,
    checksum: checksumOf(source),
    length,
    body,
    options: list.options,
  }
  const isShort = length < least && !isPart(chain)
  const problems = extent.isQuoted
    ? noProblems
    : judge({...source, message, least, isShort, optionProblem: list.problem})
  return {kind: 'icmpv6', message: {...message, problems}}
}

const noProblems: readonly Problem[] = []

const shortMessage = (): Problem => ({
  reason: 'truncated-header',
  text: 'ICMPv6 header goes on behind the end of the packet',
  reference: 'RFC 4443 §2.1',
})

/** The rest of the message is in other fragments. */
const isPart = ({fragment}: Chain): boolean => fragment?.position === 'first'

function checksumOf({extent, chain, isSegmented}: MessageSource): Icmpv6Message['checksum'] {
  if (extent.missing !== undefined || extent.isQuoted || isPart(chain) || isSegmented) return 'unjudged'
  return isChecksumCorrect(extent, chain.at, chain.extensions) ? 'correct' : 'wrong'
}
