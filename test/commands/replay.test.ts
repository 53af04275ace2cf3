import {execFileSync, spawn} from 'node:child_process'
import {readdirSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {dissect} from '../support/tshark.ts'

const captures = join(import.meta.dirname, '../captures')
const plugin = join(import.meta.dirname, '../../bin/kubectl-ipv6')
const space = `kr-${process.pid}`
const inside = (...command: string[]) =>
  execFileSync('nsenter', [`--net=/run/netns/${space}`, ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
const ip = (command: string) => execFileSync('ip', command.split(' '))

interface Line {
  readonly kind: string
  readonly source: {readonly ip: string; readonly port?: number}
  readonly destination: {readonly ip: string; readonly port?: number}
  readonly protocol: string
  readonly icmp?: {readonly type: number; readonly code: number}
  readonly packets: number
  readonly bytes: number
}

interface Count {
  readonly packets: number
  readonly bytes: number
}

interface Summary {
  readonly seen: Count
  readonly filtered: Count
  readonly inFlows: Count
  readonly overflow: Count
  readonly undecodable: Count
  readonly clean: boolean
}

beforeAll(() => {
  ip(`netns add ${space}`)
  ip(`-n ${space} link set lo up`)
  ip(`link add wire0 netns ${space} type veth peer name wire1 netns ${space}`)
  // Nothing but the capture may cross the wire: without IPv6 on the devices the kernel sends no DAD, RS or MLD of its own.
  for (const device of ['wire0', 'wire1']) {
    inside('sysctl', '-qw', `net.ipv6.conf.${device}.disable_ipv6=1`)
    ip(`-n ${space} link set ${device} arp off up`)
  }
})
afterAll(() => void ip(`netns del ${space}`))

/** Observes `wire0` while the capture is sent from the device given, and returns the JSON lines. */
async function observeReplay(capture: string, sender: string): Promise<readonly Record<string, unknown>[]> {
  const child = spawn(
    'nsenter',
    [`--net=/run/netns/${space}`, plugin, 'observe', 'local', '-i', 'wire0', '--family', 'all', '-o', 'json'],
    {stdio: ['ignore', 'pipe', 'pipe']},
  )
  let text = ''
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ended = new Promise((resolve) => child.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    child.once('close', () => reject(new Error(`it ended before it started: ${errors}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('"kind":"start"')) resolve()
    })
  })
  inside('tcpreplay', '--quiet', '--topspeed', '-i', sender, join(captures, capture))
  child.kill('SIGINT')
  await ended
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>) // prettier-ignore
}

const protocols: Readonly<Record<string, number>> = {
  ICMP: 1,
  IGMP: 2,
  IPIP: 4,
  IPv4: 4,
  TCP: 6,
  UDP: 17,
  IPv6: 41,
  GRE: 47,
  ESP: 50,
  ICMPv6: 58,
  'IPv6-NoNxt': 59,
  SCTP: 132,
}

function keyOf({source, destination, protocol, icmp}: Line): string {
  const number = protocols[protocol] ?? Number(protocol)
  const ports =
    icmp !== undefined
      ? `icmp ${icmp.type} ${icmp.code}`
      : source.port === undefined
        ? ''
        : `${source.port} ${destination.port ?? ''}`
  return `${source.ip} > ${destination.ip} ${number} ${ports}`
}

function add(counts: Map<string, Count>, key: string, {packets, bytes}: Count): void {
  const before = counts.get(key) ?? {packets: 0, bytes: 0}
  counts.set(key, {packets: before.packets + packets, bytes: before.bytes + bytes})
}

const sorted = (counts: Map<string, Count>) => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))

describe.each(readdirSync(captures).filter((name) => name.endsWith('.pcap')))('%s, replayed into a veth', (capture) => {
  const frames = dissect(join(captures, capture))
  const expected = new Map<string, Count>()
  for (const frame of frames) {
    if (frame !== undefined)
      add(expected, `${frame.source} > ${frame.destination} ${frame.protocol} ${frame.ports}`, {
        packets: 1,
        bytes: frame.bytes,
      })
  }

  test.each([
    ['received', 'wire1'],
    ['sent', 'wire0'],
  ])('counts every flow as tshark does when %s', async (_, sender) => {
    const lines = await observeReplay(capture, sender)
    const counted = new Map<string, Count>()
    for (const line of lines as unknown as Line[]) if (line.kind === 'flow') add(counted, keyOf(line), line)
    expect(sorted(counted)).toEqual(sorted(expected))

    const summary = lines.at(-1) as unknown as Summary
    expect(summary.seen.packets).toBe(frames.length)
    for (const unit of ['packets', 'bytes'] as const) {
      const {seen, filtered, inFlows, overflow, undecodable} = summary
      expect(seen[unit]).toBe(filtered[unit] + inFlows[unit] + overflow[unit] + undecodable[unit])
    }
    expect(summary.clean).toBe(true)
  })
})
