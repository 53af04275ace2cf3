import {
  addresses,
  arp,
  authentication,
  ethernet,
  extension,
  fragment,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  type Layer,
  opaque,
  sctp,
  tcp,
  udp,
} from '../support/packets.ts'
import type {Flow} from './programs.ts'

export interface Golden {
  readonly title: string
  readonly frame: Uint8Array
  /** What differs from a plain IPv6 flow of loopback. */
  readonly flow: Partial<Flow> & Pick<Flow, 'protocol' | 'ports'>
  /** Length of the headers without which it is no flow: everything up to the ports or the end of the chain. */
  readonly needs: number
}

const mapped = (last: string): string => `00000000000000000000ffff0a0000${last}`
const v4 = {family: 'ipv4' as const, source: mapped('01'), destination: mapped('02')}
const tcpFlow = {protocol: 6, ports: [1234, 443] as const, tcpFlags: 0x12}
const udpFlow = {protocol: 17, ports: [1234, 53] as const}
const hopByHop = (next: Layer, blocks = 0): Layer => extension(0, next, blocks)
const destinationOptions = (next: Layer, blocks = 0): Layer => extension(60, next, blocks)

function repeat(count: number, wrap: (next: Layer) => Layer, innermost: Layer): Layer {
  return count === 0 ? innermost : wrap(repeat(count - 1, wrap, innermost))
}

/** An untagged frame; `beforePorts` are the bytes between the IPv6 header and the transport header. */
const six = (
  title: string,
  next: Layer,
  rest: {flow: Golden['flow']; beforePorts?: number; ports?: number},
): Golden => ({
  title,
  frame: ethernet(ipv6(next)),
  flow: rest.flow,
  needs: 54 + (rest.beforePorts ?? 0) + (rest.ports ?? 4),
})

export const golden: readonly Golden[] = [
  six('TCP', tcp(), {flow: tcpFlow}),
  six('TCP with options and payload', tcp({words: 8, payload: 100, flags: 0x18}), {flow: {...tcpFlow, tcpFlags: 0x18}}),
  six('UDP', udp(), {flow: udpFlow}),
  six('UDP without payload', udp({payload: 0}), {flow: udpFlow}),
  six('SCTP', sctp(), {flow: {protocol: 132, ports: [1234, 36412]}}),
  six('echo request', icmpv6(), {flow: {protocol: 58, ports: [128 << 8, 0]}}),
  six('unreachable port', icmpv6({type: 1, code: 4, payload: 60}), {flow: {protocol: 58, ports: [(1 << 8) | 4, 0]}}),
  six('neighbour solicitation', icmpv6({type: 135, payload: 28}), {flow: {protocol: 58, ports: [135 << 8, 0]}}),
  six('GRE has no ports', opaque(47), {flow: {protocol: 47, ports: [0, 0]}, ports: 0}),
  six('IPv6 inside IPv6 is filed under its outer addresses', ipv6(tcp()), {
    flow: {protocol: 41, ports: [0, 0]},
    ports: 0,
  }),
  six('IPv4 inside IPv6', ipv4(tcp()), {flow: {protocol: 4, ports: [0, 0]}, ports: 0}),
  six('an unknown protocol', opaque(253), {flow: {protocol: 253, ports: [0, 0]}, ports: 0}),
  six('hop-by-hop, then TCP', hopByHop(tcp()), {flow: {...tcpFlow, headers: ['hop-by-hop']}, beforePorts: 8}),
  six('hop-by-hop and destination options, then TCP', hopByHop(destinationOptions(tcp())), {
    flow: {...tcpFlow, headers: ['hop-by-hop', 'destination-options']},
    beforePorts: 16,
  }),
  six('a segment routing header', extension(43, udp(), 4), {flow: {...udpFlow, headers: ['routing']}, beforePorts: 40}),
  six('the longest header there is', destinationOptions(tcp(), 255), {
    flow: {...tcpFlow, headers: ['destination-options']},
    beforePorts: 2048,
  }),
  six('mobility', extension(135, opaque(59, 0)), {
    flow: {protocol: 59, ports: [0, 0], headers: ['mobility']},
    beforePorts: 8,
    ports: 0,
  }),
  six('HIP', extension(139, opaque(59, 0), 4), {
    flow: {protocol: 59, ports: [0, 0], headers: ['hip']},
    beforePorts: 40,
    ports: 0,
  }),
  six('shim6', extension(140, tcp()), {flow: {...tcpFlow, headers: ['shim6']}, beforePorts: 8}),
  six('AH counts in words', authentication(tcp(), 6), {
    flow: {...tcpFlow, headers: ['authentication']},
    beforePorts: 24,
  }),
  six('AH of the shortest ICV', authentication(udp(), 3), {
    flow: {...udpFlow, headers: ['authentication']},
    beforePorts: 12,
  }),
  six('ESP ends the chain', hopByHop(opaque(50, 40)), {
    flow: {protocol: 50, ports: [0, 0], headers: ['hop-by-hop']},
    beforePorts: 8,
    ports: 0,
  }),
  six('no next header ends the chain', destinationOptions(opaque(59, 30)), {
    flow: {protocol: 59, ports: [0, 0], headers: ['destination-options']},
    beforePorts: 8,
    ports: 0,
  }),
  six('a first fragment has ports', fragment(udp({payload: 40}), {more: true}), {
    flow: {...udpFlow, headers: ['fragment'], fragments: ['first']},
    beforePorts: 8,
  }),
  six('a later fragment has none', fragment(udp({payload: 40}), {offset: 1232, more: true}), {
    flow: {protocol: 17, ports: [0, 0], headers: ['fragment'], fragments: ['later']},
    beforePorts: 8,
    ports: 0,
  }),
  six('a last fragment has none', fragment(tcp(), {offset: 8}), {
    flow: {protocol: 6, ports: [0, 0], headers: ['fragment'], fragments: ['last']},
    beforePorts: 8,
    ports: 0,
  }),
  six('an atomic fragment is a whole packet', fragment(tcp()), {
    flow: {...tcpFlow, headers: ['fragment'], fragments: ['atomic']},
    beforePorts: 8,
  }),
  six('a chain goes on behind a first fragment', fragment(destinationOptions(tcp()), {more: true}), {
    flow: {...tcpFlow, headers: ['fragment', 'destination-options'], fragments: ['first']},
    beforePorts: 16,
  }),
  six('a later fragment is not walked', fragment(destinationOptions(tcp()), {offset: 64, more: true}), {
    flow: {protocol: 60, ports: [0, 0], headers: ['fragment'], fragments: ['later']},
    beforePorts: 8,
    ports: 0,
  }),
  six('8 headers', repeat(8, destinationOptions, tcp()), {
    flow: {...tcpFlow, headers: ['destination-options']},
    beforePorts: 64,
  }),
  six('16 headers', repeat(16, destinationOptions, tcp()), {
    flow: {...tcpFlow, headers: ['destination-options']},
    beforePorts: 128,
  }),
  six(
    '8 headers of 128 bytes',
    repeat(8, (next) => destinationOptions(next, 15), udp()),
    {
      flow: {...udpFlow, headers: ['destination-options']},
      beforePorts: 1024,
    },
  ),
  ...[[0x8100], [0x88a8, 0x8100], [0x9100, 0x8100], [0x8100, 0x8100]].map((tags): Golden => ({
    title: `tagged ${tags.map((tag) => tag.toString(16)).join(', ')}`,
    frame: ethernet(ipv6(hopByHop(tcp())), {tags}),
    flow: {...tcpFlow, headers: ['hop-by-hop']},
    needs: 66 + 4 * tags.length,
  })),
  {title: 'IPv4 TCP', frame: ethernet(ipv4(tcp())), flow: {...tcpFlow, ...v4}, needs: 38},
  {title: 'IPv4 with options', frame: ethernet(ipv4(udp(), {words: 15})), flow: {...udpFlow, ...v4}, needs: 78},
  {
    title: 'IPv4 echo',
    frame: ethernet(ipv4(icmp()), {tags: [0x8100]}),
    flow: {protocol: 1, ports: [8 << 8, 0], ...v4},
    needs: 42,
  },
  {
    title: 'IPv4 AH',
    frame: ethernet(ipv4(authentication(tcp()))),
    flow: {...tcpFlow, ...v4, headers: ['authentication']},
    needs: 62,
  },
  {
    title: 'IPv4 first fragment',
    frame: ethernet(ipv4(udp(), {more: true})),
    flow: {...udpFlow, ...v4, fragments: ['first']},
    needs: 38,
  },
  {
    title: 'IPv4 later fragment',
    frame: ethernet(ipv4(udp(), {offset: 1480, more: true})),
    flow: {protocol: 17, ports: [0, 0], ...v4, fragments: ['later']},
    needs: 34,
  },
  {
    title: 'IPv4 last fragment',
    frame: ethernet(ipv4(udp(), {offset: 1480})),
    flow: {protocol: 17, ports: [0, 0], ...v4, fragments: ['last']},
    needs: 34,
  },
]

export const whole = ({flow, frame}: Golden, bytes: number): Flow => ({
  ...addresses,
  family: 'ipv6',
  direction: 'ingress',
  interfaceIndex: 1,
  packets: 1,
  bytes: bytes || frame.length,
  tcpFlags: 0,
  headers: [],
  fragments: [],
  ...flow,
})

/** With a tag, where there is none: of an IP frame without one BPF_PROG_TEST_RUN takes no less than the IP header. */
export function tagged(each: Golden): Golden {
  if (linkHeader(each.frame) > 14) return each
  const {frame, needs} = each
  return {
    ...each,
    needs: needs + 4,
    frame: Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, 0, 100, ...frame.subarray(12)),
  }
}

/** Bytes of the link header. */
export const linkHeader = (frame: Uint8Array): number => {
  const type = (at: number): number => ((frame[at] ?? 0) << 8) | (frame[at + 1] ?? 0)
  let at = 12
  while ([0x8100, 0x88a8, 0x9100].includes(type(at))) at += 4
  return at + 2
}

export const foreign: readonly {title: string; frame: Uint8Array}[] = [
  {title: 'ARP', frame: ethernet(arp(), {padding: 18})},
  {title: 'a made-up ethertype', frame: ethernet({number: -2, bytes: new Uint8Array(50)})},
]
