import {execFile} from 'node:child_process'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {beforeAll, describe, expect, test} from 'vitest'

const root = join(import.meta.dirname, '../..')
const why = whyNoMachine()
if (why !== undefined) process.stderr.write(`skipped: ${why}\n`)

type Line = Record<string, unknown> & {readonly kind: string}

// 6.1 has no TCX and a verifier of its own mind; 6.12 is what Debian backports. Both run side by side, in software emulation.
const kernels = [
  {release: '6.1', hook: 'clsact', hasDefect: true},
  {release: '6.12', hook: 'tcx', hasDefect: false},
]
const printed = new Map<string, readonly Line[]>()
beforeAll(async () => {
  if (why !== undefined) return
  await Promise.all(kernels.map(async ({release}) => printed.set(release, await boot(release))))
}, 930_000)

describe.skipIf(why !== undefined).each(kernels)('on kernel $release', ({release, hook, hasDefect}) => {
  let runs: Map<string, readonly Line[]>
  beforeAll(() => {
    runs = runsIn(printed.get(release) ?? [])
  })
  const linesOf = (verb: string, kind: string) => (runs.get(verb) ?? []).filter((line) => line.kind === kind)

  test.each(['observe', 'ndp', 'exthdr', 'drops', 'clients'])('%s starts, ends with 0 and leaves nothing', (verb) => {
    expect(linesOf(verb, 'ended')).toMatchObject([{status: 0}])
    expect(linesOf(verb, 'start').map(({kernel}) => String(kernel).startsWith(`${release}.`))).toEqual([true])
    expect(linesOf(verb, 'summary').at(-1)).toMatchObject({clean: true})
  })

  test(`interfaces are observed by ${hook}`, () => {
    const hooks = (runs.get('observe')?.[0]?.['interfaces'] as {readonly hooks: readonly {hook: string}[]}[])[0]?.hooks
    expect(hooks?.map((each) => each.hook)).toEqual([hook, hook])
  })

  test('observe counts the packets that were sent', () => {
    expect(linesOf('observe', 'summary')[0]).toMatchObject({
      inFlows: {packets: 5, bytes: 5 * 104},
      overflow: {packets: 0},
    })
  })

  test('ndp shows who asked and who answered', () => {
    const answered = {target: 'fd90::2', outcome: 'answered'}
    expect(linesOf('ndp', 'resolution')).toEqual(expect.arrayContaining([expect.objectContaining(answered)]))
    const messages = linesOf('ndp', 'ndp').filter(({target}) => target === 'fd90::2')
    expect(messages.map(({name}) => name)).toEqual(
      expect.arrayContaining(['neighbor-solicitation', 'neighbor-advertisement']),
    )
    expect(messages.every(({valid}) => valid)).toBe(true)
  })

  test('exthdr copies every fragment', () => {
    const fragments = linesOf('exthdr', 'extension').filter(({fragment}) => fragment !== undefined)
    expect(fragments).toHaveLength(3 * 2 * 2)
  })

  test('drops finds the datagrams to a closed port', () => {
    const count = linesOf('drops', 'drop')
      .filter(({reason, destination}) => reason === 'NO_SOCKET' && destination === 'fd90::1')
      .reduce((sum, line) => sum + Number(line['count']), 0)
    expect(count).toBe(3)
  })

  test('clients counts one of either family on a dual-stack socket, of TCP and of UDP', () => {
    const listeners = linesOf('clients', 'listener').toSorted((a, b) => Number(a['port']) - Number(b['port']))
    const tcp = {clients: 1, opened: 1, closed: 1, bytesReceived: 6, bytesSent: 10}
    const udp = {clients: 1, datagramsReceived: 1, datagramsSent: 1, bytesReceived: 6, bytesSent: 16}
    const both = (counts: object) => [
      {family: 'inet', type: 'v4_mapped_v6', ...counts},
      {family: 'inet6', type: 'plain', ...counts},
    ]
    expect(listeners).toMatchObject([
      {protocol: 'udp', port: 6969, clients: both(udp)},
      {protocol: 'tcp', port: 8080, clients: both(tcp)},
    ])
  })

  test(`bindcheck finds ${hasDefect ? 'that the kernel lets two have one port' : 'the matrix as expected'}`, () => {
    expect(linesOf('bindcheck', 'ended')).toMatchObject([{status: 0}])
    const cases = linesOf('bindcheck', 'bind')
    expect(cases.length).toBeGreaterThan(1400)
    const odd = cases.filter(({expected, coexist}) => expected !== coexist)
    expect(odd.length > 0).toBe(hasDefect)
    expect(odd.every(({sockets}) => JSON.stringify(sockets).includes('"::ffff:127.0.0.1"'))).toBe(true)
    expect(linesOf('bindcheck', 'finding').map(({rule}) => rule)).toEqual(hasDefect ? ['bind/kernel-defect'] : [])
  })

  test('no program and no qdisc of ours is left', () => {
    const left = printed.get(release)?.find(({kind}) => kind === 'left')
    expect(left?.['programs']).toEqual([])
    expect((left?.['qdiscs'] as {kind: string}[]).map(({kind}) => kind)).toEqual(['noqueue'])
  })
})

function whyNoMachine(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return 'the machines of other kernels need Linux on x86-64'
  if (process.getuid?.() !== 0) return 'the machines of other kernels are made by root'
  return undefined
}

async function boot(release: string): Promise<readonly Line[]> {
  const argv = [release, join(import.meta.dirname, 'verbs.sh')]
  const {stdout} = await promisify(execFile)(join(root, 'tools/kernels/boot'), argv, {maxBuffer: 1 << 26})
  // The cast: JSON lines of our own.
  return stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))
}

/** The lines of each verb, by the line that ends them. */
function runsIn(lines: readonly Line[]): Map<string, readonly Line[]> {
  const runs = new Map<string, readonly Line[]>()
  let run: Line[] = []
  for (const line of lines) {
    run.push(line)
    if (line.kind !== 'ended') continue
    runs.set(String(line['verb']), run)
    run = []
  }
  return runs
}
