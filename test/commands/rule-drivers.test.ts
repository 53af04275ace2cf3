import {mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {setTimeout as pause} from 'node:timers/promises'
import {Plugin} from '../support/plugin.ts'
import {DriverLab, findingsOf, type Listener, type Place, until} from './driver-lab.ts'

/** What each does to a link on which radvd works, and what `ndp` on the victim says of it. */
const router = 'fe80::ff:fe00:b'
const victim = '2001:db8:1::a'
const folder = mkdtempSync(join(tmpdir(), 'rule-drivers-'))
let lab: DriverLab
let listener: Listener
let stopRouter: () => Promise<void>
let stopCapture: () => Promise<void>

/** Ethernet and IPv6 of the attacker, to all nodes. */
const toAll =
  "Ether(src='02:00:00:00:00:0c',dst='33:33:00:00:00:01')/IPv6(src='fe80::ff:fe00:c',dst='ff02::1',hlim=255)"
const advertised = (fields: string, options = ''): string =>
  `send(${toAll}/ICMPv6ND_RA(prf=0,routerlifetime=1800${fields})${options})`
const announced = (ip: string, macs: readonly string[]): string =>
  `for m in ${JSON.stringify(macs)}: send(Ether(src=m,dst='33:33:00:00:00:01')/IPv6(src='${ip}',dst='ff02::1',hlim=255)/ICMPv6ND_NA(tgt='${ip}',R=0,S=0,O=1)/ICMPv6NDOptDstLLAddr(lladdr=m))`
const pref64 = (prefix: string): string =>
  `/ICMPv6NDOptUnknown(type=38,len=2,data=bytes.fromhex('0708${prefix}').ljust(14,bytes(1)))`

const size = (name: string): number => statSync(join(folder, name), {throwIfNoEntry: false})?.size ?? 0

/** All that the victim's interface shows from now on, until the function that it gives is called. */
async function capture(name: string): Promise<() => Promise<void>> {
  const stop = lab.start('victim', ['tcpdump', '-i', 'eth0', '-U', '--immediate-mode', '-w', join(folder, name)])
  await until(() => size(name) > 0)
  return async () => {
    const before = size(name)
    lab.run('victim', 'ping -6 -c 1 -W 3 -s 800 2001:db8:1::b || true')
    await until(() => size(name) >= before + 800)
    await stop()
  }
}

async function foundIn(name: string): Promise<readonly string[]> {
  await using plugin = new Plugin(['ndp', '--input-file', join(folder, name), '--findings-only', '-o', 'json'])
  await plugin.ended
  return findingsOf(plugin.lines)
}

function filter(place: Place, hook: string, match: string): void {
  lab.run(place, `nft 'table inet t { chain c { type filter hook ${hook} priority 0; ${match} drop; }; }'`)
}

const isAboveInfo = (found: string): boolean => !found.startsWith('info ')

/** What nodes do that wish no harm. */
async function behave(): Promise<void> {
  const ping = 'ping -6 -c 2 -i 0.2 -W 3 2001:db8:1::b'
  lab.run('victim', `sysctl -qw net.ipv6.conf.eth0.ndisc_notify=1; ip -n rdrv-v link set eth0 down; ip -n rdrv-v link set eth0 up; ip -n rdrv-v addr add ${victim}/64 dev eth0`) // prettier-ignore
  await until(() => lab.hasAddresses)
  lab.run('victim', ping)
  lab.run('victim', `ip link set eth0 address 02:00:00:00:00:1a; ip netns exec rdrv-v ${ping}`)
  lab.run('router', 'sysctl -qw net.ipv6.conf.all.proxy_ndp=1 net.ipv6.conf.eth0.proxy_ndp=1; ip -n rdrv-r neigh add proxy 2001:db8:1::55 dev eth0') // prettier-ignore
  lab.run('victim', 'ndisc6 -r 1 -w 2000 2001:db8:1::55 eth0 || true; ip netns exec rdrv-v ndisc6 -r 1 -w 3000 2001:db8:1::b eth0') // prettier-ignore
  lab.run('victim', 'ip addr add 2001:db8:1::5d/64 dev eth0 optimistic')
  lab.run('victim', 'ping -6 -c 1 -W 3 -s 3000 2001:db8:1::b')
}

const reported = (hopLimit: number, alert: string): string =>
  `send(${toAll.replace('255', String(hopLimit))}/IPv6ExtHdrHopByHop(options=[${alert}])/ICMPv6MLReport2())`

beforeAll(async () => {
  lab = new DriverLab('rdrv')
  const config = join(folder, 'radvd.conf')
  const options = 'MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvLinkMTU 1500; AdvDefaultLifetime 9000'
  writeFileSync(config, `interface eth0 { AdvSendAdvert on; ${options}; prefix 2001:db8:1::/64 {}; };\n`)
  await until(() => lab.hasAddresses)
  stopRouter = lab.start('router', ['radvd', '-n', '-m', 'none', '-C', config, '-p', join(folder, 'radvd.pid')])
  await lab.scapy('pass')
  listener = await lab.listen('ndp')
})

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  rmSync(folder, {recursive: true})
})

test('nothing above info is found in what honest nodes do, neither on a live interface nor in a capture of it', async () => {
  const stop = await capture('honest.pcap')
  lab.run('victim', 'rdisc6 -1 -w 4000 eth0')
  await behave()
  await stop()
  const found = await foundIn('honest.pcap')
  expect(found.filter(isAboveInfo)).toEqual([])
  const noted = ['info ndp/dad-ok', 'info ndp/neigh-mac-change', 'info ndp/na-proxy']
  expect(found).toEqual(expect.arrayContaining(noted))
  expect(await listener.until(noted)).toEqual(noted.toSorted())
  stopCapture = await capture('drivers.pcap')
  lab.run('victim', 'rdisc6 -1 -w 4000 eth0')
})

describe('found by ndp on a live interface, and nothing else above info:', () => {
  test.each([
    ['an RA as the router by thc kill_router6', ['critical ndp/ra-spoof'], `1 atk6-kill_router6 eth0 ${router}`],
    ['an RA behind hop-by-hop by thc fake_router26', ['critical ndp/exthdr'], '9 atk6-fake_router26 -E H -A 2001:db8:bad::/64 -n 1 -i 1 eth0'],
    ['an RA from afar by SI6 ra6', ['error ndp/hoplimit'], '9 ra6 -i eth0 -s fe80::bad -d ff02::1 -t 1800 -A 64'],
    ['an RA of a global address by SI6 ra6', ['error ndp/src-not-ll'], '9 ra6 -i eth0 -s 2001:db8:1::c -d ff02::1 -t 1800'],
    ['a fragmented question by SI6 ns6, which also sends it to the wrong group', ['critical ndp/frag', 'warning exthdr/frag-tiny', 'warning ndp/l2dst'], `9 ns6 -i eth0 -t ${victim} -d ff02::1:ff00:a -s fe80::bad -e -y 16`],
    ['an advertisement by SI6 ra6 whose first fragment ends before it', ['critical ndp/frag', 'error exthdr/frag-no-chain', 'warning exthdr/chain-long', 'warning exthdr/frag-tiny'], '9 ra6 -i eth0 -s fe80::bad -d ff02::1 -t 1800 -u 100 -y 96 -e'],
    ['an RA by thc fake_router26 behind fragments, the first with headers alone', ['critical ndp/frag', 'error exthdr/frag-no-chain', 'warning exthdr/dup', 'warning exthdr/frag-tiny'], '9 atk6-fake_router26 -E F -A 2001:db8:bad::/64 -n 1 -i 1 eth0'],
    ['a redirect of no router by SI6 rd6', ['critical ndp/rd-not-router'], `9 rd6 -i eth0 -s fe80::bad -d ${victim} -r 2001:db8:2::e -t fe80::3 -n`],
    ['a redirect to a stranger by SI6 rd6', ['warning ndp/rd-new-nexthop'], `9 rd6 -i eth0 -s ${router} -S 02:00:00:00:00:0b -d ${victim} -r 2001:db8:2::e -t fe80::3 -n`],
    ['a redirect that puts a distant address on the link by SI6 rd6', ['error ndp/rd-onlink'], `9 rd6 -i eth0 -s ${router} -S 02:00:00:00:00:0b -d ${victim} -r 2001:db8:3::e -t 2001:db8:3::e -n`],
    ['a redirect as the router by thc redir6, with the MAC of nobody', ['warning ndp/rd-new-nexthop'], `9 atk6-redir6 eth0 ${victim} 2001:db8:2::f ${router} fe80::ff:fe00:3 02:66:66:66:66:66`],
    ['the own address announced by SI6 na6', ['critical ndp/na-override-unsol'], `9 na6 -i eth0 -s ${victim} -t ${victim} -d ff02::1 -o -e -S 02:66:66:66:66:68 -E 02:66:66:66:66:68`],
    ['an address of no prefix of the link by SI6 na6', ['warning ndp/bogon'], '9 na6 -i eth0 -s 2001:db8:ffff::2 -t 2001:db8:ffff::2 -d ff02::1 -o -S 02:66:66:66:66:69 -E 02:66:66:66:66:69'],
    ['a Packet Too Big below 1280 by SI6 icmp6', ['warning pmtu/ptb-bogus'], `9 icmp6 -i eth0 -d ${victim} --icmp6-packet-too-big --mtu 1200 -x 2001:db8:1::b`],
  ] as const)('%s', async (_, expected, command) => {
    // The tools of SI6 give up where the answer to their own question comes late.
    for (let turn = 0; turn < 3; turn++) {
      lab.try('attacker', command)
      if (await listener.finds(expected, 4000)) break
    }
    expect(await listener.until(expected)).toEqual(expected.toSorted())
  }) // prettier-ignore

  test.each([
    ['a router that wants to be preferred', ['warning ndp/ra-pref-high'], advertised('').replace('prf=0', 'prf=1')],
    ['a prefix preferred longer than valid', ['warning ndp/ra-prefix-bad', 'warning ndp/ra-prefix-new'], advertised('', "/ICMPv6NDOptPrefixInfo(prefix='2001:db8:9::',validlifetime=10,preferredlifetime=20)")],
    ['a low hop limit, other than the other router has', ['error ndp/ra-hoplimit-low', 'warning ndp/ra-inconsistent'], advertised(',chlim=5')],
    ['an MTU below 1280, other than the other router has', ['warning ndp/ra-mtu'], advertised('', '/ICMPv6NDOptMTU(mtu=1000)')],
    ['a route to everything', ['warning ndp/ra-route'], advertised('', "/ICMPv6NDOptRouteInfo(prefix='::',plen=0,prf=1,rtlifetime=600)")],
    ['a NAT64 prefix with a length code that does not exist', ['warning ndp/ra-pref64'], advertised('', pref64('fd64').replace('0708', '070f'))],
    ['DNS servers of no router', ['error ndp/ra-dns', 'warning ndp/ra-withdrawn'], advertised('', "/ICMPv6NDOptRDNSS(dns=['2001:db8::53'],lifetime=600)").replace('1800', '0')],
    ['a code that is not 0', ['error ndp/code'], `send(${toAll}/ICMPv6ND_NA(tgt='fe80::ff:fe00:c',R=0,S=0,O=0,code=3))`],
    ['an option of length 0', ['error ndp/opt-bad'], `p=raw(${toAll}/ICMPv6ND_NA(tgt='fe80::ff:fe00:c',R=0,S=0,O=0)/ICMPv6NDOptDstLLAddr(lladdr='02:00:00:00:00:0c')); q=Ether(p[:-7]+bytes(1)+p[-6:]); del q[ICMPv6ND_NA].cksum; send(q)`],
    ['25 announcements of one address', ['warning ndp/na-rate'], announced('2001:db8:1::d', Array.from({length: 25}, () => '02:00:00:00:0d:22'))],
    ['an address that goes to and fro, while its old owner speaks', ['error ndp/neigh-flap', 'warning ndp/na-override-unsol'], announced('2001:db8:1::e', ['02:00:00:00:0d:23', '02:00:00:00:0d:24', '02:00:00:00:0d:23'])],
    ['a report from afar', ['error mld/invalid'], reported(64, 'RouterAlert()')],
    ['a report with a wrong checksum', ['error mld/invalid'], reported(1, 'RouterAlert()').replace('Report2()', 'Report2(cksum=0x1234)')],
  ] as const)('%s, built with scapy', async (_, expected, code) => {
    await lab.scapy(code)
    expect(await listener.until(expected)).toEqual(expected.toSorted())
  }) // prettier-ignore

  test.each([
    ['nobody has the address', ['error ndp/ns-unanswered'], () => lab.try('victim', '5 ping -6 -c 1 -W 4 2001:db8:1::dead')],
    ['the answer comes late, after the first question was lost', ['error ndp/ns-slow'], async () => {
      lab.run('victim', 'sysctl -qw net.ipv6.neigh.eth0.mcast_solicit=9; ip -n rdrv-v neigh flush dev eth0')
      filter('router', 'input', 'icmpv6 type nd-neighbor-solicit')
      const asked = lab.start('victim', ['ping', '-6', '-c', '1', '-W', '9', '2001:db8:1::b'])
      await until(() => lab.run('router', 'nft -a list ruleset').includes('drop') && lab.run('victim', 'ip -6 neigh').includes('INCOMPLETE'))
      await pause(300)
      lab.run('router', 'nft flush ruleset')
      await until(() => lab.run('victim', 'ip -6 neigh show 2001:db8:1::b').includes('REACHABLE'))
      await asked()
    }],
    ['a known neighbour ignores probes', ['error ndp/nud-unanswered'], () => {
      filter('router', 'input', 'icmpv6 type nd-neighbor-solicit')
      lab.run('victim', 'ip neigh replace 2001:db8:1::b lladdr 02:00:00:00:00:0b nud probe dev eth0')
    }],
    ['a router refuses a question for an address behind it', ['error ndp/ns-rejected'], () => {
      lab.run('router', 'nft flush ruleset; ip -n rdrv-r link add br1 type bridge; ip -n rdrv-r link set br1 up; ip -n rdrv-r route add 2001:db8:1::77/128 dev br1')
      lab.run('victim', 'ip neigh replace 2001:db8:1::77 lladdr 02:00:00:00:00:0b nud probe dev eth0')
    }],
    ['a port of the bridge returns what it got', ['warning ndp/dad-loopback'], () => {
      lab.run('switch', 'bridge link set dev pa hairpin on; ip -n rdrv-v addr add 2001:db8:1::98/64 dev eth0')
    }],
    ['the router stops to forward', ['error ndp/na-router-flag'], () => {
      lab.run('switch', 'bridge link set dev pa hairpin off')
      lab.run('router', 'sysctl -qw net.ipv6.conf.eth0.forwarding=0')
      lab.run('victim', `ndisc6 -r 1 -w 2000 ${router} eth0`)
    }],
    ['nmap sweeps 64 addresses, over the tenth second after its first question', ['warning ndp/ns-scan'], async () => {
      const nmap = 'nmap -6 -sn -n -T5 --max-retries 0'
      lab.try('attacker', `9 ${nmap} 2001:db8:1::fff`)
      await pause(6000)
      lab.try('attacker', `20 ${nmap} --max-rate 10 2001:db8:1::1000/122`)
    }],
    ['the router goes', ['error ndp/ra-withdrawn'], () => stopRouter()],
  ] as const)('%s', async (_, expected, drive) => {
    await drive()
    expect(await listener.until(expected)).toEqual(expected.toSorted())
  }) // prettier-ignore
})

test('a capture of all that tells the same, but for what takes the addresses and prefixes of the node', async () => {
  await stopCapture()
  const rulesOf = (found: readonly string[]): readonly string[] => [
    ...new Set(found.filter(isAboveInfo).map((each) => each.split(' ')[1] ?? '')),
  ]
  const [live, captured] = [rulesOf(findingsOf(listener.findings)), rulesOf(await foundIn('drivers.pcap'))]
  expect(captured.filter((rule) => !live.includes(rule))).toEqual([])
  expect(live.filter((rule) => !captured.includes(rule)).toSorted()).toEqual(['ndp/bogon', 'ndp/rd-onlink'])
})

describe('found by ndp among much else:', () => {
  test('a conflict, where parasite6 answers beside the owner', async () => {
    const stop = lab.start('attacker', ['atk6-parasite6', 'eth0', '02:66:66:66:66:66'])
    for (let i = 0; i < 8; i++) {
      lab.run('victim', 'ip neigh flush dev eth0; ip netns exec rdrv-v ping -6 -c 1 -W 1 2001:db8:1::b || true')
      if (listener.findings.some(({rule}) => rule === 'ndp/na-conflict')) break
    }
    await stop()
    expect(await listener.until(['critical ndp/na-conflict'])).toContain('critical ndp/na-conflict')
  })

  test('a flood, though each message of it is another lie', async () => {
    // Each of its routers would be a neighbour, in the one table of this machine's kernel: no kernel hears them.
    for (const place of ['victim', 'router', 'switch'] as const) filter(place, 'input', 'icmpv6 type nd-router-advert')
    lab.try('attacker', '0.3 atk6-flood_router26 eth0')
    expect(await listener.until(['critical ndp/ra-flood'])).toContain('critical ndp/ra-flood')
  })
})
