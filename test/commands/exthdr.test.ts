import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {pcapFile} from '../support/capture-files.ts'
import {ethernet, extension, ipv6, opaque, udp} from '../support/packets.ts'
import {Plugin} from '../support/plugin.ts'

const captures = join(import.meta.dirname, '../captures')
const both = [join(captures, 'extension-headers.pcap'), join(captures, 'fragments.pcap')]
const isRoot = process.getuid?.() === 0
const space = `exthdr-${process.pid}`
const inside = ['ip', 'netns', 'exec', space]
const folder = mkdtempSync(join(tmpdir(), 'exthdr-'))
const ip = (command: string): Buffer => execFileSync('ip', command.split(' '))
const replay = (file: string): Buffer => execFileSync('ip', ['netns', 'exec', space, 'tcpreplay', '-q', '-p', '1000', '-i', 'ex1', file]) // prettier-ignore

interface Counted {
  readonly packets: number
  readonly bytes: number
}
interface Chain extends Counted {
  readonly headers: readonly string[]
  readonly protocol: string
  readonly direction: string
}
interface Summary {
  readonly chains: readonly Chain[]
  readonly fragments: Readonly<Record<string, number>>
  readonly headers: Readonly<Record<string, Counted>>
  readonly deepest: number
  readonly sources: {readonly copied: number; readonly of: number; readonly top: readonly Counted[]}
  readonly findings: Readonly<Record<string, number>>
}
const summaryOf = (stdout: string): Summary => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Summary

const headers: Readonly<Record<number, readonly [name: string, field: string]>> = {
  0: ['hop-by-hop', 'ipv6.hopopts.nxt'],
  43: ['routing', 'ipv6.routing.nxt'],
  44: ['fragment', 'ipv6.fraghdr.nxt'],
  51: ['authentication', 'ah.next_header'],
  60: ['destination-options', 'ipv6.dstopts.nxt'],
}
const protocols: Readonly<Record<number, string>> = {6: 'TCP', 17: 'UDP', 50: 'ESP', 58: 'ICMPv6'}

/** Packets and bytes by chain, as tshark reads them. */
function dissected(file: string): readonly (Counted & {readonly chain: string})[] {
  const fields = ['ipv6.nxt', 'ipv6.plen', ...Object.values(headers).map(([, field]) => field)]
  const args = ['-n', '-r', file, '-o', 'ipv6.defragment:FALSE', '-T', 'fields', ...fields.flatMap((each) => ['-e', each])] // prettier-ignore
  const text = execFileSync('tshark', args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']})
  return text.split('\n').slice(0, -1).map((line) => {
    const cells = line.split('\t').map((cell) => cell.split(',').filter(Boolean))
    const next = Object.fromEntries(fields.map((field, at) => [field, cells[at] ?? []]))
    const names: string[] = []
    let protocol = Number(next['ipv6.nxt']?.[0])
    for (let header = headers[protocol]; header !== undefined; header = headers[protocol]) {
      names.push(header[0])
      protocol = Number(next[header[1]]?.shift())
    }
    const chain = names.length === 0 ? '' : `${names.join(' ')} ${protocols[protocol] ?? protocol}`
    return {chain, packets: 1, bytes: 40 + Number(next['ipv6.plen']?.[0])}
  }) // prettier-ignore
}

function sums(all: readonly (Counted & {readonly chain: string})[]): Readonly<Record<string, Counted>> {
  const met: Record<string, Counted> = {}
  for (const {chain, packets, bytes} of all) {
    const before = met[chain] ?? {packets: 0, bytes: 0}
    if (chain !== '') met[chain] = {packets: before.packets + packets, bytes: before.bytes + bytes}
  }
  return met
}

const chainsOf = (summary: Summary) =>
  sums(summary.chains.map((each) => ({...each, chain: `${each.headers.join(' ')} ${each.protocol}`})))

beforeAll(() => {
  if (!isRoot) return
  ip(`netns add ${space}`)
  ip(`-n ${space} link add ex0 type veth peer name ex1`)
  // Without addresses of their own the devices carry what is replayed and nothing else.
  execFileSync('ip', ['netns', 'exec', space, 'sysctl', '-qw', 'net.ipv6.conf.ex0.disable_ipv6=1', 'net.ipv6.conf.ex1.disable_ipv6=1']) // prettier-ignore
  for (const device of ['lo', 'ex0', 'ex1']) ip(`-n ${space} link set ${device} up`)
})

afterAll(() => {
  rmSync(folder, {recursive: true})
  if (isRoot) ip(`netns del ${space}`)
})

async function listen(files: readonly string[], packets: number, ...args: string[]) {
  await using run = new Plugin(['exthdr', 'local', '-i', 'ex0', '-o', 'json', '-q', ...args], {prefix: inside})
  await run.until(/"kind":"start"/)
  for (const file of files) replay(file)
  await expect.poll(() => run.lines.filter(({kind}) => kind === 'extension').length, {timeout: 20_000}).toBe(packets)
  return await run.end()
}

/** A Routing header of type 0 with one segment left, a jumbogram that is none, and a mobility message. */
function oddities(): string {
  const routing = extension(43, udp(), 2)
  routing.bytes.set([0, 1], 2)
  const jumbogram = extension(0, udp())
  jumbogram.bytes.set([0xc2, 4, 0, 0, 0, 20], 2)
  const packets = [ipv6(routing), ipv6(jumbogram, {payload: 0}), ipv6(extension(135, opaque(59, 0)))]
  const file = join(folder, 'oddities.pcap')
  writeFileSync(file, pcapFile(packets.map((packet) => ethernet(packet))))
  return file
}

describe('exthdr --input-file', () => {
  test.each(both)('counts every chain of %s as tshark reads it', async (file) => {
    const held = dissected(file)
    const packets = held.filter(({chain}) => chain !== '').length
    const {stdout, stderr, status} = await new Plugin(['exthdr', '--input-file', file, '-o', 'json']).ended
    const summary = summaryOf(stdout)
    expect([status, stderr]).toEqual([0, ''])
    expect(chainsOf(summary)).toEqual(sums(held))
    expect(summary).toMatchObject({accounted: true, sources: {copied: packets, of: packets}})
    expect(stdout.match(/"kind":"extension"/g)).toHaveLength(packets)
  })

  test('a filter chooses packets as on a node', async () => {
    const args = ['exthdr', '--input-file', both[0] ?? '', '-o', 'json', '--not', '--protocol', 'udp']
    const {stdout} = await new Plugin(args).ended
    expect(summaryOf(stdout).chains.map(({protocol}) => protocol)).not.toContain('UDP')
    expect(summaryOf(stdout).chains.length).toBeGreaterThan(10)
  })
})

test.each([[['--family', '4']], [['--family', 'all', '--ip', '10.0.0.0/8']]])(
  '%j leaves no IPv6, and is refused with advice and status 2',
  async (filter) => {
    const {stderr, status} = await new Plugin(['exthdr', 'local', ...filter]).ended
    expect(stderr).toMatch(/^error: IPv4 has no extension headers, and the filter leaves no IPv6\.\n.+\n$/)
    expect(status).toBe(2)
  },
)

describe.skipIf(!isRoot)('exthdr local (needs root)', () => {
  test('counts every chain to the packet and the byte, and details beside', async () => {
    const held = both.flatMap(dissected)
    const expected = sums(held)
    const packets = held.filter(({chain}) => chain !== '').length
    const {stdout, status, stderr} = await listen(both, packets, '--top', '1')
    const summary = summaryOf(stdout)
    expect([status, stderr]).toEqual([0, ''])
    expect(chainsOf(summary)).toEqual(expected)
    expect(new Set(summary.chains.map(({direction}) => direction))).toEqual(new Set(['ingress']))
    expect(summary).toMatchObject({
      accounted: true,
      clean: true,
      deepest: 16,
      fragments: {first: 6, later: 18, last: 6, atomic: 1},
      headers: {fragment: {packets: 31}, authentication: {packets: 2}},
      sources: {copied: packets, of: packets, top: [{ip: '2001:db8::a', packets, deepest: 16}]},
    })
  })

  test('a routing header of type 0 is critical and the exit status says so; what is told is counted', async () => {
    const {stdout, status} = await listen([oddities()], 3)
    const lines = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>) // prettier-ignore
    expect(status).toBe(1)
    expect(lines).toContainEqual(
      expect.objectContaining({kind: 'extension', chain: ['routing'], routing: {type: 0, segmentsLeft: 1}}),
    )
    expect(lines).toContainEqual(
      expect.objectContaining({kind: 'finding', rule: 'exthdr/rh0', severity: 'critical', interface: 'ex0'}),
    )
    const {sources, chains} = summaryOf(stdout)
    expect(sources).toMatchObject({copied: 3, of: 3})
    expect(chains.map(({headers, protocol}) => [...headers, protocol].join(' ')).toSorted()).toEqual([
      'hop-by-hop',
      'mobility Mobility',
      'routing UDP',
    ])
    expect(lines.at(-1)).toMatchObject({protocols: {Mobility: {packets: 1, bytes: 48}}})
  })
})
