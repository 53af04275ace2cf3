import {icmpv6CodeNames as codes6, icmpv6TypeNames as types6} from '../packet/icmpv6-names.ts'

/** RFC 792, 1256, 4884, 8335. */
const types4: Readonly<Record<number, string>> = {
  0: 'echo-reply', 3: 'destination-unreachable', 4: 'source-quench', 5: 'redirect', 8: 'echo-request', 9: 'router-advertisement', 10: 'router-solicitation',
  11: 'time-exceeded', 12: 'parameter-problem', 13: 'timestamp', 14: 'timestamp-reply', 42: 'extended-echo-request', 43: 'extended-echo-reply',
} // prettier-ignore

const shortForms: Readonly<Record<string, string>> = {
  ptb: 'packet-too-big', rs: 'router-solicitation', ra: 'router-advertisement', ns: 'neighbor-solicitation', na: 'neighbor-advertisement',
  'mld-query': 'multicast-listener-query', 'mld-report': 'multicast-listener-report', 'mld-done': 'multicast-listener-done', 'mldv2-report': 'multicast-listener-report-v2',
} // prettier-ignore

export interface IcmpKind {
  readonly family: 4 | 6
  readonly type: number
}

export const icmpTypeName = ({family, type}: IcmpKind): string =>
  (family === 6 ? types6 : types4)[type] ?? `type-${type}`

/** In counts of both families ICMPv6 has the plain names. */
export const icmpCountName = (kind: IcmpKind): string => `${kind.family === 4 ? 'ipv4-' : ''}${icmpTypeName(kind)}`

/** `packet-too-big`, or `destination-unreachable/port-unreachable` where the code says more. */
export function icmpName(kind: IcmpKind, code: number): string {
  const name = icmpTypeName(kind)
  const detail = kind.family === 6 ? codes6[kind.type]?.[code] : undefined
  if (detail !== undefined) return `${name}/${detail}`
  return code === 0 ? name : `${name}/code-${code}`
}

/** A number 0 to 255, or a name: neighbour and neighbor, underscores and spaces, and the usual short forms are understood. */
export function icmpTypeNumber(text: string, family: 4 | 6): number | undefined {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= 255 ? Number(text) : undefined
  const spelled = text.toLowerCase().replaceAll(/[_ ]/g, '-').replaceAll('neighbour', 'neighbor')
  const wanted = shortForms[spelled] ?? spelled
  const found = Object.entries(family === 6 ? types6 : types4).find(([, name]) => name === wanted)
  return found === undefined ? undefined : Number(found[0])
}

export const icmpTypeNames: readonly string[] = Object.values(types6)
