import {parseAddress} from '../../src/address/text.ts'
import {NodeState} from '../../src/events/node-state.ts'
import {
  directionTotalsLayout,
  flowCountLayout,
  flowKeyLayout,
  flowLineLayout,
} from '../../src/generated/kernel-layout.ts'
import {totalsSize} from '../../src/generated/totals.ts'
import {pathBit, protocolClasses} from '../../src/generated/words.ts'
import type {Hello} from '../../src/protocol/message.ts'

export interface FlowParts {
  readonly source?: string
  readonly destination?: string
  readonly sourcePort?: number
  readonly destinationPort?: number
  readonly icmp?: readonly [number, number]
  readonly protocol?: number
  readonly interface?: number
  readonly direction?: 'ingress' | 'egress'
  readonly packets?: number
  readonly bytes?: number
  readonly tcpFlags?: number
  readonly headers?: number
  readonly fragments?: number
  /** In units of 2^20 ns. */
  readonly first?: number
  readonly last?: number
}

const plainFlow = {
  source: 'fd00::1',
  destination: 'fd00::2',
  sourcePort: 0,
  destinationPort: 0,
  protocol: 6,
  interface: 2,
  direction: 'ingress' as 'ingress' | 'egress',
  packets: 1,
  bytes: 100,
  tcpFlags: 0,
  headers: 0,
  fragments: 0,
  first: 0,
  last: 0,
}

/** One flow line as the kernel writes it. */
export function aFlow({icmp, ...parts}: FlowParts = {}): Uint8Array {
  const asIcmp = icmp === undefined ? {} : {protocol: 58, sourcePort: (icmp[0] << 8) | icmp[1]}
  const flow = {...plainFlow, ...asIcmp, ...parts}
  const line = new Uint8Array(flowLineLayout.size)
  const view = new DataView(line.buffer)
  const from = parseAddress(flow.source)!
  line.set(from.bytes, flowKeyLayout.source)
  line.set(parseAddress(flow.destination)!.bytes, flowKeyLayout.destination)
  view.setUint16(flowKeyLayout.sourcePort, flow.sourcePort)
  view.setUint16(flowKeyLayout.destinationPort, flow.destinationPort)
  const family = from.family === 6 ? 1 << pathBit.familyBit : 0
  const direction = flow.direction === 'ingress' ? 0 : 1 << pathBit.directionBit
  view.setUint32(
    flowKeyLayout.path,
    (flow.interface << pathBit.interfaceBit) | family | direction | flow.protocol,
    true,
  )
  const at = flowLineLayout.count
  view.setBigUint64(at + flowCountLayout.bytes, BigInt(flow.bytes), true)
  view.setUint32(at + flowCountLayout.packets, flow.packets, true)
  view.setUint8(at + flowCountLayout.tcpFlags, flow.tcpFlags)
  view.setUint8(at + flowCountLayout.headers, flow.headers)
  view.setUint8(at + flowCountLayout.fragments, flow.fragments)
  view.setUint32(at + flowCountLayout.first, flow.first, true)
  view.setUint32(at + flowCountLayout.last, flow.last, true)
  return line
}

export const lines = (...flows: readonly FlowParts[]): Uint8Array => Buffer.concat(flows.map((flow) => aFlow(flow)))

export interface TotalsParts {
  readonly seen: readonly [number, number]
  readonly otherFamily?: readonly [number, number]
  readonly rejected?: readonly [number, number]
  readonly overflow?: readonly [number, number]
  readonly badVersion?: readonly [number, number]
  readonly protocols?: Readonly<Partial<Record<(typeof protocolClasses)[number], readonly [number, number]>>>
  readonly icmpv6?: Readonly<Record<number, number>>
}

/** The totals of the ingress direction. */
export function someTotals(parts: TotalsParts): Uint8Array {
  const bytes = new Uint8Array(totalsSize)
  const view = new DataView(bytes.buffer)
  const tally = (at: number, [packets, size]: readonly [number, number] = [0, 0]): void => {
    view.setBigUint64(at, BigInt(packets), true)
    view.setBigUint64(at + 8, BigInt(size), true)
  }
  tally(0, parts.seen)
  tally(16, parts.otherFamily)
  tally(32, parts.rejected)
  tally(48, parts.overflow)
  tally(64 + 2 * 16, parts.badVersion)
  const ipv6 = directionTotalsLayout.protocols + protocolClasses.length * 16
  for (const [i, name] of protocolClasses.entries()) tally(ipv6 + i * 16, parts.protocols?.[name])
  for (const [type, count] of Object.entries(parts.icmpv6 ?? {}))
    view.setBigUint64(directionTotalsLayout.icmpv6Types + Number(type) * 8, BigInt(count), true)
  return bytes
}

export const aHello = (changes: Partial<Hello> = {}): Hello => ({
  type: 'hello',
  run: '0123456789abcdef',
  agent: '0.1.0',
  layout: 'layout',
  kernel: '6.18.0',
  cpus: 2,
  clockOffsetNs: '1700000000000000000',
  interfaces: [
    anInterface('eth0', 2),
    anInterface('cni0', 3),
    {...anInterface('veth1', 4), kind: 'veth', master: 3},
  ],
  warnings: [],
  sequence: 0,
  ...changes,
}) // prettier-ignore

export const anInterface = (name: string, index: number): Hello['interfaces'][number] => ({
  name,
  index,
  kind: 'ethernet',
  mtu: 1500,
  hooks: [
    {direction: 'ingress', hook: 'tcx'},
    {direction: 'egress', hook: 'tcx'},
  ],
  addresses: [],
})

export const second = 1_000_000_000n
/** Ticks of the kernel's clock at so many seconds. */
export const ticks = (seconds: number): number => Number((BigInt(Math.round(seconds * 1000)) * 1_000_000n) >> 20n)

export function aNode(node = 'node1', hello: Partial<Hello> = {}): NodeState {
  return new NodeState(node, aHello(hello), {
    node,
    target: `node/${node}`,
    nowNs: 1_700_000_100n * second,
    elapsedMs: () => 2000,
    flowLimit: 1000,
    hashSeed: 1,
  })
}

export const drain = (
  flows: Uint8Array,
  rest: {readonly totals?: Uint8Array; readonly at?: number; readonly final?: boolean} = {},
) => ({
  flows: [flows],
  totals: rest.totals,
  generation: 1,
  monotonicNs: BigInt(rest.at ?? 100) * second,
  final: rest.final ?? false,
})
