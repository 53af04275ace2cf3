import {mkdtempSync, rmSync, statSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Plugin} from '../support/plugin.ts'
import {DriverLab, findingsOf, sh, until} from './driver-lab.ts'

/** What only a capture can tell, where no budget leaves a packet out: that something never came. */
const folder = mkdtempSync(join(tmpdir(), 'rule-capture-'))
let lab: DriverLab

const size = (path: string): number => statSync(path, {throwIfNoEntry: false})?.size ?? 0

/** The kernel makes two fragments of each datagram, and netfilter drops the second. */
const datagrams = (count: number): string => `
import socket
out = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
for each in range(${count}): out.sendto(bytes(2800), ('2001:db8:1::a', 9))
`

interface Sent {
  readonly count: number
  readonly seconds: number
}

/** All that reaches the victim, and a ping when `seconds` have passed. */
async function capture(name: string, {count, seconds}: Sent): Promise<string> {
  const [before, after, merged] = ['before', 'after', 'merged'].map((part) => join(folder, `${name}-${part}.pcap`)) as [string, string, string] // prettier-ignore
  const record = (path: string): (() => Promise<void>) =>
    lab.start('victim', [
      'tcpdump',
      '-i',
      'eth0',
      '-U',
      '--immediate-mode',
      '-s',
      '2000',
      '-B',
      '8192',
      '-Q',
      'in',
      '-w',
      path,
    ])
  const stop = record(before)
  await until(() => size(before) > 0)
  lab.run('attacker', `/usr/bin/python3 -c "${datagrams(count)}"`)
  await until(() => size(before) > count * 1400)
  await stop()
  const stopAfter = record(after)
  await until(() => size(after) > 0)
  lab.run('attacker', 'ping -6 -c 1 -W 5 2001:db8:1::a')
  await until(() => size(after) > 100)
  await stopAfter()
  sh(`editcap -t ${seconds} ${after} ${after}.later; mergecap -w ${merged} ${before} ${after}.later`)
  return merged
}

beforeAll(async () => {
  lab = new DriverLab('rcap')
  await until(() => lab.hasAddresses)
  lab.run('attacker', 'ping -6 -c 1 -W 5 2001:db8:1::a')
  lab.run('attacker', `nft 'table netdev t { chain c { type filter hook egress device eth0 priority 0; meta protocol ip6 frag frag-off != 0 drop; }; }'`) // prettier-ignore
})

afterAll(async () => {
  await lab[Symbol.asyncDispose]()
  rmSync(folder, {recursive: true})
})

describe('found by exthdr in a capture, and nothing else above info:', () => {
  test.each([
    ['a datagram whose second half is lost', ['warning exthdr/frag-incomplete'], {count: 1, seconds: 61}],
    ['nothing of the same, before a minute has passed', [], {count: 1, seconds: 50}],
    ['1200 datagrams that nobody completes', ['error exthdr/frag-flood'], {count: 1200, seconds: 1}],
  ] as const)('%s', async (name, expected, sent) => {
    const path = await capture(name.replace(/\W/g, '-'), sent)
    await using plugin = new Plugin(['exthdr', '--input-file', path, '--findings-only', '-o', 'json'])
    await plugin.ended
    expect(findingsOf(plugin.lines).filter((each) => !each.startsWith('info '))).toEqual(expected)
  })
})
