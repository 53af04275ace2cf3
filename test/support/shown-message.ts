import type {Icmpv6Body, Icmpv6Message, NdOption} from '../../src/packet/icmpv6-message.ts'
import {shownPacket} from './shown-packet.ts'

type Value = string | number | boolean | undefined

/** Fields that are there, in order. */
const lines = (fields: Readonly<Record<string, Value>>): readonly string[] =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        `icmpv6.${name}=${typeof value === 'boolean' ? Number(value) : value === Infinity ? 0xffff_ffff : value}`,
    )

const statuses = {correct: 1, wrong: 0, unjudged: 2} as const

export const shownMessage = ({type, code, checksum, body, options}: Icmpv6Message): readonly string[] => [
  ...lines({type, code, 'checksum.status': statuses[checksum]}),
  ...bodyOf(body, type),
  ...options.flatMap(optionOf),
]

const preferences = {high: 1, medium: 0, low: 3, reserved: 2} as const

function bodyOf(body: Icmpv6Body, type: number): readonly string[] {
  if (body.kind === 'error') return errorOf(body)
  if (body.kind === 'echo') return lines({'echo.identifier': body.id, 'echo.sequence_number': body.sequence})
  if (body.kind === 'multicast-router') return multicastRouterOf(body, type)
  return discoveryOf(body)
}

type BodyOf<Kind extends Icmpv6Body['kind']> = Extract<Icmpv6Body, {kind: Kind}>

const errorOf = ({mtu, pointer, quoted}: BodyOf<'error'>): readonly string[] => [
  ...lines({mtu, pointer}),
  ...(quoted === undefined ? [] : shownPacket(quoted)),
]

const multicastRouterOf = (body: BodyOf<'multicast-router'>, type: number): readonly string[] =>
  type === 151
    ? lines({'mcast_ra.query_interval': body.queryInterval, 'mcast_ra.robustness_variable': body.robustness})
    : []

function discoveryOf(body: Exclude<Icmpv6Body, {kind: 'error' | 'echo' | 'multicast-router'}>): readonly string[] {
  switch (body.kind) {
    case 'router-advertisement':
      return lines({
        'nd.ra.cur_hop_limit': body.hopLimit,
        'nd.ra.flag.m': body.managed,
        'nd.ra.flag.o': body.other,
        'nd.ra.flag.h': body.homeAgent,
        'nd.ra.flag.prf': preferences[body.preference],
        'nd.ra.flag.p': body.proxy,
        'nd.ra.router_lifetime': body.routerLifetime,
        'nd.ra.reachable_time': body.reachableTime,
        'nd.ra.retrans_timer': body.retransTimer,
      })
    case 'neighbor-solicitation':
      return lines({'nd.ns.target_address': body.target})
    case 'neighbor-advertisement':
      return lines({
        'nd.na.flag.r': body.router,
        'nd.na.flag.s': body.solicited,
        'nd.na.flag.o': body.override,
        'nd.na.target_address': body.target,
      })
    case 'redirect':
      return lines({'nd.rd.target_address': body.target, 'rd.na.destination_address': body.destination})
    case 'listener-query':
      return queryOf(body)
    case 'listener-report':
    case 'listener-done':
      return lines({'mld.multicast_address': body.group})
    case 'listener-report-v2':
      return body.records.flatMap(({record, group, sources}) => [
        ...lines({
          'mldr.mar.record_type': recordTypes.indexOf(record),
          'mldr.mar.nb_sources': sources.length,
          'mldr.mar.multicast_address': group,
        }),
        ...sources.map((source) => `icmpv6.mldr.mar.source_address=${source}`),
      ])
    case 'router-solicitation':
    case 'inverse-solicitation':
    case 'inverse-advertisement':
    case 'other':
    case 'unreadable':
      return []
  }
}

const recordTypes = ['', 'IS_IN', 'IS_EX', 'TO_IN', 'TO_EX', 'ALLOW', 'BLOCK']

/** Floating codes are compared by their own test: here is what tshark shows below them. */
const queryOf = (query: Extract<Icmpv6Body, {kind: 'listener-query'}>): readonly string[] => [
  ...lines(
    query.version === 1
      ? {'mld.multicast_address': query.group}
      : {
          'mld.maximum_response_code': query.maximumResponseDelay,
          'mld.multicast_address': query.group,
          'mld.flag.s': query.suppress,
          'mld.flag.qrv': query.robustness,
          'mld.qqi': query.queryInterval,
          'mld.nb_sources': query.sources.length,
        },
  ),
  ...query.sources.map((source) => `icmpv6.mld.source_address=${source}`),
]

const bytesText = (hex: string): string => (hex.match(/../g) ?? []).join(':')

const optionOf = (option: NdOption): readonly string[] => [
  ...lines({'opt.type': option.type, 'opt.length': option.length / 8}),
  ...(option.problem === undefined ? optionFields(option) : []),
]

function optionFields(option: NdOption): readonly string[] {
  const quoted = 'quoted' in option ? option.quoted : undefined
  return [...namedFields(option), ...(quoted === undefined ? [] : shownPacket(quoted))]
}

/** Our names of fields, in the order of the bytes, and tshark's. */
const names: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'prefix-information': {prefixLength: 'prefix.length', onLink: 'prefix.flag.l', autonomous: 'prefix.flag.a', router: 'prefix.flag.r', validLifetime: 'prefix.valid_lifetime', preferredLifetime: 'prefix.preferred_lifetime', prefix: 'prefix'},
  'source-link-layer-address': {mac: 'src_linkaddr'},
  'target-link-layer-address': {mac: 'target_linkaddr'},
  mtu: {mtu: 'mtu'},
  'advertisement-interval': {interval: 'advertisement_interval'},
  'home-agent-information': {preference: 'home_agent_preference', lifetime: 'home_agent_lifetime'},
  nonce: {nonce: 'nonce'},
  'route-information': {prefixLength: 'prefix.length', preference: 'route_info.flag.route_preference', lifetime: 'route_lifetime', prefix: 'prefix'},
  rdnss: {lifetime: 'rdnss.lifetime', servers: 'rdnss'},
  dnssl: {lifetime: 'dnssl.lifetime', domains: 'dnssl'},
  'captive-portal': {uri: 'captive_portal'},
  pref64: {lifetime: 'pref64.scaled_lifetime', prefixLength: 'pref64.plc', prefix: 'pref64.prefix'},
  'source-address-list': {addresses: 'ipv6_address'},
  'target-address-list': {addresses: 'ipv6_address'},
} // prettier-ignore

function namedFields(option: NdOption): readonly string[] {
  const fields = Object.entries(names[option.name] ?? {})
  return fields.flatMap(([ours, theirs]) => {
    // A route of length 0 says no prefix: the option ends before it.
    if (option.name === 'route-information' && ours === 'prefix' && option.length === 8) return []
    const value: unknown = (option as unknown as Readonly<Record<string, unknown>>)[ours] // by name: the union has no index
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    return values.flatMap((each) => lines({[`opt.${theirs}`]: spelled(`${option.name}.${ours}`, each as Value)}))
  })
}

function spelled(field: string, value: Value): Value {
  if (field === 'nonce.nonce') return bytesText(String(value))
  if (field === 'pref64.lifetime') return Number(value) / 8
  if (field === 'pref64.prefixLength') return pref64Codes.indexOf(Number(value))
  if (field === 'route-information.preference') return preferences[value as keyof typeof preferences] // of that option
  return value
}

const pref64Codes: readonly number[] = [96, 64, 56, 48, 40, 32]
