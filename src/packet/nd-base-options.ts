import {formatIPv6} from '../address/text.ts'
import {hexText, macText, u16, u32, u8} from './bytes.ts'
import type {NdOption, Preference} from './icmpv6-message.ts'
import type {OptionBytes} from './nd-options.ts'
import type {Problem} from './packet.ts'

/** Seconds; all ones last for ever. */
export const lifetimeAt = (bytes: Uint8Array, at: number): number => {
  const seconds = u32(bytes, at)
  return seconds === 0xff_ff_ff_ff ? Infinity : seconds
}

export const head = <Name extends string>(
  {bytes, at, length}: OptionBytes,
  name: Name,
): {type: number; name: Name; length: number} => ({
  type: u8(bytes, at),
  name,
  length,
})

export const wrongLength = (length: number, wanted: string, reference: string): Problem => ({
  reason: 'option-length',
  text: `${length} bytes long, where it has to be ${wanted}`,
  reference,
})

type LinkLayerName = 'source-link-layer-address' | 'target-link-layer-address'

/** RFC 4861 §4.6.1. */
export function linkLayerAddress(option: OptionBytes, name: LinkLayerName): NdOption {
  const {bytes, at, length} = option
  if (length !== 8) return {...head(option, name), problem: wrongLength(length, '8 on Ethernet', 'RFC 2464 §6')}
  return {...head(option, name), mac: macText(bytes, at + 2)}
}

/** RFC 4861 §4.6.2, RFC 6275 §7.2, RFC 9762 §4. */
export function prefixInformation(option: OptionBytes): NdOption {
  const {bytes, at, length} = option
  const named = head(option, 'prefix-information')
  if (length !== 32) return {...named, problem: wrongLength(length, '32', 'RFC 4861 §4.6.2')}
  const [prefixLength, flags] = [u8(bytes, at + 2), u8(bytes, at + 3)]
  const fields = {
    ...named,
    prefix: formatIPv6(bytes, at + 16),
    prefixLength,
    onLink: (flags & 0x80) !== 0,
    autonomous: (flags & 0x40) !== 0,
    router: (flags & 0x20) !== 0,
    delegation: (flags & 0x10) !== 0,
    validLifetime: lifetimeAt(bytes, at + 4),
    preferredLifetime: lifetimeAt(bytes, at + 8),
  }
  return prefixLength > 128 ? {...fields, problem: longPrefix(prefixLength, 'RFC 4861 §4.6.2')} : fields
}

const longPrefix = (length: number, reference: string): Problem => ({
  reason: 'prefix-length',
  text: `a prefix of ${length} bits`,
  reference,
})

/** RFC 4861 §4.6.3: 6 reserved bytes, then the beginning of the packet. */
export function redirectedHeader(option: OptionBytes): NdOption {
  const quoted = option.quote(option.at + 8, option.at + option.length)
  return quoted === undefined ? head(option, 'redirected-header') : {...head(option, 'redirected-header'), quoted}
}

/** RFC 4861 §4.6.4. */
export function mtu(option: OptionBytes): NdOption {
  const {bytes, at, length} = option
  if (length !== 8) return {...head(option, 'mtu'), problem: wrongLength(length, '8', 'RFC 4861 §4.6.4')}
  return {...head(option, 'mtu'), mtu: u32(bytes, at + 4)}
}

/** RFC 6275 §7.3. */
export function advertisementInterval(option: OptionBytes): NdOption {
  const {bytes, at, length} = option
  const named = head(option, 'advertisement-interval')
  if (length !== 8) return {...named, problem: wrongLength(length, '8', 'RFC 6275 §7.3')}
  return {...named, interval: u32(bytes, at + 4)}
}

/** RFC 6275 §7.4. */
export function homeAgentInformation(option: OptionBytes): NdOption {
  const {bytes, at, length} = option
  const named = head(option, 'home-agent-information')
  if (length !== 8) return {...named, problem: wrongLength(length, '8', 'RFC 6275 §7.4')}
  return {...named, preference: u16(bytes, at + 4), lifetime: u16(bytes, at + 6)}
}

type SizedName = 'cga' | 'rsa-signature' | 'trust-anchor' | 'certificate'

/** RFC 3971 §5 and §6.4: how much of what is told, from `at` on and less the padding said at `padAt`. */
export function sized(option: OptionBytes, name: SizedName, place: {at: number; padAt?: number}): NdOption {
  const padding = place.padAt === undefined ? 0 : u8(option.bytes, option.at + place.padAt)
  const size = option.length - place.at - padding
  if (size < 0)
    return {...head(option, name), problem: wrongLength(option.length, 'longer than its padding', 'RFC 3971 §5')}
  return {...head(option, name), bytes: size}
}

/** RFC 3971 §5.3.1: 48 bits of seconds and 16 of fraction. */
export function timestamp(option: OptionBytes): NdOption {
  const {bytes, at, length} = option
  const named = head(option, 'timestamp')
  if (length !== 16) return {...named, problem: wrongLength(length, '16', 'RFC 3971 §5.3.1')}
  return {...named, timestamp: u16(bytes, at + 8) * 2 ** 32 + u32(bytes, at + 10) + u16(bytes, at + 14) / 65_536}
}

/** RFC 3971 §5.3.2, RFC 7527. */
export const nonce = (option: OptionBytes): NdOption => ({
  ...head(option, 'nonce'),
  nonce: hexText(option.bytes, option.at + 2, option.at + option.length),
})

const preferences: readonly Preference[] = ['medium', 'high', 'reserved', 'low']

/** RFC 4191 §2.1: bits 3 and 4 of the flags. */
export const preferenceOf = (flags: number): Preference => preferences[(flags >> 3) & 3] ?? 'medium'

/** RFC 4191 §2.3. */
export function routeInformation(option: OptionBytes): NdOption {
  const {bytes, at, length} = option
  const named = head(option, 'route-information')
  const prefixLength = u8(bytes, at + 2)
  const shortest = prefixLength === 0 ? 8 : prefixLength <= 64 ? 16 : 24
  if (prefixLength > 128) return {...named, prefixLength, problem: longPrefix(prefixLength, 'RFC 4191 §2.3')}
  if (length < shortest || length > 24)
    return {...named, problem: wrongLength(length, shortest === 24 ? '24' : `${shortest} to 24`, 'RFC 4191 §2.3')}
  const padded = new Uint8Array(16)
  padded.set(bytes.subarray(at + 8, at + length))
  const preference = preferenceOf(u8(bytes, at + 3))
  const fields = {...named, prefix: formatIPv6(padded), prefixLength, preference, lifetime: lifetimeAt(bytes, at + 4)}
  return preference === 'reserved' ? {...fields, problem: reservedPreference} : fields
}

const reservedPreference: Problem = {
  reason: 'reserved-preference',
  text: 'the preference is the reserved value: the option is to be ignored',
  reference: 'RFC 4191 §2.3',
}

/** RFC 5175 §4. */
export const flagsExtension = (option: OptionBytes): NdOption => ({
  ...head(option, 'flags-extension'),
  flags: hexText(option.bytes, option.at + 2, option.at + option.length),
})
