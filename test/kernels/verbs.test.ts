import {execFile} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {gunzipSync, gzipSync} from 'node:zlib'
import {beforeAll, describe, expect, test} from 'vitest'
import {caseText, compileMatrix} from '../commands/bind-matrix.ts'

const root = join(import.meta.dirname, '../..')
const why = whyNoMachine()
if (why !== undefined) process.stderr.write(`skipped: ${why}\n`)

type Line = Record<string, unknown> & {readonly kind: string}

// 6.1 has no TCX and a verifier of its own mind; 6.12 is what Debian backports. Both run side by side, in software emulation.
const kernels = [
  {release: '6.1', hook: 'clsact', hasDefect: true},
  {release: '6.12', hook: 'tcx', hasDefect: false},
]
/** What 6.1 lets pass and must not: sockets of IPv4 alone, spelled as IPv6's, with an IPv6 wildcard before or between them. */
const defects = [
  '::ffff:0.0.0.0, ::ffff:127.0.0.1',
  '::ffff:0.0.0.0, ::, ::ffff:127.0.0.1',
  '::, ::ffff:0.0.0.0, ::ffff:127.0.0.1',
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

  test('ndp tells that the neighbour table of the kernel is full, of what, and who asks', () => {
    const found = linesOf('ndp', 'finding').map(({severity, rule}) => `${String(severity)} ${String(rule)}`)
    // Where the table is full, a question finds no room for its group: that address is told as unanswered as well.
    expect(new Set([...found, 'error ndp/ns-unanswered'])).toEqual(
      new Set([
        'critical ndp/neigh-table',
        'warning ndp/neigh-incomplete',
        'warning ndp/ns-scan',
        'error ndp/ns-unanswered',
      ]),
    )
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

  test('bindcheck tells every case of the matrix as a C program sees it there', () => {
    const wanted = linesOf('bind-matrix', 'case').map(({text}) => String(text))
    expect(wanted).toHaveLength(1407)
    expect(linesOf('bindcheck', 'bind').map(caseText).toSorted()).toEqual(wanted.toSorted())
  })

  test(`bindcheck ${hasDefect ? 'tells what the kernel lets pass against its rule, and that the answer rests on it' : 'finds the matrix as the rule has it, and that an address is held'}`, () => {
    const cases = linesOf('bindcheck', 'bind')
    const odd = cases.filter(({expected, coexist}) => expected !== coexist)
    expect(new Set(odd.map(addressesOf))).toEqual(new Set(hasDefect ? defects : []))
    expect(odd.every(({differs, coexist}) => differs === true && coexist === true)).toBe(true)
    const found = linesOf('bindcheck', 'finding').filter(({rule}) => rule === 'bind/kernel-defect')
    const differing = cases.filter(({differs}) => differs === true).length
    expect(found.map(({detail}) => detail)).toEqual(hasDefect ? [expect.stringContaining(`${differing} of 1407`)] : [])
    for (const {detail} of found)
      expect(detail).toContain('The answer rests on one: the kernel lets [::ffff:127.0.0.1]:7300 (tcp) be bound')
    const [tcp] = linesOf('bindcheck', 'summary').at(-1)?.['answers'] as {readonly class: string}[] // as the view writes it
    expect(tcp?.class).toBe(hasDefect ? 'kernel defect' : 'other process')
    expect(linesOf('bindcheck', 'ended')).toMatchObject([{status: hasDefect ? 0 : 1}])
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

const addressesOf = ({sockets}: Line): string =>
  (sockets as readonly {readonly address: string}[]).map(({address}) => address).join(', ') // the contract's fields

/** The machine gets one file: the C program goes before the script. */
function scriptWith(program: string): Disposable & {readonly path: string} {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'))
  const path = join(folder, 'script')
  const packed = gzipSync(readFileSync(program))
    .toString('base64')
    .replaceAll(/.{100}/g, '$&\n')
  const unpack = `base64 -d <<'END' | gunzip >/tmp/bind-matrix\n${packed}\nEND\nchmod +x /tmp/bind-matrix\n`
  writeFileSync(path, unpack + readFileSync(join(import.meta.dirname, 'verbs.sh'), 'utf8'))
  return {path, [Symbol.dispose]: () => rmSync(folder, {recursive: true})}
}

async function boot(release: string): Promise<readonly Line[]> {
  using program = compileMatrix()
  using script = scriptWith(program.path)
  const argv = [release, script.path]
  const {stdout} = await promisify(execFile)(join(root, 'tools/kernels/boot'), argv, {maxBuffer: 1 << 26})
  return linesIn(stdout).flatMap((line) =>
    line.kind === 'packed' ? linesIn(gunzipSync(Buffer.from(String(line['lines']), 'base64')).toString()) : [line],
  )
}

// The cast: JSON lines of our own.
const linesIn = (text: string): readonly Line[] =>
  text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))

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
