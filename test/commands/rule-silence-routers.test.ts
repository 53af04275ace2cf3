import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Plugin} from '../support/plugin.ts'
import {DriverLab, findingsOf, until} from './driver-lab.ts'

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

beforeAll(async () => {
  lab = new DriverLab('rrtr')
  await until(() => lab.hasAddresses)
})

afterAll(async () => {
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

  test('a bridge that snoops on multicast and asks who listens', async () => {
    lab.run('switch', 'ip link set br0 type bridge mcast_snooping 1 mcast_querier 1 mcast_query_interval 200 mcast_startup_query_interval 100')
    await using plugin = listen()
    await plugin.until(/"kind":"start"/)
    lab.run('attacker', 'ip addr add 2001:db8:1::1234/64 dev eth0 nodad')
    lab.run('victim', 'ping -6 -c 1 -W 3 2001:db8:1::1234')
    await plugin.until(thrice('multicast-listener-query'))
    await expectSilence(plugin)
  }) // prettier-ignore
})

const listen = (): Plugin =>
  new Plugin(['ndp', 'local', '-i', 'eth0', '-o', 'json', '-q'], {
    prefix: ['ip', 'netns', 'exec', lab.namespace('victim')],
  })

async function expectSilence(plugin: Plugin): Promise<void> {
  const {status} = await plugin.end()
  expect(findingsOf(plugin.lines).filter((each) => !each.startsWith('info '))).toEqual([])
  expect(status).toBe(0)
}
