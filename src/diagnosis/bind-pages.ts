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
  meaning: 'SO_REUSEPORT works when every socket on the port has it and all belong to one uid. SO_REUSEADDR gets past TIME_WAIT when the old socket had it as well.',
  detection: 'What holds the port has SO_REUSEPORT, or is in TIME_WAIT; a bind beside a copy of it fails.',
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
  detection: 'Every case of the matrix is compared with inet_rcv_saddr_equal as it is written. Linux 6.1 to 6.8 let a third TCP socket pass beside 0.0.0.0 and [::] with V6ONLY=1; Debian\'s 6.1.192 lets [::ffff:127.0.0.1] be bound beside [::ffff:0.0.0.0], and beside that and [::] with V6ONLY=1.',
  notThis: 'A difference that an address of the namespace explains.',
  fix: 'Use a kernel on which this matrix is as expected (6.12 and 6.18 are), and do not rely on bind to find a second instance.',
  references: ['netdev 20240325181923.48769-8'],
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
  severities: ['warning'],
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
]
