import {raRefusal, raVerdict} from '../diagnosis/ra-verdict.ts'
import {escapeText} from '../output/escape.ts'
import type {JsonValue} from '../output/json.ts'
import {plural} from '../output/quantity.ts'
import type {Packet} from '../packet/packet.ts'
import type {AddressFacts, InterfaceFacts, NodeFacts} from '../protocol/facts.ts'
import type {Place} from './ndp-passage.ts'

/** The node's own IPv6, before anything is heard: addresses with their flags, routers, neighbours, and who would follow a router advertisement. Safe to show. */
export function situationLines(facts: NodeFacts, isShown: (name: string) => boolean): readonly string[] {
  const devices = facts.interfaces.filter(({name, isUp}) => isUp && isShown(name))
  const ports = Map.groupBy(devices, (device) => switchOf(device, facts)?.name)
  return [
    ...(ports.get(undefined) ?? []).flatMap((device) => [
      `${device.name}: ${device.addresses.length === 0 ? 'no IPv6 address' : device.addresses.map(addressText).join(', ')}`,
      `  ${raText(device, facts)}`,
    ]),
    ...[...ports].flatMap(([name, all]) => (name === undefined ? [] : [`ports of ${name}: ${some(all)}`])),
    routersText(facts),
    neighboursText(facts),
  ].map(escapeText)
}

const listed = 6
const some = (devices: readonly InterfaceFacts[]): string =>
  devices
    .slice(0, listed)
    .map(({name}) => name)
    .join(', ') + (devices.length > listed ? ` and ${devices.length - listed} more` : '')

/** The same for programs: a part of the `start` line. */
export function situationObject(facts: NodeFacts, isShown: (name: string) => boolean): JsonValue {
  const devices = facts.interfaces.filter(({name}) => isShown(name))
  const {entries, thresholds, tableFulls} = facts.neighbours
  return {
    interfaces: devices.map((device) => ({
      name: device.name,
      up: device.isUp,
      mac: device.mac,
      portOf: switchOf(device, facts)?.name,
      addresses: device.addresses.map((address) => ({...address})),
      routerAdvertisements: raObject(device, facts),
    })),
    routers: routersIn(facts).map(({gateway, interface: name, protocol, metric, expires}) => ({
      ip: gateway,
      interface: name,
      protocol,
      metric,
      expires,
    })),
    neighbours: {entries, gcThresh: thresholds, tableFulls},
  }
}

function raObject(device: InterfaceFacts, facts: NodeFacts): JsonValue {
  const refusal = raRefusal(device, routesOf(device, facts))
  return {accepted: refusal === undefined, ...refusal}
}

/** The bridge or bond that takes what comes in by one of its ports. */
function switchOf({master}: InterfaceFacts, {interfaces}: NodeFacts): InterfaceFacts | undefined {
  const found = master === undefined ? undefined : interfaces.find(({index}) => index === master)
  return found === undefined || found.kind === 'vrf' ? undefined : found // a VRF's interfaces stay interfaces
}

/** `accepted`, or `ignored because …`, for a router advertisement that came in; undefined where the node's settings are not known. */
export function verdictText(
  packet: Packet,
  {interface: name, direction}: Place,
  facts: NodeFacts | undefined,
): string | undefined {
  const device = facts?.interfaces.find((each) => each.name === name)
  if (facts === undefined || device === undefined || direction !== 'ingress') return undefined
  if (switchOf(device, facts) !== undefined) return undefined
  const verdict = raVerdict(packet, device, routesOf(device, facts))
  if (!verdict.accepted) return escapeText(`ignored because ${reason(verdict)}`)
  const except = verdict.except.map((each) => `, but ${reason(each)}`).join('')
  return escapeText(`accepted${verdict.by === 'daemon' ? ' by a program of the node, not by the kernel' : ''}${except}`)
}

const reason = ({because, setting}: {readonly because: string; readonly setting?: string}): string =>
  setting === undefined ? because : `${because} (${setting})`

const routesOf = ({name}: InterfaceFacts, {routes}: NodeFacts): NodeFacts['routes'] =>
  routes.filter((route) => route.interface === name)

const notable = new Set(['temporary', 'optimistic', 'dadfailed', 'deprecated', 'tentative'])

function addressText({ip, prefixLength, flags}: AddressFacts): string {
  const shown = flags.filter((flag) => notable.has(flag))
  return `${ip}/${prefixLength}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}`
}

function raText(device: InterfaceFacts, facts: NodeFacts): string {
  const refusal = raRefusal(device, routesOf(device, facts))
  return refusal === undefined ? 'accepts router advertisements' : `ignores router advertisements: ${reason(refusal)}`
}

const routersIn = ({routes}: NodeFacts): NodeFacts['routes'] =>
  routes.filter(({destination, gateway}) => destination === 'default' && gateway !== undefined)

function routersText(facts: NodeFacts): string {
  const defaults = routersIn(facts)
  if (defaults.length === 0) return 'routers: none, there is no default route through one'
  return `routers: ${defaults.map((route) => `${route.gateway ?? ''} on ${route.interface} (${route.protocol})`).join(', ')}`
}

function neighboursText({neighbours: {entries, thresholds, tableFulls}}: NodeFacts): string {
  const limit = thresholds === undefined ? '' : ` of ${thresholds[2]} (gc_thresh3)`
  const full = tableFulls === 0 ? '' : `, was full ${plural(tableFulls, 'time')} since boot`
  return `neighbour table: ${entries}${limit} entries${full}`
}
