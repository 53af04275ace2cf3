import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {setTimeout as pause} from 'node:timers/promises'
import {DriverLab, type Listener, type Place, until} from './driver-lab.ts'

/** What each does to a link on which radvd works, and what `ndp` on the victim says of it. */
const router = 'fe80::ff:fe00:b'
const victim = '2001:db8:1::a'
const folder = mkdtempSync(join(tmpdir(), 'rule-drivers-'))
let lab: DriverLab
let listener: Listener
let stopRouter: () => Promise<void>

/** Ethernet and IPv6 of the attacker, to all nodes. */
const toAll =
  "Ether(src='02:00:00:00:00:0c',dst='33:33:00:00:00:01')/IPv6(src='fe80::ff:fe00:c',dst='ff02::1',hlim=255)"
const advertised = (fields: string, options = ''): string =>
  `send(${toAll}/ICMPv6ND_RA(prf=0,routerlifetime=1800${fields})${options})`
const announced = (ip: string, macs: readonly string[]): string =>
  `for m in ${JSON.stringify(macs)}: send(Ether(src=m,dst='33:33:00:00:00:01')/IPv6(src='${ip}',dst='ff02::1',hlim=255)/ICMPv6ND_NA(tgt='${ip}',R=0,S=0,O=1)/ICMPv6NDOptDstLLAddr(lladdr=m))`
const pref64 = (prefix: string): string =>
  `/ICMPv6NDOptUnknown(type=38,len=2,data=bytes.fromhex('0708${prefix}').ljust(14,bytes(1)))`
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
  lab.run('victim', 'rdisc6 -1 -w 4000 eth0')
})

afterAll(async () => {
  await listener[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
  rmSync(folder, {recursive: true})
})

describe('found by ndp on a live interface, and nothing else above info:', () => {
  test.each([
    ['an RA as the router by thc kill_router6', ['critical ndp/ra-spoof'], `1 atk6-kill_router6 eth0 ${router}`],
    ['an RA behind hop-by-hop by thc fake_router26', ['critical ndp/exthdr'], '1 atk6-fake_router26 -E H -A 2001:db8:bad::/64 -n 1 -i 1 eth0'],
    ['an RA from afar by SI6 ra6', ['error ndp/hoplimit'], '2 ra6 -i eth0 -s fe80::bad -d ff02::1 -t 1800 -A 64'],
    ['an RA of a global address by SI6 ra6', ['error ndp/src-not-ll'], '2 ra6 -i eth0 -s 2001:db8:1::c -d ff02::1 -t 1800'],
    ['a fragmented question by SI6 ns6, which also sends it to the wrong group', ['critical ndp/frag', 'warning exthdr/frag-tiny', 'warning ndp/l2dst'], `2 ns6 -i eth0 -t ${victim} -d ff02::1:ff00:a -s fe80::bad -e -y 16`],
    ['a redirect of no router by SI6 rd6', ['critical ndp/rd-not-router'], `2 rd6 -i eth0 -s fe80::bad -d ${victim} -r 2001:db8:2::e -t fe80::3 -n`],
    ['a redirect to a stranger by SI6 rd6', ['warning ndp/rd-new-nexthop'], `2 rd6 -i eth0 -s ${router} -S 02:00:00:00:00:0b -d ${victim} -r 2001:db8:2::e -t fe80::3 -n`],
    ['a redirect that puts a distant address on the link by SI6 rd6', ['error ndp/rd-onlink'], `2 rd6 -i eth0 -s ${router} -S 02:00:00:00:00:0b -d ${victim} -r 2001:db8:3::e -t 2001:db8:3::e -n`],
    ['a redirect as the router by thc redir6, with the MAC of nobody', ['warning ndp/lla-mismatch'], `2 atk6-redir6 eth0 ${victim} 2001:db8:2::e ${router} fe80::ff:fe00:3 02:66:66:66:66:66`],
    ['the own address announced by SI6 na6', ['critical ndp/na-override-unsol'], `2 na6 -i eth0 -s ${victim} -t ${victim} -d ff02::1 -o -e -S 02:66:66:66:66:68 -E 02:66:66:66:66:68`],
    ['an address of no prefix of the link by SI6 na6', ['warning ndp/bogon'], '2 na6 -i eth0 -s 2001:db8:ffff::2 -t 2001:db8:ffff::2 -d ff02::1 -o -S 02:66:66:66:66:69 -E 02:66:66:66:66:69'],
    ['a Packet Too Big below 1280 by SI6 icmp6', ['warning pmtu/ptb-bogus'], `2 icmp6 -i eth0 -d ${victim} --icmp6-packet-too-big --mtu 1200 -x 2001:db8:1::b`],
  ] as const)('%s', async (_, expected, command) => {
    lab.try('attacker', command)
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

  const filter = (place: Place, hook: string, match: string): void => {
    lab.run(place, `nft 'table inet t { chain c { type filter hook ${hook} priority 0; ${match} drop; }; }'`)
  }
  test.each([
    ['nobody has the address', ['error ndp/ns-unanswered'], () => lab.try('victim', '5 ping -6 -c 1 -W 4 2001:db8:1::dead')],
    ['the answer comes late, after the first question was lost', ['error ndp/ns-slow'], async () => {
      lab.run('victim', 'ip neigh flush dev eth0')
      filter('router', 'input', 'icmpv6 type nd-neighbor-solicit')
      const asked = lab.start('victim', ['ping', '-6', '-c', '1', '-W', '3', '2001:db8:1::b'])
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
