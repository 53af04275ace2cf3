import {execFileSync, spawnSync} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {type JsonLine, Plugin} from '../support/plugin.ts'

const captures = join(import.meta.dirname, '../captures')
const plugin = join(import.meta.dirname, '../../bin/kubectl-ipv6')
const files = readdirSync(captures, {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.pcap'))
  .map((name) => join(captures, name))
const folder = mkdtempSync(join(tmpdir(), 'parity-'))
/** All of them, one after the other. */
const whole = join(folder, 'whole.pcap')
const isRoot = process.getuid?.() === 0
const space = `parity-${process.pid}`
const inside = [`--net=/run/netns/${space}`]
const ip = (command: string): Buffer => execFileSync('ip', command.split(' '))

beforeAll(() => {
  execFileSync('mergecap', ['-a', '-F', 'pcap', '-w', whole, ...files])
  if (!isRoot) return
  ip(`netns add ${space}`)
  ip(`-n ${space} link set lo up`)
  ip(`link add wire0 netns ${space} type veth peer name wire1 netns ${space}`)
  for (const device of ['wire0', 'wire1']) {
    // Nothing but the captures may cross the wire: no DAD, RS or MLD of the kernel's own.
    execFileSync('nsenter', [...inside, 'sysctl', '-qw', `net.ipv6.conf.${device}.disable_ipv6=1`])
    ip(`-n ${space} link set ${device} mtu 9000 arp off up`)
  }
})
afterAll(() => {
  rmSync(folder, {recursive: true})
  if (isRoot) ip(`netns del ${space}`)
})

const options = ['-o', 'json', '--fail-on', 'never', '-q'] as const

/** What a wire and a file cannot have in common. */
const apart = ['time', 'node', 'interface', 'direction', 'frame']

/** Lines of these kinds, in any order: each CPU hands over its own. */
function told(lines: readonly JsonLine[], kinds: readonly string[]): readonly string[] {
  const chosen = lines.filter(({kind}) => kinds.includes(kind))
  return chosen.map((line) => JSON.stringify(line, (key, value: unknown) => (apart.includes(key) ? undefined : value))).toSorted() // prettier-ignore
}

function read(verb: string, kinds: readonly string[]): readonly string[] {
  const {stdout, stderr} = spawnSync(plugin, [verb, '--input-file', whole, ...options], {encoding: 'utf8'})
  expect(stderr).toBe('')
  const lines = stdout.split('\n').filter(Boolean)
  return told(
    lines.map((line) => JSON.parse(line) as JsonLine),
    kinds,
  )
}

describe.skipIf(!isRoot)('while every capture is replayed into an interface (needs root)', () => {
  test('ndp and exthdr give the records there that they give of the files', async () => {
    const listen = (verb: string) => new Plugin([verb, 'local', '-i', 'wire0', ...options], {prefix: ['nsenter', ...inside]}) // prettier-ignore
    await using ndp = listen('ndp')
    await using exthdr = listen('exthdr')
    const both = [
      {run: ndp, kinds: ['ndp', 'icmp'], expected: read('ndp', ['ndp', 'icmp'])},
      {run: exthdr, kinds: ['extension'], expected: read('exthdr', ['extension'])},
    ]
    for (const {run} of both) await run.until(/"kind":"start"/)
    // A flood has a budget of 500 packets a second and type: these come slower.
    execFileSync('nsenter', [...inside, 'tcpreplay', '--quiet', '--pps=250', '-i', 'wire1', whole], {stdio: 'pipe'})
    for (const {run, kinds, expected} of both) {
      expect(expected.length).toBeGreaterThan(100)
      await expect.poll(() => told(run.lines, kinds).length, {timeout: 20_000}).toBe(expected.length)
      const {stderr, status} = await run.end()
      expect([status, stderr]).toEqual([0, ''])
      expect(told(run.lines, kinds)).toEqual(expected)
      expect(run.lines.at(-1)).toMatchObject({kind: 'summary', accounted: true, complete: true, clean: true})
    }
  })
})
