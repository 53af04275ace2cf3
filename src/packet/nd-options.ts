import {hexText, u8} from './bytes.ts'
import type {NdOption} from './icmpv6-message.ts'
import {addressListOption, captivePortal, dnssl, encryptedDns, pref64, rdnss} from './nd-dns-options.ts'
import {ndOptionName} from './nd-option-names.ts'
import * as base from './nd-base-options.ts'
import type {Packet, Problem} from './packet.ts'

/** Decodes the packet quoted between two places of the same bytes; undefined where errors quote errors too deep. */
export type Quote = (at: number, end: number) => Packet | undefined

/** One option: what is at `at` of `bytes`, all `length` bytes of it. */
export interface OptionBytes {
  readonly bytes: Uint8Array
  readonly at: number
  readonly length: number
  readonly quote: Quote
}

/** Where options begin and end; `wireEnd` is behind `end` where not the whole message is here. */
interface OptionArea {
  readonly bytes: Uint8Array
  readonly at: number
  readonly end: number
  readonly wireEnd: number
  readonly quote: Quote
}

interface OptionList {
  readonly options: readonly NdOption[]
  /** What makes the message invalid, RFC 4861 §4.6. */
  readonly problem?: Problem
}

const readers: Readonly<Record<number, (option: OptionBytes) => NdOption>> = {
  1: (option) => base.linkLayerAddress(option, 'source-link-layer-address'),
  2: (option) => base.linkLayerAddress(option, 'target-link-layer-address'),
  3: base.prefixInformation,
  4: base.redirectedHeader,
  5: base.mtu,
  7: base.advertisementInterval,
  8: base.homeAgentInformation,
  9: (option) => addressListOption(option, 'source-address-list'),
  10: (option) => addressListOption(option, 'target-address-list'),
  11: (option) => base.sized(option, 'cga', {at: 4, padAt: 2}),
  12: (option) => base.sized(option, 'rsa-signature', {at: 20}),
  13: base.timestamp,
  14: base.nonce,
  15: (option) => base.sized(option, 'trust-anchor', {at: 4, padAt: 3}),
  16: (option) => base.sized(option, 'certificate', {at: 4}),
  24: base.routeInformation,
  25: rdnss,
  26: base.flagsExtension,
  31: dnssl,
  37: captivePortal,
  38: pref64,
  144: encryptedDns,
}

/** Options to the end of the message, or to the first that cannot be stepped over. */
export function readNdOptions(area: OptionArea): OptionList {
  const {bytes, end, wireEnd, quote} = area
  const options: NdOption[] = []
  for (let at = area.at; at < end;) {
    if (at + 2 > end) return at + 2 > wireEnd ? {options, problem: pastEnd('an option')} : {options}
    const type = u8(bytes, at)
    const length = 8 * u8(bytes, at + 1)
    const problem = length === 0 ? zeroLength(type) : at + length > wireEnd ? pastEnd(ndOptionName(type)) : undefined
    if (problem !== undefined) {
      options.push({type, name: ndOptionName(type), length, problem})
      return {options, problem}
    }
    if (at + length > end) return {options}
    options.push((readers[type] ?? opaque)({bytes, at, length, quote}))
    at += length
  }
  return {options}
}

const opaque = ({bytes, at, length}: OptionBytes): NdOption => {
  const type = u8(bytes, at)
  return {type, name: ndOptionName(type), length, data: hexText(bytes, at + 2, at + length)}
}

const zeroLength = (type: number): Problem => ({
  reason: 'option-length-zero',
  text: `${ndOptionName(type)} option of length 0`,
  reference: 'RFC 4861 §4.6',
})

const pastEnd = (name: string): Problem => ({
  reason: 'option-past-end',
  text: `${name} goes on behind the end of the message`,
  reference: 'RFC 4861 §4.6',
})
