import {execFileSync, spawn} from 'node:child_process'
import {mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as pause} from 'node:timers/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {readCapture} from '../../src/capture/read-capture.ts'
import {Diagnosis} from '../../src/diagnosis/diagnosis.ts'
import type {Finding} from '../../src/diagnosis/finding.ts'
import {decodeFrame} from '../../src/packet/decode.ts'

/** A victim, a router with radvd and an attacker on one bridge, each in a namespace. */
const namespaces = {victim: 'rules-a', router: 'rules-r', attacker: 'rules-x', bridge: 'rules-s'} as const
type Place = keyof typeof namespaces
const folder = mkdtempSync(join(tmpdir(), 'rules-'))
const ends: (() => Promise<void>)[] = []
const routerLinkLocal = 'fe80::ff:fe00:b'

const run = (command: string): string => execFileSync('sh', ['-c', command], {encoding: 'utf8', timeout: 30_000})
const inside = (place: Place, command: string): string => `ip netns exec ${namespaces[place]} ${command}`

/** In the background, until the function it returns is called. */
function start(place: Place, command: readonly string[]): () => Promise<void> {
  const child = spawn('ip', ['netns', 'exec', namespaces[place], ...command], {stdio: 'ignore'})
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return async () => {
    child.kill()
    await ended
  }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (isSo()) return
    await pause(50)
  }
  throw new Error('waited for 10 s in vain')
}

const size = (path: string): number => statSync(path, {throwIfNoEntry: false})?.size ?? 0
const isReady = (place: Place): boolean => !run(inside(place, 'ip -6 addr show dev eth0')).includes('tentative')

/** What the rules find in all that the victim's interface shows while the driver runs. */
async function judge(name: string, drive: () => Promise<void> | void): Promise<readonly string[]> {
  const path = join(folder, `${name}.pcap`)
  const stop = start('victim', ['tcpdump', '-i', 'eth0', '-U', '--immediate-mode', '-c', '8000', '-w', path])
  await until(() => size(path) > 0)
  run(inside('victim', 'rdisc6 -1 -w 4000 eth0; ip -n rules-a neigh flush dev eth0'))
  run(inside('victim', 'ping -6 -c 1 -W 3 2001:db8:1::b'))
  await drive()
  const before = size(path)
  run(inside('victim', 'ping -6 -c 1 -W 3 -s 800 2001:db8:1::b || true'))
  await until(() => size(path) >= before + 800)
  await stop()
  const findings = (await findingsIn(path)).filter(({severity}) => severity !== 'info')
  return [...new Set(findings.map(({severity, rule}) => `${severity} ${rule}`))]
}

async function findingsIn(path: string): Promise<readonly Finding[]> {
  const diagnosis = new Diagnosis({options: {hearsAll: true}})
  const findings: Finding[] = []
  let lastNs = 0n
  for await (const batch of readCapture(path)) {
    for (const {frame, timeNs, number} of batch) {
      lastNs = timeNs
      const heard = {type: 'packet', timeNs, interface: 'eth0', direction: undefined, frame: number} as const
      findings.push(...diagnosis.hear({...heard, packet: decodeFrame(frame)}))
    }
  }
  for (let i = 1n; i <= 40n; i++) findings.push(...diagnosis.tick(lastNs + i * 100_000_000n))
  return findings
}

beforeAll(async () => {
  for (const name of Object.values(namespaces)) run(`ip netns add ${name}; ip -n ${name} link set lo up`)
  run('ip -n rules-s link add br0 type bridge mcast_snooping 0; ip -n rules-s link set br0 up')
  run(inside('router', 'sysctl -qw net.ipv6.conf.all.forwarding=1'))
  for (const [name, last] of [
    ['rules-a', 'a'],
    ['rules-r', 'b'],
    ['rules-x', 'c'],
  ] as const) {
    run(`ip link add eth0 address 02:00:00:00:00:0${last} netns ${name} type veth peer name p${last} netns rules-s`)
    run(`ip -n rules-s link set p${last} master br0 up; ip -n ${name} link set eth0 up`)
    run(`ip -n ${name} addr add 2001:db8:1::${last}/64 dev eth0`)
  }
  const config = join(folder, 'radvd.conf')
  const times = 'MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvLinkMTU 1500;'
  writeFileSync(
    config,
    `interface eth0 { AdvSendAdvert on; ${times} prefix 2001:db8:1::/64 {}; RDNSS 2001:db8:1::b {}; };\n`,
  )
  await until(() => isReady('victim') && isReady('router') && isReady('attacker'))
  ends.push(start('router', ['radvd', '-n', '-m', 'none', '-C', config, '-p', join(folder, 'radvd.pid')]))
}, 30_000)

afterAll(async () => {
  for (const end of ends) await end()
  for (const name of Object.values(namespaces)) run(`ip netns del ${name}`)
  rmSync(folder, {recursive: true})
})

const attack = (command: string) => (): void => {
  run(`${inside('attacker', `timeout -s INT ${command}`)} >/dev/null 2>&1 || true`)
}

describe('nothing above info is found in what honest nodes do:', () => {
  test('radvd, rdisc6, ndisc6, detection of duplicates, links going down and up, a new MAC, a proxy', async () => {
    const rules = await judge('honest', async () => {
      run(inside('victim', 'sysctl -qw net.ipv6.conf.eth0.ndisc_notify=1'))
      run(
        'ip -n rules-a link set eth0 down; ip -n rules-a link set eth0 up; ip -n rules-a addr add 2001:db8:1::a/64 dev eth0',
      )
      await until(() => isReady('victim'))
      run(inside('victim', 'ping -6 -c 2 -i 0.2 -W 3 2001:db8:1::b'))
      run('ip -n rules-a link set eth0 address 02:00:00:00:00:1a')
      run(inside('victim', 'ping -6 -c 2 -i 0.2 -W 3 2001:db8:1::b'))
      run(
        inside(
          'router',
          'sysctl -qw net.ipv6.conf.all.proxy_ndp=1 net.ipv6.conf.eth0.proxy_ndp=1; ip -n rules-r neigh add proxy 2001:db8:1::55 dev eth0',
        ),
      )
      run(inside('victim', 'ndisc6 -r 1 -w 2000 2001:db8:1::55 eth0 || true'))
      run(inside('victim', 'ndisc6 -r 1 -w 3000 2001:db8:1::b eth0'))
      run('ip -n rules-a addr add 2001:db8:1::d/64 dev eth0 optimistic')
      run(inside('victim', 'ping -6 -c 1 -W 3 -s 3000 2001:db8:1::b'))
    })
    expect(rules).toEqual([])
    const noted = (await findingsIn(join(folder, 'honest.pcap'))).map(({rule}) => rule)
    for (const rule of ['ndp/dad-ok', 'ndp/neigh-mac-change', 'ndp/na-proxy']) expect(noted).toContain(rule)
  })
})

describe('found, and nothing else above info:', () => {
  test.each([
    ['critical ndp/ra-spoof', `2 atk6-kill_router6 eth0 ${routerLinkLocal}`],
    ['critical ndp/exthdr', '2 atk6-fake_router26 -E H -A 2001:db8:bad::/64 -n 1 -i 1 eth0'],
    ['error ndp/hoplimit', '2 ra6 -i eth0 -s fe80::bad -d ff02::1 -t 1800 -A 64'],
    ['error ndp/src-not-ll', '2 ra6 -i eth0 -s 2001:db8:1::c -d ff02::1 -t 1800'],
    ['critical ndp/rd-not-router', `2 rd6 -i eth0 -s fe80::bad -d 2001:db8:1::a -r 2001:db8:2::e -t fe80::3 -n`],
  ])('%s by %s', async (rule, command) => {
    expect(await judge(rule.replace(/\W/g, '-'), attack(command))).toEqual([rule])
  })

  test('a fragmented question, which SI6 also sends to the wrong group of Ethernet', async () => {
    const fragmented = attack('2 ns6 -i eth0 -t 2001:db8:1::a -d ff02::1:ff00:a -s fe80::bad -e -y 16')
    const rules = await judge('fragment', fragmented)
    expect(rules.toSorted()).toEqual(['critical ndp/frag', 'warning exthdr/frag-tiny', 'warning ndp/l2dst'])
  })

  test('a conflict, where parasite6 answers beside the owner', async () => {
    const rules = await judge('parasite', async () => {
      const stop = start('attacker', ['atk6-parasite6', 'eth0', '02:66:66:66:66:66'])
      ends.push(stop)
      for (let i = 0; i < 8; i++) {
        run(inside('victim', 'ip neigh flush dev eth0; ip netns exec rules-a ping -6 -c 1 -W 1 2001:db8:1::b || true'))
        if (run(inside('victim', 'ip neigh show dev eth0')).includes('02:66:66')) break
      }
      await stop()
    })
    expect(rules).toContain('critical ndp/na-conflict')
  })

  test('a duplicate, where dos-new-ip6 claims each address', async () => {
    const rules = await judge('dos', async () => {
      const stop = start('attacker', ['atk6-dos-new-ip6', 'eth0'])
      ends.push(stop)
      for (let i = 0x71; i < 0x79; i++) {
        run(`ip -n rules-a addr add 2001:db8:1::${i.toString(16)}/64 dev eth0`)
        await until(() => isReady('victim') || run('ip -n rules-a -6 addr show dev eth0').includes('dadfailed'))
        if (run('ip -n rules-a -6 addr show dev eth0').includes('dadfailed')) break
      }
      await stop()
    })
    expect(rules).toEqual(['critical ndp/dad-conflict'])
  })

  test('nobody answers, after a ping to an address that nobody has', async () => {
    const rules = await judge('dead', () => {
      run(inside('victim', 'ping -6 -c 1 -W 4 2001:db8:1::dead || true'))
    })
    expect(rules).toEqual(['error ndp/ns-unanswered'])
  })

  test('a flood, though each message of it is another lie', async () => {
    expect(await judge('flood', attack('0.3 atk6-flood_router26 eth0'))).toContain('critical ndp/ra-flood')
  })
})
