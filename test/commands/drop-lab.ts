import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

const sh = (command: string): string => execFileSync('bash', ['-ec', command], {encoding: 'utf8', timeout: 60_000})

/** A way to drop packets, and what the packet is: a scapy expression; `S` is the source by which the situation is known. */
export interface Situation {
  readonly name: string
  /** Where the sender puts it. */
  readonly into: keyof typeof ways
  readonly packet: string
  readonly source: string
  /** Of the frame; otherwise the MAC of whoever is at the other end. */
  readonly mac?: string
}

/** The sender's device and the one at its other end, with what is special there. */
const ways = {
  router: {device: 'a0', peer: 'r0', place: 'r'},
  host: {device: 'a1', peer: 'c1', place: 'c'},
  disabled: {device: 'a2', peer: 'c2', place: 'c'},
  xdp: {device: 'a3', peer: 'c3', place: 'c'},
  strict: {device: 'a4', peer: 'c4', place: 'c'},
  tc: {device: 'a5', peer: 'c5', place: 'c'},
  bridge: {device: 'a6', peer: 'c6', place: 'c'},
  native: {device: 'aa', peer: 'ca', place: 'c'},
} as const

const macOf = (peer: string): string => `02:00:00:00:00:${peer.replace('r', 'a')}`

const dropping = `#include <linux/bpf.h>
#include <linux/pkt_cls.h>
__attribute__((section("xdp"), used)) int in_xdp(struct xdp_md *x) { return XDP_DROP; }
__attribute__((section("tc"), used)) int in_tc(struct __sk_buff *x) { return TC_ACT_SHOT; }
char free_software[] __attribute__((section("license"), used)) = "GPL";`

/** A sender (a), a router (r) and a host (c), each in a namespace, with interfaces named after the lab. */
export class DropLab implements Disposable {
  readonly #name: string
  #server: ChildProcess | undefined

  constructor(name: string) {
    this.#name = name
    sh(['a', 'r', 'c'].map((place) => `ip netns add ${this.namespace(place)}; ip -n ${this.namespace(place)} link set lo up`).join('\n')) // prettier-ignore
    try {
      for (const {device, peer, place} of Object.values(ways)) this.#connect(['a', device], [place, peer])
      this.#connect(['c', 'c0'], ['r', 'r1'])
      for (const each of [7, 8, 9]) this.#connect(['r', `r${each}`], ['c', `c${each}`])
      this.#settle()
    } catch (cause) {
      this[Symbol.dispose]()
      throw cause
    }
  }

  namespace(place: string): string {
    return `${this.#name}${place}`
  }

  device(name: string): string {
    return `${this.#name}${name}`
  }

  /** Lines of shell, in the namespace of a place; `%x` is the device x. */
  run(place: string, command: string): string {
    const script = command.replaceAll(/%(\w+)/g, (_, name: string) => this.device(name))
    return execFileSync('ip', ['netns', 'exec', this.namespace(place), 'bash', '-ec', script], {encoding: 'utf8', timeout: 60_000}) // prettier-ignore
  }

  /** Each in turn. */
  send(situations: readonly Situation[]): void {
    const lines = situations.map((each) => {
      const {device, peer} = ways[each.into]
      const mac = each.mac ?? macOf(peer)
      return `S = '${each.source}'\nput('${this.device(device)}', '${mac}', ${each.packet})`
    })
    const script = `from scapy.all import *
def put(device, mac, packets):
  for each in packets if isinstance(packets, list) else [packets]:
    sendp(Ether(src='02:00:00:00:00:01', dst=mac) / each, iface=device, verbose=0)
${lines.join('\n')}`
    execFileSync('ip', ['netns', 'exec', this.namespace('a'), '/usr/bin/python3', '-'], {input: script, timeout: 60_000, stdio: ['pipe', 'pipe', 'pipe']}) // prettier-ignore
  }

  [Symbol.dispose](): void {
    this.#server?.kill('SIGKILL')
    sh(['a', 'r', 'c'].map((place) => `ip netns delete ${this.namespace(place)}`).join('\n'))
  }

  /** Places and the names of their devices. */
  #connect([from, device]: readonly [string, string], [to, peer]: readonly [string, string]): void {
    const [one, other] = [this.device(device), this.device(peer)]
    sh(`ip link add ${one} netns ${this.namespace(from)} type veth peer name ${other} address ${macOf(peer)} netns ${this.namespace(to)}
ip -n ${this.namespace(from)} link set ${one} up; ip -n ${this.namespace(to)} link set ${other} up`)
  }

  #settle(): void {
    const folder = mkdtempSync(join(tmpdir(), 'drop-lab-'))
    const object = join(folder, 'drop.o')
    const flags = ['-O2', '-g', '--target=bpf', '-I/usr/include/x86_64-linux-gnu']
    execFileSync('clang-19', [...flags, '-x', 'c', '-c', '-', '-o', object], {input: dropping})
    this.run('r', routerSetup.replaceAll('OBJECT', object))
    this.run('c', hostSetup.replaceAll('OBJECT', object))
    rmSync(folder, {recursive: true})
    this.#serve()
  }

  /** Sockets that take nothing: a full one (5000), one with a filter (5001), and a listener for TCP (5002). */
  #serve(): void {
    this.#server = spawn('ip', ['netns', 'exec', this.namespace('c'), '/usr/bin/python3', '-c', server], {stdio: 'ignore'}) // prettier-ignore
    this.run('c', 'until ss -Hltn | grep -q :5002; do sleep 0.05; done')
  }
}

const server = `
import ctypes, socket, struct, time
def udp(port):
  made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
  made.bind(('::', port))
  return made
full, filtered = udp(5000), udp(5001)
full.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
rule = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0))
filtered.setsockopt(socket.SOL_SOCKET, 26, struct.pack('HL', 1, ctypes.addressof(rule)))
listener = socket.socket(socket.AF_INET6)
listener.bind(('::', 5002))
listener.listen()
time.sleep(60)`

const routerSetup = `
sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.neigh.%r1.retrans_time_ms=100 net.ipv6.neigh.%r1.unres_qlen_bytes=4000
ip addr add fd0a::1/64 dev %r0 nodad; ip addr add fd0c::1/64 dev %r1 nodad; ip link set %r1 mtu 1280
ip -6 route add blackhole fd0b::/64; ip -6 route add prohibit fd0b:1::/64; ip -6 route add unreachable fd0b:2::/64
nft 'add table ip6 t; add chain ip6 t i { type filter hook input priority 0; }; add rule ip6 t i udp dport 99 drop
add chain ip6 t f { type filter hook forward priority 0; }; add rule ip6 t f udp dport 98 drop'
ip -6 route add fd0d::/64 dev %r7; ip -6 route add fd0e::/64 dev %r8; ip -6 route add fd0f::/64 dev %r9
ip neigh add fd0d::2 lladdr 02:00:00:00:00:dd dev %r7; ip neigh add fd0e::2 lladdr 02:00:00:00:00:ee dev %r8
sysctl -qw net.ipv6.neigh.%r9.mcast_solicit=0 net.ipv6.neigh.%r9.app_solicit=0
tc qdisc add dev %r7 root blackhole
tc qdisc add dev %r8 clsact; tc filter add dev %r8 egress bpf da obj OBJECT sec tc`

const hostSetup = `
ip addr add fd0c::2/64 dev %c0 nodad; ip -6 route add default via fd0c::1
for each in 1 3 4 5 a; do ip addr add fd0b::$each/64 dev %c$each nodad; done
sysctl -qw net.ipv6.conf.%c2.disable_ipv6=1 net.ipv6.conf.%c4.drop_unicast_in_l2_multicast=1 net.ipv6.ip6frag_time=1
tc qdisc add dev %c5 clsact; tc filter add dev %c5 ingress bpf da obj OBJECT sec tc
ip link set %c3 xdpgeneric obj OBJECT sec xdp; ip link set %ca xdpdrv obj OBJECT sec xdp
ip link add %cb type bridge; ip link set %c6 master %cb; ip link set %cb up
sysctl -qw net.bridge.bridge-nf-call-ip6tables=1; nft 'add table ip6 t; add chain ip6 t c { type filter hook prerouting priority 0; }'
ip addr add 198.51.100.1/24 dev %c1`
