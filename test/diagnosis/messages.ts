import {Diagnosis} from '../../src/diagnosis/diagnosis.ts'
import type {ClusterFacts, Observation} from '../../src/diagnosis/observation.ts'
import {noCluster} from '../../src/diagnosis/observation.ts'
import type {DiagnosisOptions} from '../../src/diagnosis/rule.ts'
import type {Icmpv6Body, NdOption} from '../../src/packet/icmpv6-message.ts'
import type {Extension, Packet} from '../../src/packet/packet.ts'
import type {InterfaceFacts, NodeFacts} from '../../src/protocol/facts.ts'

export const nanoseconds = (seconds: number): bigint => BigInt(Math.round(seconds * 1e6)) * 1000n

export interface Sent {
  readonly at?: number
  readonly interface?: string
  readonly direction?: 'ingress' | 'egress' | undefined
  readonly source?: string
  readonly destination?: string
  readonly mac?: string
  readonly destinationMac?: string
  readonly hopLimit?: number
  readonly code?: number
  readonly checksum?: 'correct' | 'wrong' | 'unjudged'
  readonly options?: readonly NdOption[]
  readonly chain?: readonly Extension[]
  readonly problem?: string
}

const types: Partial<Record<Icmpv6Body['kind'], number>> = {
  'router-solicitation': 133,
  'router-advertisement': 134,
  'neighbor-solicitation': 135,
  'neighbor-advertisement': 136,
  redirect: 137,
  'listener-query': 130,
  'listener-report': 131,
  'listener-report-v2': 143,
  error: 1,
}

/** An observation of one ICMPv6 message; what is not said is as an honest node has it. */
export function heard(body: Icmpv6Body, sent: Sent = {}): Observation {
  const {options = [], code = 0, checksum = 'correct', problem} = sent
  const problems = problem === undefined ? [] : [{reason: problem, text: problem, reference: 'RFC 4861 §4.6'}]
  const message = {type: types[body.kind] ?? 255, code, name: body.kind, checksum, length: 32, body, options, problems}
  return observe({...packetOf(sent), transport: {kind: 'icmpv6', message}}, sent)
}

export function packetOf(sent: Sent): Packet {
  const {source = 'fe80::1', destination = 'ff02::1', hopLimit = 255, chain = [], mac = '02:00:00:00:00:01'} = sent
  return {
    sourceMac: mac,
    ...(sent.destinationMac === undefined ? {} : {destinationMac: sent.destinationMac}),
    vlans: [],
    ip: {family: 6, source, destination, trafficClass: 0, flowLabel: 0, payloadLength: 32, nextHeader: 58, hopLimit},
    chain,
    protocol: 58,
    bytes: 72,
  }
}

export const observe = (
  packet: Packet,
  {at = 0, interface: name = 'eth0', direction = 'ingress'}: Sent,
): Observation => ({
  type: 'packet',
  timeNs: nanoseconds(1000 + at),
  interface: name,
  direction,
  packet,
})

export const macOption = (mac: string, name: 'source' | 'target' = 'target'): NdOption =>
  name === 'source'
    ? {type: 1, name: 'source-link-layer-address', length: 8, mac}
    : {type: 2, name: 'target-link-layer-address', length: 8, mac}

export const nonce = (value: string): NdOption => ({type: 14, name: 'nonce', length: 8, nonce: value})

export const asks = (target: string, sent: Sent = {}): Observation =>
  heard({kind: 'neighbor-solicitation', target}, {destination: 'ff02::1:ff00:2', ...sent})

export function answers(target: string, sent: Sent & {flags?: string} = {}): Observation {
  const {flags = 'SO', mac = '02:00:00:00:00:02'} = sent
  const [router, solicited, override] = ['R', 'S', 'O'].map((flag) => flags.includes(flag))
  return heard(
    {
      kind: 'neighbor-advertisement',
      target,
      router: router === true,
      solicited: solicited === true,
      override: override === true,
    },
    {source: target, destination: solicited === true ? 'fe80::1' : 'ff02::1', options: [macOption(mac)], ...sent, mac},
  )
}

export function advertises(
  body: Partial<Extract<Icmpv6Body, {kind: 'router-advertisement'}>> = {},
  sent: Sent = {},
): Observation {
  const usual = {
    hopLimit: 64,
    managed: false,
    other: false,
    homeAgent: false,
    proxy: false,
    preference: 'medium',
  } as const
  const times = {routerLifetime: 1800, reachableTime: 0, retransTimer: 0}
  return heard({kind: 'router-advertisement', ...usual, ...times, ...body}, sent)
}

export const prefix = (text: string, more: {valid?: number; preferred?: number; onLink?: boolean} = {}): NdOption => ({
  type: 3,
  name: 'prefix-information',
  length: 32,
  prefix: text.split('/')[0] ?? '',
  prefixLength: Number(text.split('/')[1]),
  onLink: more.onLink ?? true,
  autonomous: true,
  validLifetime: more.valid ?? 86_400,
  preferredLifetime: more.preferred ?? 14_400,
})

export const device = (more: Partial<InterfaceFacts> = {}): InterfaceFacts => ({
  name: 'eth0',
  index: 2,
  kind: 'veth',
  mtu: 1500,
  mac: '02:00:00:00:00:99',
  isUp: true,
  addresses: [],
  settings: {accept_ra: 1, forwarding: 0, disable_ipv6: 0},
  groups: [],
  ...more,
})

export const facts = (more: Partial<NodeFacts> = {}, at = 0): Observation => ({
  type: 'facts',
  timeNs: nanoseconds(1000 + at),
  facts: {
    interfaces: [device()],
    routes: [],
    neighbours: {entries: 0, tableFulls: 0, resolutionFailures: 0, known: []},
    settings: {},
    ...more,
  },
})

/** Everything above info, in order, each once; then what comes of waiting for `wait` seconds after the last. */
export function found(
  observations: readonly Observation[],
  {
    wait = 0,
    cluster = {},
    options = {},
  }: {wait?: number; cluster?: Partial<ClusterFacts>; options?: DiagnosisOptions} = {},
): readonly string[] {
  return [...new Set(all(observations, {wait, cluster, options}).filter((text) => !text.startsWith('info')))]
}

export function all(
  observations: readonly Observation[],
  {
    wait = 0,
    cluster = {},
    options = {},
  }: {wait?: number; cluster?: Partial<ClusterFacts>; options?: DiagnosisOptions} = {},
): readonly string[] {
  const diagnosis = new Diagnosis({cluster: {...noCluster, ...cluster}, options})
  const findings = observations.flatMap((observation) => [...diagnosis.hear(observation)])
  const lastNs = observations.at(-1)?.timeNs ?? 0n
  for (let s = 0.5; s <= wait; s += 0.5) findings.push(...diagnosis.tick(lastNs + nanoseconds(s)))
  return findings.map(({severity, rule}) => `${severity} ${rule}`)
}
