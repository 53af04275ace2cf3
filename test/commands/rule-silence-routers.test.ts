import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Plugin} from '../support/plugin.ts'
import {DriverLab, findingsOf, type Place, until} from './driver-lab.ts'

/** Routers and queriers that others wrote, each heard from its start on; radvd is in rule-silence. */
const folder = mkdtempSync(join(tmpdir(), 'rule-routers-'))
let lab: DriverLab

function bird(): readonly string[] {
  const prefix = 'prefix 2001:db8:1::/64; rdnss 2001:db8:1::b; dnssl "example.org";'
  const radv = `protocol radv { interface "eth0" { min ra interval 3; max ra interval 4; link mtu 1500; ${prefix} }; }`
  writeFileSync(join(folder, 'bird.conf'), `router id 192.0.2.1;\nprotocol device {}\n${radv}\n`)
  return ['bird', '-f', '-c', join(folder, 'bird.conf'), '-s', join(folder, 'bird.ctl')]
}

const dnsmasq = (): readonly string[] => [
  ...['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--interface=eth0', '--enable-ra'],
  ...['--ra-param=eth0,4,1800', '--dhcp-range=2001:db8:1::,ra-stateless,ra-names,64', '--user=root'],
  ...[`--dhcp-leasefile=${folder}/leases`, `--pid-file=${folder}/dnsmasq.pid`],
]

const settle = (): void => {
  for (let i = 0; i < 3; i++) lab.run('victim', 'rdisc6 -1 -w 8000 eth0')
  lab.run('victim', 'ping -6 -c 2 -i 0.2 -W 3 2001:db8:1::b')
}

/** On the switch, which snoops from its first report on: so long the bridge waits for a querier, 3 s here. */
let onSwitch: Plugin | undefined

beforeAll(async () => {
  lab = new DriverLab('rrtr')
  lab.run('switch', 'ip link set br0 type bridge mcast_snooping 1 mcast_querier_interval 300')
  lab.run('switch', 'ip link add beyond master br0 type vxlan id 7 dstport 4789')
  await until(() => lab.hasAddresses)
  onSwitch = listen('switch', 'br0')
  await onSwitch.until(/"kind":"start"/)
})

afterAll(async () => {
  await onSwitch?.[Symbol.asyncDispose]()
  await lab[Symbol.asyncDispose]()
  rmSync(folder, {recursive: true})
})

const thrice = (name: string): RegExp => new RegExp(`("name":"${name}"[^]*){3}`)

describe('nothing above info is found in what is heard of', () => {
  test.each([
    ['dnsmasq as a router', dnsmasq, thrice('router-advertisement')],
    ['bird as a router', bird, thrice('router-advertisement')],
  ] as const)('%s', async (_, command, heard) => {
    await using plugin = listen()
    await plugin.until(/"kind":"start"/)
    const stop = lab.start('router', command())
    settle()
    await plugin.until(heard)
    await expectSilence(plugin)
    await stop()
  })

  test('a bridge that snoops on multicast and asks who listens; one that does not ask is found', async () => {
    lab.run('attacker', 'ip addr add 2001:db8:1::1233/64 dev eth0 nodad')
    const watching = onSwitch!
    await watching.until(/"mld\/no-querier"/)
    await watching.end()
    // The routers before came and went, which it tells as well.
    expect(findingsOf(watching.lines).filter((each) => each.includes(' mld/'))).toEqual(['warning mld/no-querier'])
    const [found] = watching.lines.filter((line) => line['rule'] === 'mld/no-querier')
    expect(found?.['detail']).toBe('br0 snoops on multicast, and nobody has asked for 8 s who listens')
    expect(found?.['evidence']).toContain('other switches may be behind its port beyond')
    lab.run('switch', 'ip link set br0 type bridge mcast_querier 1 mcast_query_interval 200 mcast_startup_query_interval 100')
    await using plugin = listen()
    await plugin.until(/"kind":"start"/)
    lab.run('attacker', 'ip addr add 2001:db8:1::1234/64 dev eth0 nodad')
    lab.run('victim', 'ping -6 -c 1 -W 3 2001:db8:1::1234')
    await plugin.until(thrice('multicast-listener-query'))
    await expectSilence(plugin)
  }) // prettier-ignore
})

const listen = (place: Place = 'victim', on = 'eth0'): Plugin =>
  new Plugin(['ndp', 'local', '-i', on, '-o', 'json', '-q'], {
    prefix: ['ip', 'netns', 'exec', lab.namespace(place)],
  })

async function expectSilence(plugin: Plugin): Promise<void> {
  const {status} = await plugin.end()
  expect(findingsOf(plugin.lines).filter((each) => !each.startsWith('info '))).toEqual([])
  expect(status).toBe(0)
}
