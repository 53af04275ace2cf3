import {execFileSync} from 'node:child_process'

/** What tshark says of one frame that carries IP, in the terms of a flow. */
export interface Dissected {
  readonly source: string
  readonly destination: string
  readonly protocol: number
  readonly ports: string
  /** L3 bytes on the wire: the IP header says them. */
  readonly bytes: number
}

const fields = [
  'ipv6.src', 'ipv6.dst', 'ipv6.nxt', 'ipv6.plen', 'ipv6.hopopts.nxt', 'ipv6.dstopts.nxt', 'ipv6.routing.nxt', 'ipv6.fraghdr.nxt', 'ipv6.fraghdr.offset', 'ah.next_header',
  'ip.src', 'ip.dst', 'ip.proto', 'ip.len', 'tcp.srcport', 'tcp.dstport', 'udp.srcport', 'udp.dstport', 'sctp.srcport', 'sctp.dstport', 'icmpv6.type', 'icmpv6.code', 'icmp.type', 'icmp.code',
  'eth.type', 'vlan.etype', 'ip.frag_offset',
] as const // prettier-ignore
type Field = (typeof fields)[number]
type Frame = Readonly<Record<Field, readonly string[]>>

/** Every frame of a capture, in order; undefined for those without IP. Fragments are taken as they are, not put together. */
export function dissect(capture: string): readonly (Dissected | undefined)[] {
  const options = ['-o', 'ipv6.defragment:FALSE', '-o', 'ip.defragment:FALSE']
  const args = [
    '-n',
    '-r',
    capture,
    ...options,
    '-T',
    'fields',
    '-E',
    'occurrence=a',
    '-E',
    'separator=/t',
    ...fields.flatMap((field) => ['-e', field]),
  ]
  const text = execFileSync('tshark', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 256 << 20,
  })
  return text.split('\n').slice(0, -1).map((line) => describe(frameOf(line))) // prettier-ignore
}

function frameOf(line: string): Frame {
  const cells = line.split('\t')
  return Object.fromEntries(
    fields.map((field, index) => [
      field,
      cells[index] === '' || cells[index] === undefined ? [] : cells[index].split(','),
    ]),
  ) as unknown as Frame // one cell a field
}

function describe(frame: Frame): Dissected | undefined {
  // A tunnel or an ICMP error holds more IP headers: the frame's own one is the one after the last link header.
  const linkType = frame['vlan.etype'].at(-1) ?? frame['eth.type'][0] ?? ''
  if (Number(linkType) === 0x86dd) return describeV6(frame)
  return Number(linkType) === 0x0800 ? describeV4(frame) : undefined
}

function describeV6(frame: Frame): Dissected {
  const next: Readonly<Record<number, string[]>> = {
    0: [...frame['ipv6.hopopts.nxt']],
    43: [...frame['ipv6.routing.nxt']],
    44: [...frame['ipv6.fraghdr.nxt']],
    51: [...frame['ah.next_header']],
    60: [...frame['ipv6.dstopts.nxt']],
  }
  let protocol = Number(frame['ipv6.nxt'][0])
  let isLaterFragment = false
  while (!isLaterFragment && (next[protocol]?.length ?? 0) > 0) {
    isLaterFragment = protocol === 44 && Number(frame['ipv6.fraghdr.offset'][0]) > 0
    protocol = Number(next[protocol]?.shift())
  }
  const ports = isLaterFragment ? '' : portsOf(frame, protocol)
  return {
    source: frame['ipv6.src'][0] ?? '',
    destination: frame['ipv6.dst'][0] ?? '',
    protocol,
    ports,
    bytes: Number(frame['ipv6.plen'][0]) + 40,
  }
}

function describeV4(frame: Frame): Dissected {
  const protocol = Number(frame['ip.proto'][0])
  const ports = Number(frame['ip.frag_offset'][0]) > 0 ? '' : portsOf(frame, protocol)
  return {
    source: frame['ip.src'][0] ?? '',
    destination: frame['ip.dst'][0] ?? '',
    protocol,
    ports,
    bytes: Number(frame['ip.len'][0]),
  }
}

function portsOf(frame: Frame, protocol: number): string {
  const pair = (first: Field, second: Field) => `${frame[first][0] ?? ''} ${frame[second][0] ?? ''}`
  switch (protocol) {
    case 6:
      return pair('tcp.srcport', 'tcp.dstport')
    case 17:
      return pair('udp.srcport', 'udp.dstport')
    case 132:
      return pair('sctp.srcport', 'sctp.dstport')
    case 58:
      return `icmp ${pair('icmpv6.type', 'icmpv6.code')}`
    case 1:
      return `icmp ${pair('icmp.type', 'icmp.code')}`
    default:
      return ''
  }
}
