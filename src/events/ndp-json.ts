import type {Icmpv6Body, Icmpv6Message, NdOption} from '../packet/icmpv6-message.ts'
import type {Packet} from '../packet/packet.ts'
import type {JsonValue} from '../output/json.ts'
import {rfc3339} from '../output/time.ts'
import {icmpName, icmpTypeName} from './icmp-names.ts'
import {type HeardPacket, isDad, isListenerBody, type ListenerBody} from './ndp-message.ts'
import {protocolName} from './protocol-names.ts'

type JsonObject = Readonly<Record<string, JsonValue>>

/** The contract's `ndp` line. */
export const ndpObject = (heard: HeardPacket, message: Icmpv6Message): JsonObject => ({
  kind: 'ndp',
  ...placeOf(heard),
  ...endsOf(heard.packet),
  type: message.type,
  name: icmpTypeName({family: 6, type: message.type}),
  sourceMac: heard.packet.sourceMac,
  destinationMac: heard.packet.destinationMac,
  hopLimit: heard.packet.ip?.hopLimit,
  vlan: heard.packet.vlans[0],
  vlans: heard.packet.vlans.length > 1 ? heard.packet.vlans : undefined,
  headers: heard.packet.chain.map(({name}) => name),
  // The contract has it on every line; most types have none.
  flags: [],
  ...bodyFields(message.body),
  options: message.options.map(optionObject),
  dad: isDad(heard.packet),
  ...validity(message),
})

/** The contract's `icmp` line: an error, or a type that was asked for. */
export function icmpObject(heard: HeardPacket, message: Icmpv6Message): JsonObject {
  const {type, code, body} = message
  const {mtu, pointer, quoted}: Partial<Extract<Icmpv6Body, {kind: 'error'}>> = body.kind === 'error' ? body : {}
  return {
    kind: 'icmp',
    ...placeOf(heard),
    ...endsOf(heard.packet),
    type,
    code,
    name: icmpName({family: 6, type}, code),
    mtu,
    pointer,
    quoted: quoted?.ip === undefined ? undefined : quotedObject(quoted),
    ...validity(message),
  }
}

const placeOf = (heard: HeardPacket): JsonObject => ({
  time: rfc3339(heard.timeNs),
  node: heard.node,
  frame: heard.frame,
  interface: heard.interface,
  // The contract has it on every line: where a capture does not tell, as `observe` says it.
  direction: heard.direction ?? 'ingress',
})

const endsOf = ({ip}: Packet): JsonObject => ({source: ip?.source, destination: ip?.destination})

const validity = ({problems: [first]}: Icmpv6Message): JsonObject => ({
  valid: first === undefined,
  invalid: first === undefined ? undefined : {...first},
})

function quotedObject(quoted: Packet): JsonObject {
  const {protocol, transport} = quoted
  const hasPorts = transport !== undefined && 'sourcePort' in transport
  return {
    ...endsOf(quoted),
    protocol: protocol === undefined ? undefined : protocolName(protocol),
    sourcePort: hasPorts ? transport.sourcePort : undefined,
    destinationPort: hasPorts ? transport.destinationPort : undefined,
  }
}

function bodyFields(body: Icmpv6Body): JsonObject {
  if (isListenerBody(body)) return groupFields(body)
  switch (body.kind) {
    case 'router-advertisement':
      return {
        flags: letters({M: body.managed, O: body.other, H: body.homeAgent, P: body.proxy}),
        curHopLimit: body.hopLimit,
        routerLifetime: body.routerLifetime,
        preference: body.preference,
        reachableTime: body.reachableTime,
        retransTimer: body.retransTimer,
      }
    case 'neighbor-solicitation':
      return {target: body.target}
    case 'neighbor-advertisement':
      return {target: body.target, flags: letters({R: body.router, S: body.solicited, O: body.override})}
    case 'redirect':
      return {target: body.target, redirected: body.destination}
    case 'multicast-router': {
      const {advertisementInterval, queryInterval, robustness} = body
      return {advertisementInterval, queryInterval, robustness}
    }
    case 'router-solicitation':
    case 'inverse-solicitation':
    case 'inverse-advertisement':
    case 'echo':
    case 'error':
    case 'other':
    case 'unreadable':
      return {}
  }
}

function groupFields(body: ListenerBody): JsonObject {
  switch (body.kind) {
    case 'listener-query':
      return {
        version: body.version,
        maximumResponseDelay: body.maximumResponseDelay,
        suppress: body.suppress,
        robustness: body.robustness,
        queryInterval: body.queryInterval,
        groups: [{record: 'QUERY', group: body.group, sources: body.sources}],
      }
    case 'listener-report':
    case 'listener-done':
      return {
        version: 1,
        groups: [{record: body.kind === 'listener-done' ? 'DONE' : 'REPORT', group: body.group, sources: []}],
      }
    case 'listener-report-v2':
      return {version: 2, groups: body.records.map((each) => ({...each}))}
  }
}

const letters = (flags: Readonly<Record<string, boolean>>): readonly string[] =>
  Object.keys(flags).filter((letter) => flags[letter])

/** JSON has no infinity: what lasts for ever is told as it stands on the wire. */
const forEver = 0xffff_ffff

function optionObject(option: NdOption): JsonObject {
  const fields = Object.entries(option).map(([name, value]): [string, JsonValue] => {
    if (name === 'quoted') return [name, quotedObject(value as Packet)] // the only option field that is no plain value
    return [name, value === Infinity ? forEver : (value as JsonValue)] // every other field of NdOption is one
  })
  return Object.fromEntries(fields)
}
