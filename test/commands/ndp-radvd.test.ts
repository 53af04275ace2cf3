import {execFileSync, spawn} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, expect, test} from 'vitest'

const plugin = join(import.meta.dirname, '../../bin/kubectl-ipv6')
const isRoot = process.getuid?.() === 0
const [here, there] = [`rada-${process.pid}`, `radb-${process.pid}`]
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000})

let folder = ''
beforeAll(() => {
  if (!isRoot) return
  folder = mkdtempSync(join(tmpdir(), 'ndp-radvd-'))
  for (const name of [here, there]) run('ip', 'netns', 'add', name)
  run('ip', '-n', here, 'link', 'add', 'va', 'type', 'veth', 'peer', 'name', 'vb', 'netns', there)
  run('ip', '-n', here, 'link', 'set', 'lo', 'up')
  run('ip', '-n', here, 'link', 'set', 'va', 'up')
  run('ip', 'netns', 'exec', there, 'sysctl', '-qw', 'net.ipv6.conf.vb.accept_dad=0')
  run('ip', '-n', there, 'link', 'set', 'vb', 'up')
})
afterAll(() => {
  if (!isRoot) return
  for (const name of [here, there]) run('ip', 'netns', 'del', name)
  rmSync(folder, {recursive: true})
})

/** What `ndp` says of a radvd with this configuration, until it has said of one advertisement what `has` looks for. */
async function advertised(configuration: string, form: string, has: RegExp): Promise<string> {
  const file = join(folder, 'radvd.conf')
  writeFileSync(file, configuration)
  run('radvd', '-c', '-C', file)
  const listening = spawn('ip', ['netns', 'exec', here, plugin, 'ndp', 'local', '-i', 'va', '--routers', '-o', form, '--duration', '50s']) // prettier-ignore
  let radvd: ReturnType<typeof spawn> | undefined
  let text = ''
  const ended = new Promise((resolve) => listening.on('close', resolve))
  const announce = (part: Buffer): void => {
    if (/Listening on|"kind":"start"/.test(part.toString()))
      radvd ??= spawn('ip', ['netns', 'exec', there, 'radvd', '-n', '-m', 'none', '-C', file, '-p', join(folder, 'pid')]) // prettier-ignore
  }
  listening.stderr.on('data', announce)
  listening.stdout.on('data', (part: Buffer) => {
    announce(part)
    text += part.toString()
    if (has.test(text)) listening.kill('SIGINT')
  })
  await ended
  const gone = new Promise((resolve) => radvd?.on('close', resolve) ?? resolve(undefined))
  radvd?.kill('SIGTERM')
  await gone
  return text
}

const configuration = `interface vb {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvManagedFlag on; AdvLinkMTU 1400; AdvReachableTime 30000;
  AdvRetransTimer 1000; AdvCurHopLimit 63; AdvDefaultLifetime 900; AdvDefaultPreference high;
  AdvHomeAgentFlag on; AdvHomeAgentInfo on; HomeAgentLifetime 500; HomeAgentPreference 7; AdvIntervalOpt on;
  prefix fd77::/64 { AdvAutonomous off; AdvRouterAddr on; AdvValidLifetime infinity; AdvPreferredLifetime 1800; };
  route 2001:db8:9::/48 { AdvRoutePreference low; AdvRouteLifetime infinity; };
  RDNSS fd77::53 fd77::54 { AdvRDNSSLifetime 20; };
  DNSSL example.org a.b.example.com { AdvDNSSLLifetime 30; };
};
`
const advertisement = /"name":"router-advertisement".*\n/

/** Without the moment at which it came. */
function fieldsOf(text: string): object {
  const line = text.split('\n').find((each) => each.includes('"name":"router-advertisement"')) ?? '{}'
  const {time, ...fields} = JSON.parse(line) as {readonly time: string}
  expect(time).toMatch(/^20/)
  return fields
}

test.skipIf(!isRoot)('what -o radvd prints makes a real radvd send the same advertisement (needs root)', async () => {
  const first = await advertised(configuration, 'json', advertisement)
  const printed = await advertised(configuration, 'radvd', /^\}; # End of interface/m)
  const [block = ''] = /^interface va$[^]*?^\};.*$/m.exec(printed) ?? []
  const second = await advertised(`${block.replace('interface va', 'interface vb')}\n`, 'json', advertisement)
  expect(fieldsOf(first)).toMatchObject({type: 134, valid: true, routerLifetime: 900})
  expect(fieldsOf(second)).toEqual(fieldsOf(first))
})
