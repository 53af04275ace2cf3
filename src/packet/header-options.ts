import {formatIPv6} from '../address/text.ts'
import {u16, u32, u8} from './bytes.ts'
import {headerOptionName} from './header-names.ts'
import type {HeaderOption, Problem} from './packet.ts'

const actions = ['skip', 'drop', 'drop-and-report', 'drop-and-report-unicast'] as const

interface OptionList {
  readonly options: readonly HeaderOption[]
  readonly problem?: Problem
}

/** RFC 8200 §4.2, from `at` to the end of their header. */
export function readHeaderOptions(bytes: Uint8Array, at: number, end: number): OptionList {
  const options: HeaderOption[] = []
  while (at < end) {
    const type = u8(bytes, at)
    const length = type === 0 ? 0 : u8(bytes, at + 1)
    const next = type === 0 ? at + 1 : at + 2 + length
    if (next > end || (type !== 0 && at + 2 > end)) return {options, problem: optionPastEnd(type)}
    options.push(readOption(bytes, at, length))
    at = next
  }
  const problem = options.map(lengthProblem).find((each) => each !== undefined)
  return problem === undefined ? {options} : {options, problem}
}

/** Bytes of data that these have. */
const lengths: Readonly<Record<number, readonly [number, string]>> = {
  0x04: [1, 'RFC 2473 §4.1.1'],
  0x05: [2, 'RFC 2711 §2.1'],
  0xc2: [4, 'RFC 2675 §2'],
  0xc9: [16, 'RFC 6275 §6.3'],
}

function lengthProblem({type, name, length}: HeaderOption): Problem | undefined {
  const [wanted, reference] = lengths[type] ?? [length, '']
  return length === wanted
    ? undefined
    : {reason: 'header-option-length', text: `${name} option of ${length} bytes, where it has ${wanted}`, reference}
}

/** RFC 2675 §3: the option stands where the header cannot say the length, and only there. */
export function jumboProblem(options: readonly HeaderOption[] | undefined, payloadLength: number): Problem | undefined {
  const jumbo = options?.find(({type}) => type === 0xc2)?.value
  if (jumbo === undefined || (payloadLength === 0 && jumbo > 0xff_ff)) return undefined
  const beside = payloadLength === 0 ? 'which the IPv6 header can say' : `beside a payload length of ${payloadLength}`
  return {reason: 'jumbo-payload', text: `jumbo payload of ${jumbo} bytes, ${beside}`, reference: 'RFC 2675 §3'}
}

const optionPastEnd = (type: number): Problem => ({
  reason: 'header-option-past-end',
  text: `${headerOptionName(type)} option goes on behind the end of its header`,
  reference: 'RFC 8200 §4.2',
})

function readOption(bytes: Uint8Array, at: number, length: number): HeaderOption {
  const type = u8(bytes, at)
  const option: HeaderOption = {
    type,
    name: headerOptionName(type),
    length,
    action: actions[(type >> 6) as 0 | 1 | 2 | 3], // two bits
  }
  if (type === 1) return isZero(bytes, at + 2, at + 2 + length) ? option : {...option, isDirty: true}
  if (type === 0xc9 && length >= 16) return {...option, address: formatIPv6(bytes, at + 2)}
  const value = optionValue(bytes, at, length)
  return value === undefined ? option : {...option, value}
}

function optionValue(bytes: Uint8Array, at: number, length: number): number | undefined {
  switch (u8(bytes, at)) {
    case 0x04:
      return length === 1 ? u8(bytes, at + 2) : undefined
    case 0x05:
      return length === 2 ? u16(bytes, at + 2) : undefined
    case 0xc2:
      return length === 4 ? u32(bytes, at + 2) : undefined
    case 0x30: // The minimum so far; the reply to it stands behind.
      return length === 4 ? u16(bytes, at + 2) : undefined
    default:
      return undefined
  }
}

function isZero(bytes: Uint8Array, at: number, end: number): boolean {
  for (let i = at; i < end; i++) if (u8(bytes, i) !== 0) return false
  return true
}
