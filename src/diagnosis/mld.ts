import {isLinkLocal} from '../address/scope.ts'
import type {InterfaceFacts} from '../protocol/facts.ts'
import {solicitedNodeOf} from './address-text.ts'
import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import type {NeighbourMessage} from './neighbour-message.ts'
import type {Observation} from './observation.ts'
import * as pages from './mld-pages.ts'
import {RateWatch} from './rate-watch.ts'
import {type Context, finding, type Rule, type RuleKind, type RulePage} from './rule.ts'

interface Link {
  readonly since: number
  reportedAt?: number
  querier?: {readonly ip: string; readonly at: number}
  isTold: boolean
}

/** RFC 3810 §9.5: other querier present timeout, 2 × 125 s + half of 10 s; a bridge may have another. */
const querierSeconds = 255
const graceSeconds = 5
const mldTypes = [130, 131, 132, 143]

export const mld: RuleKind = {pages: Object.values(pages), hears: {types: mldTypes}, make: () => new Mld()}

class Mld implements Rule {
  readonly #links = new BoundedMap<string, Link>(512)
  readonly #rates = [130, 131, 143].map((icmpType) => new RateWatch({page: pages.flood, icmpType, perSecond: 500}));

  *hear(observation: Observation, {node}: Context, message?: NeighbourMessage): Generator<Finding> {
    for (const rate of this.#rates) yield* rate.hear(observation, message)
    if (observation.type === 'facts')
      for (const device of observation.facts.interfaces) yield* judgeGroups(device, observation.timeNs)
    if (message === undefined || !mldTypes.includes(message.icmp.type)) return
    const fault = faultOf(message)
    if (fault !== undefined) {
      yield told(pages.invalid, message, {
        about: `${message.source} ${message.mac} ${fault}`,
        detail: `${message.icmp.name} from ${message.source}: ${fault}`,
      })
      return
    }
    const {body} = message
    const isOld = message.icmp.type === 131 || (body.kind === 'listener-query' && body.version === 1)
    if (isOld && !message.isRepeat)
      yield told(pages.fallback, message, {
        about: message.interface,
        detail: `${message.source} speaks MLDv1 on ${message.interface}`,
      })
    const link = this.#links.getOrMake(message.interface, () => ({since: message.at, isTold: false}))
    // A bridge that asks from :: takes no part in the election (RFC 4541 §2.1.1).
    if (body.kind !== 'listener-query') link.reportedAt = message.at
    else if (message.source !== '::') yield* hearQuery(link, message, node.isOwnMac(message.mac))
  }

  *tick(nowNs: bigint, {node}: Context): Generator<Finding> {
    const now = Number(nowNs) / 1e9
    for (const [name, link] of this.#links.entries()) {
      const bridge = link.isTold || link.reportedAt === undefined ? undefined : bridgeOf(name, node)
      if (bridge?.multicastSnooping !== true || bridge.multicastQuerier === true) continue
      // 0: unset.
      const seconds = (bridge.multicastQuerierSeconds || querierSeconds) + graceSeconds
      if (now - (link.querier?.at ?? link.since) < seconds) continue
      link.isTold = true
      const ports = node.facts?.interfaces.filter(({master}) => master === bridge.index) ?? []
      yield noQuerier(bridge, {timeNs: nowNs, ports, seconds, heardOn: name})
    }
  }
}

/** The bridge that an interface belongs to, or else itself. */
function bridgeOf(name: string, node: Context['node']): InterfaceFacts | undefined {
  const device = node.interface(name)
  return node.facts?.interfaces.find(({index}) => index === device?.master) ?? device
}

interface Silence {
  readonly timeNs: bigint
  readonly ports: readonly InterfaceFacts[]
  readonly seconds: number
  readonly heardOn: string
}

/** Linux floods while it knows of no querier (seen on 6.18): what suffers is a switch behind a port that is no pod's. */
function noQuerier({name}: InterfaceFacts, {timeNs, ports, seconds, heardOn}: Silence): Finding {
  const beyond = ports.filter(({kind}) => kind !== 'veth').map((port) => port.name)
  return finding(pages.noQuerier, {
    timeNs,
    interface: name,
    about: name,
    severity: beyond.length === 0 ? 'info' : 'warning',
    detail: `${name} snoops on multicast, and nobody has asked for ${seconds} s who listens`,
    evidence: [
      `/sys/class/net/${name}/bridge/multicast_snooping = 1, multicast_querier = 0`,
      `reports were heard on ${heardOn}`,
      beyond.length === 0
        ? 'all its ports are veths: no other switch is known to be there'
        : `other switches may be behind its port ${beyond.join(', ')}`,
    ],
    fix: `ip link set dev ${name} type bridge mcast_querier 1`,
  })
}

function* hearQuery(link: Link, message: NeighbourMessage, isOwn: boolean): Generator<Finding> {
  const {querier} = link
  link.querier = {ip: message.source, at: message.at}
  link.isTold = false
  if (querier === undefined || querier.ip === message.source) return
  const isThere = message.at - querier.at < querierSeconds + graceSeconds
  const isLower = bytesBelow(message.source, querier.ip)
  yield told(pages.querierChange, message, {
    about: message.interface,
    severity: isThere && !isLower && !isOwn ? 'warning' : 'info',
    detail: `${message.source} asks on ${message.interface}, before it was ${querier.ip}`,
  })
}

/** Both are link-local: groups of four digits compare as text once they are padded. */
function bytesBelow(one: string, other: string): boolean {
  const padded = (ip: string): string =>
    (ip.split('::')[1] ?? '')
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join('')
      .padStart(32, '0')
  return padded(one) < padded(other)
}

function faultOf({ip, packet, source, icmp, direction}: NeighbourMessage): string | undefined {
  // What leaves here may get its checksum from the device.
  if (icmp.checksum === 'wrong' && direction !== 'egress') return 'wrong checksum'
  if (ip.hopLimit !== 1) return `hop limit ${ip.hopLimit}, must be 1`
  const hasAlert = packet.chain.some((header) => header.options?.some((option) => option.type === 5) === true)
  if (!hasAlert) return 'no router alert'
  if (isLinkLocal(source) || (source === '::' && icmp.type !== 130)) return undefined
  // A snooping bridge without an address asks from ::.
  return source === '::' ? undefined : `source ${source} is not link-local`
}

function* judgeGroups(device: InterfaceFacts, timeNs: bigint): Generator<Finding> {
  if (device.groups.length === 0 || device.mac === undefined || !device.isUp) return
  if (device.isWithoutDiscovery === true) return
  if (['dummy', 'loopback', 'wireguard', 'tun'].includes(device.kind)) return
  for (const {ip, flags} of device.addresses) {
    if (!ip.includes(':') || flags.includes('tentative') || flags.includes('dadfailed')) continue
    const group = solicitedNodeOf(ip)
    if (device.groups.some((joined) => joined === group)) continue
    yield finding(pages.missingGroup, {
      timeNs,
      interface: device.name,
      about: `${device.name} ${ip}`,
      detail: `${device.name} has ${ip}, but has not joined ${group}: nobody can find it`,
      evidence: [`joined: ${device.groups.slice(0, 8).join(', ')}`],
    })
  }
}

const told = (
  page: RulePage,
  message: NeighbourMessage,
  said: {readonly about: string; readonly detail: string; readonly severity?: 'info' | 'warning'},
): Finding =>
  finding(page, {
    timeNs: message.timeNs,
    interface: message.interface,
    ...said,
    evidence: [`${message.where}: from ${message.source} (${message.mac}) to ${message.destination}`],
  })
