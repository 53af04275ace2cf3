import type {HeldSocket, Transport} from '../protocol/binding.ts'

/** One line of code, as it stands before bind or in a configuration. */
export interface Advice {
  readonly where: string
  readonly line: string
  /** For UDP, where it is another. */
  readonly datagramLine?: string
}

/** An IPv4 socket and an IPv6 socket side by side on one port. */
export const separateSockets: readonly Advice[] = [
  {where: 'C', line: 'setsockopt(fd6, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int));'},
  {
    where: 'Go',
    line: 'net.Listen("tcp6", "[::]:PORT") and net.Listen("tcp4", ":PORT"); "tcp" takes both',
    datagramLine: 'net.ListenPacket("udp6", "[::]:PORT") and net.ListenPacket("udp4", ":PORT"); "udp" takes both',
  },
  {where: 'Rust', line: 'socket2: Socket::new(Domain::IPV6, …)?.set_only_v6(true)?'},
  {
    where: 'Node',
    line: "server.listen({port: PORT, host: '::', ipv6Only: true})",
    datagramLine: "createSocket({type: 'udp6', ipv6Only: true}).bind(PORT)",
  },
  {where: 'Python', line: 'sock6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)'},
  {
    where: 'Java',
    line: 'no option: one socket on :: for both, or ServerSocketChannel.open(StandardProtocolFamily.INET) for IPv4 alone',
    datagramLine:
      'no option: one socket on :: for both, or DatagramChannel.open(StandardProtocolFamily.INET) for IPv4 alone',
  },
  {
    where: 'nginx',
    line: 'listen PORT; listen [::]:PORT ipv6only=on;   (on is its default)',
    datagramLine: 'listen PORT udp; listen [::]:PORT udp ipv6only=on;   (on is its default)',
  },
  {
    where: 'systemd',
    line: 'ListenStream=[::]:PORT with BindIPv6Only=ipv6-only, and ListenStream=0.0.0.0:PORT',
    datagramLine: 'ListenDatagram=[::]:PORT with BindIPv6Only=ipv6-only, and ListenDatagram=0.0.0.0:PORT',
  },
  {
    where: 'docker',
    line: '-p 0.0.0.0:PORT:PORT -p [::]:PORT:PORT: one docker-proxy each',
    datagramLine: '-p 0.0.0.0:PORT:PORT/udp -p [::]:PORT:PORT/udp: one docker-proxy each',
  },
]

/** What to change where only IPv4 is heard, for whom no line of code is to be changed. */
export const publishingFix = (holders: readonly HeldSocket[]): {readonly fix?: string} =>
  holders.every(({owner}) => owner?.process === 'docker-proxy')
    ? {fix: 'Publish the port for IPv6 too: -p [::]:HOSTPORT:PORT beside the other, or -p HOSTPORT:PORT without an address for both.'}
    : {} // prettier-ignore

/** Why the line of code and not the sysctl. */
export const whyNoSysctl =
  'Not net.ipv6.bindv6only=1: it holds for one network namespace, new ones start at 0, it is no safe sysctl of pods, and Go and Java override it.'

export const adviceText = (
  {where, line, datagramLine = line}: Advice,
  port: number,
  protocol: Transport,
): readonly [where: string, line: string] => [
  where,
  (protocol === 'udp' ? datagramLine : line).replaceAll('PORT', String(port)),
]
