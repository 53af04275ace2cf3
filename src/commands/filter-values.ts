import {type AddressPrefix, parsePrefix} from '../address/prefix.ts'
import {badUsage} from '../errors.ts'
import {icmpTypeNames, icmpTypeNumber} from '../events/icmp-names.ts'
import {protocolNumber} from '../events/protocol-names.ts'
import type {Direction} from '../protocol/settings.ts'
import type {FilterGroup} from './filter-token.ts'
import {nearest} from '../output/nearest.ts'

/** Each value of a filter flag, read; the first that cannot be read is refused by name. */
export function readPrefixes({flag, values}: FilterGroup): readonly AddressPrefix[] {
  return values.map((value) => {
    const prefix = parsePrefix(value)
    if (prefix !== undefined) return prefix
    throw badUsage(
      `--${flag} ${value} is no IPv6 or IPv4 address or prefix`,
      'Write it as 2001:db8::1, fd00::/8, fe80::1%eth0 or 10.0.0.0/8.',
    )
  })
}

export interface PortRange {
  readonly first: number
  readonly last: number
}

export function readRanges({flag, values}: FilterGroup): readonly PortRange[] {
  return values.map((value) => {
    const [, first = '', last = first] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(value) ?? []
    const range = {first: Number(first), last: Number(last)}
    if (first === '') throw badUsage(`--${flag} ${value} is no port`, 'Write one port as 443, a range as 8000-8100.')
    if (range.first > range.last)
      throw badUsage(`--${flag} ${value} holds no port`, `Write the lower one first: ${last}-${first}.`)
    if (range.first < 1 || range.last > 65_535)
      throw badUsage(`--${flag} ${value} matches nothing: ports go from 1 to 65535`, 'Correct the port.')
    return range
  })
}

export function readProtocols({flag, values}: FilterGroup): readonly number[] {
  return values.map((value) => {
    const number = protocolNumber(value)
    if (number !== undefined) return number
    throw badUsage(
      `--${flag} ${value} is no protocol`,
      'Use tcp, udp, icmpv6, sctp, another IANA keyword, or a number from 0 to 255.',
    )
  })
}

export function readIcmpTypes({flag, values}: FilterGroup, family: 4 | 6): readonly number[] {
  return values.map((value) => {
    const type = icmpTypeNumber(value, family)
    if (type !== undefined) return type
    const near = nearest(value, icmpTypeNames)
    throw badUsage(
      `--${flag} ${value} is no ICMP${family === 6 ? 'v6' : ''} type`,
      near === undefined ? 'Use a number from 0 to 255 or a name such as packet-too-big.' : `Did you mean ${near}?`,
    )
  })
}

const familyWords: Readonly<Record<string, readonly (4 | 6)[]>> = {4: [4], 6: [6], all: [4, 6]}

export function readFamilies({flag, values}: FilterGroup): readonly (4 | 6)[] {
  return values.flatMap((value) => {
    const families = familyWords[value]
    if (families !== undefined) return families
    throw badUsage(`--${flag} ${value} is no address family`, 'Use 6, 4 or all.')
  })
}

export function readDirections({flag, values}: FilterGroup): readonly Direction[] {
  return values.map((value) => {
    if (value === 'ingress' || value === 'egress') return value
    throw badUsage(`--${flag} ${value} is no direction`, 'Use ingress or egress, as seen from the interface.')
  })
}
