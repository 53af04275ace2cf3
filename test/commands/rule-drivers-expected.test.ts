import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {DriverLab, type Listener, until} from './driver-lab.ts'

/** A link whose routers and DNS servers are named, and that at first has none. */
const folder = mkdtempSync(join(tmpdir(), 'rule-expected-'))
const behind = '2001:db8:7::2'
let lab: DriverLab
let listener: Listener

/** Keeps to no path MTU: the socket option is IPV6_MTU_DISCOVER, its value IPV6_PMTUDISC_PROBE. */
const stubborn = `
import socket, time
out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
out.setsockopt(socket.IPPROTO_IPV6, 23, 3)
for each in range(9):
  out.sendto(bytes([128, 0, 0, 0, 1, 2, 3, each]) + bytes(1400), ('${behind}', 0))
  time.sleep(0.3)
`
const tooBig = (quoted: string): string =>
  `send(Ether(src='02:00:00:00:00:0c',dst='02:00:00:00:00:0a')/IPv6(src='2001:db8:1::c',dst='2001:db8:1::a')/ICMPv6PacketTooBig(mtu=1300)/${quoted})`

function advertise(): void {
  const config = join(folder, 'radvd.conf')
  const options = 'AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix 2001:db8:1::/64 {};'
  writeFileSync(config, `interface eth0 { ${options} RDNSS 2001:db8:1::b 2001:db8:1::53 {}; };\n`)
  lab.start('router', ['radvd', '-n', '-m', 'none', '-C', config, '-p', join(folder, 'radvd.pid')])
}

/** thc does not see each question: until three addresses are lost. */
async function deny(): Promise<void> {
  const stop = lab.start('attacker', ['atk6-dos-new-ip6', 'eth0'])
  const addresses = (): string => lab.run('victim', 'ip -6 addr show dev eth0')
  for (let i = 0x71; i < 0x7d && addresses().split('dadfailed').length <= 3; i++) {
    lab.run('victim', `ip addr add 2001:db8:1::${i.toString(16)}/64 dev eth0`)
    await until(() => !/tentative(?! dadfailed)/.test(addresses().replaceAll('dadfailed tentative', 'dadfailed')))
  }
  await stop()
}

beforeAll(async () => {
  lab = new DriverLab('rexp')
  await until(() => lab.hasAddresses)
  lab.run('victim', 'ip addr del 2001:db8:1::a/64 dev eth0')
  lab.run('router', 'ip link add far mtu 1300 type veth peer name end; ip -n rexp-r link set far up; ip -n rexp-r link set end up; ip -n rexp-r addr add 2001:db8:7::1/64 dev far')
  await lab.scapy('pass')
  listener = await lab.listen('ndp', '--expect-router', 'fe80::ff:fe00:b', '--expect-dns', '2001:db8:1::b', '--icmp-type', 'echo-request')
}) // prettier-ignore

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  rmSync(folder, {recursive: true})
})

describe('found by ndp where it was told what to expect, and nothing else above info:', () => {
  test.each([
    ['rdisc6 asks three times, and no router is there', ['warning ndp/rs-unanswered'], () => lab.try('victim', '9 rdisc6 -r 3 -w 400 eth0')],
    ['radvd, which is expected, names a DNS server that is not', ['warning ndp/ra-dns'], () => advertise()],
    ['scapy advertises as a router that nobody named', ['error ndp/ra-unexpected'], () => lab.scapy("send(Ether(src='02:00:00:00:00:0c',dst='33:33:00:00:00:01')/IPv6(src='fe80::ff:fe00:c',dst='ff02::1',hlim=255)/ICMPv6ND_RA(prf=0,routerlifetime=1800,chlim=64))")],
    ['a socket sends large packets on after the router refused them', ['error pmtu/ptb-ignored', 'info pmtu/event'], () => {
      lab.run('victim', 'ip addr add 2001:db8:1::a/64 dev eth0 nodad; ip -n rexp-v route add 2001:db8:7::/64 via 2001:db8:1::b')
      lab.run('victim', `/usr/bin/python3 -c "${stubborn}"`)
    }],
    ['scapy asks for smaller packets, and quotes one of another node', ['warning pmtu/ptb-spoof'], () => lab.scapy(tooBig(`IPv6(src='2001:db8:1::77',dst='${behind}')/UDP(dport=9)/Raw(bytes(1180))`).replace('IPv6(src=\'2001:db8:1::77\'', 'IPv6(plen=1400,src=\'2001:db8:1::77\''))],
    // The last: each address that is lost is told, and one more may be.
    ['thc dos-new-ip6 claims each new address', ['critical ndp/dad-conflict', 'critical ndp/dad-dos'], () => deny()],
  ] as const)('%s', async (_, expected, drive) => {
    await drive()
    expect(await listener.until(expected)).toEqual(expected.toSorted())
  }) // prettier-ignore
})
