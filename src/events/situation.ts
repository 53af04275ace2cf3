import {raRefusal, raVerdict} from '../diagnosis/ra-verdict.ts'
import {escapeText} from '../output/escape.ts'
import {plural} from '../output/quantity.ts'
import type {AddressFacts, InterfaceFacts, NodeFacts} from '../protocol/facts.ts'
import type {HeardPacket} from './ndp-message.ts'

/** The node's own IPv6, before anything is heard: addresses with their flags, routers, neighbours, and who would follow a router advertisement. Safe to show. */
export function situationLines(facts: NodeFacts, isShown: (name: string) => boolean): readonly string[] {
  const devices = facts.interfaces.filter(({name, isUp}) => isUp && isShown(name))
  return [
    ...devices.flatMap((device) => [
      `${device.name}: ${device.addresses.length === 0 ? 'no IPv6 address' : device.addresses.map(addressText).join(', ')}`,
      `  ${raText(device, facts)}`,
    ]),
    routersText(facts),
    neighboursText(facts),
  ].map(escapeText)
}

/** `accepted`, or `ignored because …`, for a router advertisement that came in; undefined where the node's settings are not known. */
export function verdictText(
  {interface: name, direction, packet}: HeardPacket,
  facts: NodeFacts | undefined,
): string | undefined {
  const device = facts?.interfaces.find((each) => each.name === name)
  if (facts === undefined || device === undefined || direction !== 'ingress') return undefined
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
  return refusal === undefined
    ? 'router advertisements are accepted'
    : `router advertisements are ignored because ${reason(refusal)}`
}

function routersText({routes}: NodeFacts): string {
  const defaults = routes.filter(({destination, gateway}) => destination === 'default' && gateway !== undefined)
  if (defaults.length === 0) return 'routers: none, there is no default route through one'
  return `routers: ${defaults.map((route) => `${route.gateway ?? ''} on ${route.interface} (${route.protocol})`).join(', ')}`
}

function neighboursText({neighbours: {entries, thresholds, tableFulls}}: NodeFacts): string {
  const limit = thresholds === undefined ? '' : ` of ${thresholds[2]} (gc_thresh3)`
  const full = tableFulls === 0 ? '' : `, was full ${plural(tableFulls, 'time')} since boot`
  return `neighbour table: ${entries}${limit} entries${full}`
}
