import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'
import {sh, until} from './driver-lab.ts'

/** A node with an uplink, a bridge and pods behind it, and the router it has. */
const node = 'rsil-n'
const router = 'rsil-r'
const pods = Array.from({length: 8}, (_, i) => ({name: `rsil-p${i}`, port: `veth${(0xa0b0c0 + i).toString(16)}`, ip: `2001:db8:42::${i + 100}`})) // prettier-ignore
const [first, second, third] = pods
const folder = mkdtempSync(join(tmpdir(), 'rule-silence-'))
const listeners: Plugin[] = []

const inside = (name: string, command: string): string => sh(`ip netns exec ${name} ${command}`)
const isReady = (name: string): boolean => !inside(name, 'ip -6 addr show').includes('tentative')
const joins = (group: string): string =>
  `/usr/bin/python3 -c "
import socket, struct
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, '${group}') + struct.pack('i', socket.if_nametoindex('eth0')))"`

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

const advertise = (device: string, prefix: string): string =>
  `interface ${device} { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix ${prefix} {}; RDNSS 2001:db8:1::b {}; };`

/** Daemons end with their namespace: all of its processes are killed. */
const daemon = (name: string, command: string): string => inside(name, `setsid ${command} >/dev/null 2>&1 &`)

function addPod({name, port, ip}: (typeof pods)[number]): void {
  sh(`ip netns add ${name}; ip -n ${name} link set lo up
ip link add eth0 netns ${name} type veth peer name ${port} netns ${node}
ip -n ${node} link set ${port} master cni0 up; ip -n ${name} link set eth0 up
ip -n ${name} addr add ${ip}/64 dev eth0; ip -n ${name} route add default via 2001:db8:42::1`)
}

beforeAll(async () => {
  sh(`for n in ${node} ${router}; do ip netns add $n; ip -n $n link set lo up; ip netns exec $n sysctl -qw net.ipv6.conf.all.forwarding=1; done
ip link add eth0 netns ${node} type veth peer name eth0 netns ${router}
ip netns exec ${node} sysctl -qw net.ipv6.conf.eth0.accept_ra=2 net.ipv6.conf.eth0.ndisc_notify=1
ip -n ${router} link set eth0 up; ip -n ${node} link set eth0 up
ip -n ${router} addr add 2001:db8:1::b/64 dev eth0; ip -n ${node} addr add 2001:db8:1::a/64 dev eth0
ip -n ${router} addr add 2001:db8:1:0:55::1/128 dev lo; ip -n ${router} route add 2001:db8:42::/64 via 2001:db8:1::a
ip -n ${node} link add cni0 type bridge; ip -n ${node} addr add 2001:db8:42::1/64 dev cni0; ip -n ${node} link set cni0 up`)
  for (const verb of ['ndp', 'exthdr'])
    listeners.push(new Plugin([verb, 'local', '-o', 'json', '-q'], {prefix: ['ip', 'netns', 'exec', node]}))
  for (const listener of listeners) await listener.until(/"kind":"start"/)
})

afterAll(async () => {
  for (const listener of listeners) await listener[Symbol.asyncDispose]()
  sh(`for n in ${[node, router, ...pods.map(({name}) => name)].join(' ')}; do
  for p in $(ip netns pids $n 2>/dev/null); do kill -9 $p; done; ip netns del $n 2>/dev/null || true; done`)
  rmSync(folder, {recursive: true})
})

async function liveAndLetLive(): Promise<void> {
  const config = write('router.conf', advertise('eth0', '2001:db8:1::/64'))
  daemon(router, `radvd -n -m none -C ${config} -p ${join(folder, 'router.pid')}`)
  await until(() => isReady(node) && isReady(router))
  inside(node, 'rdisc6 -1 -w 5000 eth0; ip netns exec rsil-n ndisc6 -r 1 -w 3000 2001:db8:1::b eth0')
  daemon(router, `ndppd -c ${write('ndppd.conf', 'proxy eth0 { router no; rule 2001:db8:1:0:55::/80 { static } }')}`)
  await until(() => inside(node, 'ping -6 -c 1 -W 2 2001:db8:1:0:55::1 || true').includes(' 0% packet loss'))
  inside(node, joins('ff05::4242'))
  inside(node, `sysctl -qw net.ipv6.conf.eth0.force_mld_version=1; ip netns exec ${node} ${joins('ff05::4243')}`)
  inside(node, 'sysctl -qw net.ipv6.conf.eth0.force_mld_version=0')
  sh(`ip -n ${router} link set eth0 down; ip -n ${router} link set eth0 up; ip -n ${router} addr add 2001:db8:1::b/64 dev eth0; ip -n ${router} route add 2001:db8:42::/64 via 2001:db8:1::a`) // prettier-ignore
}

async function startPods(): Promise<void> {
  sh(`ip -n ${node} link set cni0 address 02:42:00:00:42:01`)
  for (const pod of pods) addPod(pod)
  daemon(node, `radvd -n -m none -C ${write('node.conf', advertise('cni0', '2001:db8:42::/64'))} -p ${join(folder, 'node.pid')}`) // prettier-ignore
  await until(() => pods.every(({name}) => isReady(name)) && isReady(router))
  inside(first?.name ?? '', 'sysctl -qw net.ipv6.conf.eth0.use_tempaddr=2 net.ipv6.conf.eth0.optimistic_dad=1')
  sh(`ip -n ${first?.name ?? ''} addr add 2001:db8:42::aaa/64 dev eth0 optimistic`)
  for (const {name} of pods) inside(name, `ping -6 -c 1 -W 3 ${second?.ip ?? ''}`)
  inside(third?.name ?? '', 'ping -6 -c 2 -i 0.2 -W 3 -s 4000 2001:db8:1::b')
  await until(() => inside(first?.name ?? '', 'ip -6 addr show dev eth0').includes('temporary'))
}

/** Who is asked about and turns up elsewhere within the time that a detection takes is rightly told as a conflict. */
async function move(): Promise<void> {
  const isFree = ({rule, detail}: JsonLine): boolean =>
    rule === 'ndp/dad-ok' && String(detail).includes('2001:db8:42::aaa ')
  await until(() => told(listeners.flatMap(({lines}) => lines)).some(isFree))
  const [from, to] = [first?.name ?? '', second?.name ?? '']
  inside(to, 'sysctl -qw net.ipv6.conf.eth0.ndisc_notify=1')
  sh(`ip -n ${from} addr del 2001:db8:42::aaa/64 dev eth0; ip -n ${to} addr add 2001:db8:42::aaa/64 dev eth0 nodad`)
  inside(third?.name ?? '', 'ping -6 -c 2 -i 0.2 -W 3 2001:db8:42::aaa')
}

async function transfer(): Promise<void> {
  daemon(router, 'iperf3 -s')
  await until(() => inside(router, 'ss -6 -ltn').includes(':5201'))
  inside(node, 'iperf3 -6 -t 1 -c 2001:db8:1::b; ip netns exec rsil-n iperf3 -6 -R -t 1 -c 2001:db8:1::b')
  for (const name of [node, router]) sh(`ip -n ${name} link set eth0 gso_max_size 196608 gro_max_size 196608`)
  inside(node, 'iperf3 -6 -t 1 -c 2001:db8:1::b')
  inside(third?.name ?? '', 'iperf3 -6 -t 1 -c 2001:db8:1::b')
}

const told = (lines: readonly JsonLine[]): readonly JsonLine[] => lines.filter(({kind}) => kind === 'finding')

test('nothing above info is found in what honest nodes, routers, proxies, pods and their transfers do', async () => {
  await liveAndLetLive()
  await startPods()
  await move()
  await transfer()
  // An interface without discovery, as Cilium's; and pods that go. (A bridge whose MAC nobody has set takes another one then: its pods lose packets
  // until the next RA, and where they probe the old MAC meanwhile, that is told.)
  sh(`ip -n ${node} link add noarp0 type veth peer name noarp1; ip -n ${node} link set noarp0 arp off up; ip -n ${node} addr add fd00:bb::1/64 dev noarp0`) // prettier-ignore
  for (const {name} of pods.slice(3)) sh(`ip netns del ${name}`)
  await until(() => inside(third?.name ?? '', 'ping -6 -c 1 -W 1 2001:db8:1::b || true').includes(' 0% packet loss'))
  const ended = await Promise.all(listeners.map((listener) => listener.end()))
  const findings = told(listeners.flatMap(({lines}) => lines))
  expect(findings.filter(({severity}) => severity !== 'info')).toEqual([])
  expect(ended.map(({status}) => status)).toEqual([0, 0])
  const rules = new Set(findings.map(({rule}) => rule))
  for (const rule of ['ndp/dad-ok', 'ndp/na-proxy', 'mld/v1-fallback']) expect(rules).toContain(rule)
})
