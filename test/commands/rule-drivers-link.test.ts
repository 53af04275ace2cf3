import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {DriverLab, type Listener, until} from './driver-lab.ts'

/** What the kernels and queriers of a link do, floods, and a router that changes its mind and then is no more. */
const folder = mkdtempSync(join(tmpdir(), 'rule-link-'))
let lab: DriverLab
let listener: Listener

/** Ethernet and IPv6 of the attacker. */
const to = (group: string, hopLimit = 255): string =>
  `Ether(src='02:00:00:00:00:0c',dst='33:33:00:00:00:${group}')/IPv6(src='fe80::ff:fe00:c',dst='ff02::${group}',hlim=${hopLimit})`
const alert = 'IPv6ExtHdrHopByHop(options=[RouterAlert()])'
const often = (frame: string): string => `f=raw(${frame})\nfor i in range(2500): sock.send(f)`

const addressesOf = (place: 'victim' | 'router'): string => lab.run(place, 'ip -6 addr show dev eth0')

/** Used while it is still asked for: asked again with another address where the machine was too slow. */
async function useEarly(): Promise<void> {
  lab.run('router', 'sysctl -qw net.ipv6.conf.eth0.optimistic_dad=1')
  for (let i = 0x51; i < 0x5a; i++) {
    const ip = `2001:db8:1::${i.toString(16)}`
    lab.run('router', `ip addr add ${ip}/64 dev eth0 optimistic`)
    lab.try('victim', `2 ping -6 -c 1 -W 1 ${ip}`)
    await until(() => !addressesOf('router').includes('tentative'))
    if (listener.findings.some(({rule}) => rule === 'ndp/dad-optimistic')) return
  }
}

/** A firewall that knows of no neighbour discovery. */
async function addUnasked(): Promise<void> {
  lab.run('victim', `nft 'table inet t { chain c { type filter hook output priority 0; icmpv6 type nd-neighbor-solicit ip6 saddr :: drop; }; }'`) // prettier-ignore
  lab.run('victim', 'ip addr add 2001:db8:1::61/64 dev eth0')
  await until(() => !addressesOf('victim').includes('tentative'))
}

/** The kernel joins an address's group a moment after it was given: not on a device without ARP. Once that has it, within the delay that is set here. */
async function addWithoutGroup(): Promise<void> {
  lab.run('victim', 'sysctl -qw net.ipv6.conf.eth0.router_solicitation_delay=86400')
  lab.run('victim', 'ip link set eth0 arp off')
  lab.run('victim', 'ip addr add 2001:db8:1::62/64 dev eth0')
  await until(() => !addressesOf('victim').includes('tentative'))
  lab.run('victim', 'ip link set eth0 arp on')
}

/** Other than the switch, whose address is the lowest. */
async function askAsQuerier(): Promise<void> {
  lab.run('switch', 'ip link set br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_startup_query_interval 100')
  await until(() => listener.findings.some(({rule}) => rule === 'mld/v1-fallback'))
  const stop = lab.start('attacker', ['atk6-fake_mld26', '-l', 'eth0', 'query'])
  await until(() => listener.findings.some(({rule}) => rule === 'mld/querier-change'))
  await stop()
}

/** Says something else from one advertisement to the next, and then nothing any more. */
async function advertiseAndDie(): Promise<void> {
  const [config, pid] = [join(folder, 'radvd.conf'), join(folder, 'radvd.pid')]
  const configure = (more: string): void =>
    writeFileSync(config, `interface eth0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 6; ${more} prefix 2001:db8:1::/64 {}; };\n`) // prettier-ignore
  const ask = (): string => lab.run('victim', 'rdisc6 -1 -w 4000 eth0')
  configure('')
  lab.start('router', ['radvd', '-n', '-m', 'none', '-C', config, '-p', pid])
  for (let i = 0; i < 3; i++) ask()
  configure('AdvManagedFlag on;')
  lab.run('router', `kill -HUP $(cat ${pid})`)
  await until(() => /Stateful address conf. *: *Yes/.test(ask()))
  lab.run('router', `kill -KILL $(cat ${pid})`)
}

beforeAll(async () => {
  lab = new DriverLab('drva')
  // Its link-local address is made of the MAC that it has when it goes up.
  lab.run('switch', 'ip link set br0 down address 02:00:00:00:00:01; ip -n drva-s link set br0 up')
  await until(() => lab.hasAddresses)
  await lab.scapy('pass')
  listener = await lab.listen('ndp')
})

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  rmSync(folder, {recursive: true})
})

describe('found by ndp on a live interface, and nothing else above info:', () => {
  test.each([
    ['the kernel asks whether its new address is free', ['info ndp/dad-ok', 'info ndp/dad-start'], () => lab.run('victim', 'ip addr add 2001:db8:1::41/64 dev eth0')],
    ['the kernel answers for an address that it still asks for, as RFC 4429 lets it', ['info ndp/dad-optimistic'], useEarly],
    ['netfilter keeps the question for an address of this node back', ['info ndp/dad-missing'], addUnasked],
    ['the kernel gives an address to a device without ARP, and then turns that on', ['error mld/missing-group'], addWithoutGroup],
  ] as const)('%s', async (_, expected, drive) => {
    await drive()
    expect(await listener.until(expected)).toEqual(expected.toSorted())
  }) // prettier-ignore

  test.each([
    ['a wrong checksum', ['error ndp/cksum'], `send(${to('1')}/ICMPv6ND_NA(tgt='fe80::ff:fe00:c',R=0,S=0,O=0,cksum=0x1234))`],
    ['2500 advertisements', ['error ndp/na-flood', 'warning ndp/na-rate'], often(`${to('1')}/ICMPv6ND_NA(tgt='fe80::ff:fe00:c',R=0,S=0,O=0)`)],
    ['2500 questions for a router', ['error ndp/rs-flood'], often(`${to('2')}/ICMPv6ND_RS()`)],
    ['2500 redirects', ['error ndp/rd-flood'], often(`${to('1')}/ICMPv6ND_Redirect(tgt='2001:db8:1::b',dst='2001:db8:1::b')`)],
    ['2500 reports', ['error mld/flood'], often(`${to('16', 1)}/${alert}/ICMPv6MLReport2()`)],
  ] as const)('%s, built with scapy', async (_, expected, code) => {
    await lab.scapy(code)
    expect(await listener.until(expected)).toEqual(expected.toSorted())
  }) // prettier-ignore

  test.each([
    ['a bridge asks who listens, and thc asks as another of a higher address', ['info mld/v1-fallback', 'warning mld/querier-change'], askAsQuerier],
    ['radvd reads a configuration that was changed, and is killed', ['error ndp/ra-stopped', 'info ndp/ra-param-change', 'warning ndp/ra-expiring'], advertiseAndDie],
  ] as const)('%s', async (_, expected, drive) => {
    await drive()
    expect(await listener.until(expected)).toEqual(expected.toSorted())
  }) // prettier-ignore
})
