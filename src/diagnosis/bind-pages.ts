import type {RulePage} from './rule.ts'

const ipv6Socket = 'ipv6(7)'

export const v6only: RulePage = {
  rule: 'bind/v6only',
  severities: ['error'],
  title: 'One IPv6 socket takes IPv4 as well',
  meaning: 'A socket on [::] without IPV6_V6ONLY also hears 0.0.0.0, so that a second socket for IPv4 cannot be bound: EADDRINUSE, though nothing is on IPv4.',
  detection: 'The socket that holds the port is [::] with V6ONLY=0, as sock_diag or its own descriptor says, and a bind beside a copy of it fails.',
  notThis: 'An IPv6 socket with V6ONLY=1, which never meets an IPv4 one.',
  fix: 'Set IPV6_V6ONLY to 1 before bind in that application, and give IPv4 a socket of its own. No sysctl needs to change.',
  references: [ipv6Socket, 'RFC 3493 §5.3'],
} // prettier-ignore

export const bindv6only: RulePage = {
  rule: 'bind/bindv6only',
  severities: ['warning'],
  title: 'Both families fit only because of a sysctl',
  meaning: 'net.ipv6.bindv6only=1 makes new IPv6 sockets IPv6 only. It belongs to one network namespace and is not inherited: the same application fails in the next pod.',
  detection: 'Both wildcards can be bound with IPV6_V6ONLY left alone, and not with it cleared.',
  notThis: 'Applications that set the option themselves: Go and Java clear it whatever the sysctl says.',
  fix: 'Set IPV6_V6ONLY in the application, and leave the sysctl at 0.',
  references: [ipv6Socket],
} // prettier-ignore

export const otherProcess: RulePage = {
  rule: 'bind/other-process',
  severities: ['error'],
  title: 'Another process holds the port',
  meaning: 'Its socket wants the same packets, or the port is the source port of one of its connections.',
  detection: 'sock_diag lists the socket in that network namespace, and a bind beside a copy of it fails.',
  notThis: 'Sockets in other network namespaces, and those of the other family.',
  fix: 'Use another port or address, or end that process; keep connections off a port with net.ipv4.ip_local_reserved_ports.',
  references: ['ip(7)', ipv6Socket],
}

export const reuse: RulePage = {
  rule: 'bind/reuse',
  severities: ['error'],
  title: 'The port could be shared, but flags or users differ',
  meaning: 'SO_REUSEPORT works when every socket on the port has it and all belong to one uid. SO_REUSEADDR works among sockets of UDP that all have it, and gets past what a TCP listener with it left behind: TIME_WAIT, and connections.',
  detection: 'A bind beside a copy of what holds the port fails, and passes with one of the flags; or what holds it has SO_REUSEPORT, or is in TIME_WAIT.',
  notThis: 'A listener without either flag, which never shares.',
  fix: 'Set the same flag on all sockets of the port, before bind, in processes of one user.',
  references: ['socket(7)'],
} // prettier-ignore

export const addressState: RulePage = {
  rule: 'bind/address-state',
  severities: ['error', 'warning'],
  title: 'The address cannot be bound now',
  meaning: 'It is not there, on an interface that is down, still tentative, a duplicate, or link-local without its interface.',
  detection: 'The addresses of the network namespace with their flags, and what a bind gave in a copy with those that are usable.',
  notThis: 'Ports: the same bind fails on every port.',
  fix: 'Wait for duplicate address detection (ip -6 addr show tentative), write link-local ones with %INTERFACE, or set IPV6_FREEBIND.',
  references: ['RFC 4862 §5.4', 'RFC 4007 §11'],
} // prettier-ignore

export const permission: RulePage = {
  rule: 'bind/permission',
  severities: ['error'],
  title: 'The port needs a right that the process has not',
  meaning: 'Ports below net.ipv4.ip_unprivileged_port_start need CAP_NET_BIND_SERVICE, in both families.',
  detection: 'A bind as that uid fails with EACCES in a copy of the network namespace.',
  notThis: 'EADDRINUSE: nobody holds the port.',
  fix: 'Add the capability NET_BIND_SERVICE to the container, use a port from 1024, or lower the sysctl for the pod (it is a safe one).',
  references: ['ip(7)', 'capabilities(7)'],
}

export const kernelDefect: RulePage = {
  rule: 'bind/kernel-defect',
  severities: ['error'],
  title: 'The kernel does not follow its own rule',
  meaning: 'A bind succeeded that must fail, or failed where it must not: two processes may believe that they own one port.',
  detection: 'Every case of the matrix is compared with inet_rcv_saddr_equal as it is written. bhash2 (28044fc1d495, Linux 6.1) broke TCP: after 0.0.0.0 or [::ffff:0.0.0.0] and [::] with V6ONLY=1, a third socket on an IPv4 address passes until Linux 6.9 (d91ef1e1b55f); [::] with V6ONLY=1 and [::ffff:127.0.0.1] refuse each other (ea111449501e); an IPv4 address passes beside [::] (d9ba99342855) or [::ffff:0.0.0.0] (aa99e5f87bd5). Stable kernels have some of these fixes: Debian\'s 6.1.192 still lets [::ffff:127.0.0.1] be bound beside [::ffff:0.0.0.0], and beside that and [::] with V6ONLY=1.',
  notThis: 'A difference that an address of the namespace explains.',
  fix: 'Use a kernel on which this matrix is as expected (6.12 and 6.18 are), and do not rely on bind to find a second instance.',
  references: ['Linux d91ef1e1b55f, ea111449501e, aa99e5f87bd5, d9ba99342855, 28044fc1d495', 'Linux tools/testing/selftests/net/bind_wildcard.c'],
} // prettier-ignore

export const ephemeralRange: RulePage = {
  rule: 'bind/ephemeral-range',
  severities: ['info'],
  title: 'The port lies where connections take their source ports from',
  meaning:
    'Some day a connection of any process has it when the server starts: EADDRINUSE, until that connection ends.',
  detection: 'net.ipv4.ip_local_port_range holds it, and ip_local_reserved_ports does not.',
  notThis: 'Ports outside the range, or reserved.',
  fix: 'Reserve it: sysctl -w net.ipv4.ip_local_reserved_ports=PORT; or use a port outside.',
  references: ['ip(7)'],
}

export const ipv6Disabled: RulePage = {
  rule: 'bind/ipv6-disabled',
  severities: ['warning', 'error', 'info'],
  title: '[::] can be bound, but nothing will come over IPv6',
  meaning:
    'With disable_ipv6=1 a bind of the wildcard succeeds all the same. A server seems to listen that no client reaches.',
  detection: 'net.ipv6.conf.all.disable_ipv6 is 1, or no interface but lo has an IPv6 address that is usable.',
  notThis: 'A namespace with addresses whose routes are missing.',
  fix: 'sysctl -w net.ipv6.conf.all.disable_ipv6=0 in that network namespace, and see why it has no address.',
  references: ['RFC 6724'],
}

export const v4Only: RulePage = {
  rule: 'bind/v4-only',
  severities: ['warning', 'error', 'info'],
  title: 'Only IPv4 is heard on the port',
  meaning: 'Clients that come over IPv6 are refused (TCP) or hear nothing (UDP).',
  detection: 'Every socket that waits on the port accepts IPv4 alone, where the namespace has IPv6 addresses.',
  notThis: 'Go and Java, whose 0.0.0.0 is an IPv6 socket that takes both.',
  fix: 'Listen on [::] too: with IPV6_V6ONLY=1 beside the IPv4 socket, or with 0 instead of it.',
  references: [ipv6Socket],
}

export const v6Only: RulePage = {
  rule: 'bind/v6-only',
  severities: ['warning'],
  title: 'Only IPv6 is heard on the port',
  meaning: 'Clients that come over IPv4 are refused (TCP) or hear nothing (UDP).',
  detection: 'The sockets that wait on the port are [::] with V6ONLY=1 alone, where the namespace has IPv4 addresses.',
  notThis: 'Namespaces without IPv4; an IPv4 socket beside it on the same port.',
  fix: 'Listen on 0.0.0.0 too, or clear IPV6_V6ONLY before bind (nginx: listen [::]:PORT ipv6only=off).',
  references: [ipv6Socket],
}

export const serviceFamily: RulePage = {
  rule: 'bind/service-family',
  severities: ['error', 'warning'],
  title: 'A Service sends what no socket takes',
  meaning: 'Clients that use the Service over that family are refused (TCP) or hear nothing (UDP), while the other family works: whoever tries IPv6 first sees it, and the pod stays Ready.',
  detection: 'The Service selects the pod, has the family in ipFamilies, and no socket on its target port takes packets to the address that the pod has of it. A warning where the pod has no address of that family.',
  notThis: 'Services without a selector; ports that are named and that the pod does not declare.',
  fix: 'Listen on [::] with IPV6_V6ONLY=0, or on 0.0.0.0 and [::] both; or take the family out of the Service.',
  references: ['Kubernetes: IPv4/IPv6 dual-stack', ipv6Socket],
} // prettier-ignore

export const probeFamily: RulePage = {
  rule: 'bind/probe-family',
  severities: ['error'],
  title: 'A probe asks where no socket answers',
  meaning: 'The kubelet sends httpGet, tcpSocket and grpc probes to the first address of the pod, so to one family only. The pod is restarted, or never becomes Ready, though it serves the other family.',
  detection: 'A probe of the pod without a host names a port where no TCP socket takes packets to the first of status.podIPs.',
  notThis: 'Probes with a host of their own, exec probes, and containers that have not begun to listen yet.',
  fix: 'Listen on [::] with IPV6_V6ONLY=0, or on both wildcards.',
  references: ['Kubernetes: Configure Liveness, Readiness and Startup Probes', ipv6Socket],
} // prettier-ignore

export const loopbackOnly: RulePage = {
  rule: 'bind/loopback-only',
  severities: ['error', 'warning'],
  title: 'A port for others is heard inside the pod only',
  meaning: 'A socket on 127.0.0.1 or ::1 hears its own network namespace and nobody else. A Service or a probe that points there is refused.',
  detection: 'Every socket on a container port, on the target of a Service or on the port of a probe is bound to a loopback address.',
  notThis: 'Ports that nobody points at: many programs keep their debug port on loopback. kubectl port-forward reaches them all the same.',
  fix: 'Listen on [::] (or on 0.0.0.0 and [::]) instead of localhost.',
  references: ['RFC 4291 §2.5.3', 'ip(7)'],
} // prettier-ignore

export const dualStackWildcard: RulePage = {
  rule: 'bind/dual-stack-wildcard',
  severities: ['info'],
  title: 'A 0.0.0.0 that is [::]',
  meaning: 'Go and Java open an IPv6 socket for both families where 0.0.0.0 was asked for, and clear IPV6_V6ONLY whatever the sysctl says. Configuration and logs say 0.0.0.0; IPv6 clients come in all the same, and IPv4 ones appear as ::ffff:a.b.c.d.',
  detection: 'A socket on [::] with V6ONLY=0 whose process is a Go program (its build id) or java, or has 0.0.0.0 in its command line.',
  notThis: 'A fault: it is told so that firewalls, access lists and metrics expect IPv6 there. A true 0.0.0.0 is an IPv4 socket and shows V6ONLY as -.',
  fix: 'For IPv4 alone: tcp4 or udp4 in Go, -Djava.net.preferIPv4Stack=true or StandardProtocolFamily.INET in Java.',
  references: ['Go: net/ipsock_posix.go favoriteAddrFamily', ipv6Socket],
} // prettier-ignore

/** What `bindcheck` and `listeners` can find. */
export const bindPages: readonly RulePage[] = [
  v6only,
  bindv6only,
  otherProcess,
  reuse,
  addressState,
  permission,
  kernelDefect,
  ephemeralRange,
  ipv6Disabled,
  v4Only,
  v6Only,
  serviceFamily,
  probeFamily,
  loopbackOnly,
  dualStackWildcard,
]
