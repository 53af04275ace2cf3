import {spawnSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {PassThrough, Writable} from 'node:stream'
import {setImmediate as turn} from 'node:timers/promises'
import {stripVTControlCharacters} from 'node:util'
import {describe, expect, test, vi} from 'vitest'
import {reportFailure} from '../../src/base-command.ts'
import {Sink} from '../../src/commands/sink.ts'
import {badUsage} from '../../src/errors.ts'

const root = join(import.meta.dirname, '../..')
const plugin = join(root, 'bin/kubectl-ipv6')
const isRoot = process.getuid?.() === 0

const shell = (line: string) => {
  const {status, stdout, stderr} = spawnSync('bash', ['-c', line], {encoding: 'utf8', timeout: 30_000})
  return {status, stdout, stderr}
}

describe('a disk that is full', () => {
  const said =
    'error: The results could not be written: ENOSPC: no space left on device, write.\n' +
    'What was written is not complete. Make room, or write elsewhere, then run the command again.\n'

  test('fails a verb that prints once', () => {
    expect(shell(`${plugin} version > /dev/full`)).toEqual({status: 2, stdout: '', stderr: said})
  })

  test.skipIf(!isRoot)('ends a run in order, long before its time (needs root)', () => {
    const observe = `timeout 20 ${plugin} observe local -i lo --duration 15s -q -o json > /dev/full`
    const inside = `ip link set lo up; ${observe}; status=$?; bpftool net show; exit $status`
    const {status, stdout, stderr} = shell(
      `unshare -n bash -c ${JSON.stringify(inside).replaceAll('$', String.raw`\$`)}`,
    )
    expect([status, stderr]).toEqual([2, said])
    expect(stdout).toContain('tc:')
    expect(stdout).not.toContain('on_')
  })

  test.skipIf(!isRoot)(
    'and a reader that goes ends a run in order too, where nothing is to be told (needs root)',
    () => {
      const observe = `timeout 20 ${plugin} observe local -i lo -o json | head -1; echo \${PIPESTATUS[0]}`
      const {stdout} = shell(`unshare -n bash -c 'ip link set lo up; ${observe}; bpftool net show'`)
      expect(stdout).toMatch(/^\{"kind":"start".*\}\n0\n/)
      expect(stdout).not.toContain('on_')
    },
  )

  test('is told from a reader that has gone, which is no failure', () => {
    expect(shell(`set -o pipefail; ${plugin} --help | true`).stderr).toBe('')
  })
})

test.skipIf(!isRoot)('a terminal that is closed ends the live view in order (needs root and python3)', () => {
  const script = join(root, 'test/support/hang-up.py')
  const {stdout} = shell(`timeout 25 /usr/bin/python3 ${script} ${plugin} observe local -i lo`)
  expect(stdout).toBe('status 0\n')
})

test.each(['| cat', '< /dev/null'])('-o live without a terminal is refused before anything starts: %s', (other) => {
  const line = `${plugin} observe local -o live ${other}`
  const said = stripVTControlCharacters(shell(`script -qec ${JSON.stringify(line)} /dev/null`).stdout)
  expect(said.replaceAll('\r', '')).toBe(
    'error: -o live needs a terminal, for the screen and for the keys.\nUse -o text, wide or json.\n',
  )
})

test('a run that stops without having come to its end is a bug, never a success without a word', () => {
  const deaf = `data:text/javascript,${encodeURIComponent('process.stdout.write = () => true')}`
  const {status, stderr} = shell(`NODE_OPTIONS='--import=${deaf}' ${plugin} version`)
  expect(status).toBe(70)
  expect(stderr).toContain('the run stopped before its end')
})

describe('the sink', () => {
  test('keeps no listener for each time that it waited', async () => {
    const stream = new PassThrough({highWaterMark: 1})
    const sink = new Sink(stream, () => undefined)
    const listening = () => ['drain', 'close', 'error'].map((event) => stream.listenerCount(event))
    const before = listening()
    for (let i = 0; i < 20; i++) {
      const written = sink.write('more than fits')
      stream.read()
      await written
    }
    expect(listening()).toEqual(before)
  })

  test('ends the run at the first failure of its stream and writes no more', async () => {
    const written: string[] = []
    const stream = new Writable({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => {
        written.push(chunk)
        done(Object.assign(new Error('no space left'), {code: 'ENOSPC'}))
      },
    })
    const onBroken = vi.fn()
    const sink = new Sink(stream, onBroken)
    await sink.write('one')
    await turn()
    await sink.write('two')
    expect([written, onBroken.mock.calls.length]).toEqual([['one'], 1])
  })
})

describe('a failure', () => {
  const told = (failure: unknown, place?: string): string => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    reportFailure(failure, {argv: ['--color', 'never', '-q'], ...(place !== undefined && {place})})
    const text = write.mock.calls.map(([chunk]) => String(chunk)).join('')
    write.mockRestore()
    return text
  }

  test('that is a bug shows its lines with nothing in them that a terminal obeys', () => {
    const text = told(new Error('Unexpected token \u001b]0;owned\u0007 in JSON'))
    expect(text).toContain('Unexpected token \\u{1b}]0;owned\\u{7} in JSON\n    at ')
    expect(text).not.toContain('\u001b')
  })

  test('of one place among several says which, and keeps its advice, also with -q', () => {
    expect(told(badUsage('It is off', 'Switch it on.'), 'node\u001b1')).toBe(
      'error: node\\u{1b}1: It is off.\nSwitch it on.\n',
    )
  })
})

/** A Node from before 22.12, which links modules before it runs the check. */
const oldNode = ['/usr/bin/node', ...(process.env['PATH'] ?? '').split(':').map((folder) => `${folder}/node`)].find(
  (path) => /^v(1\d|20)\./.test(spawnSync(path, ['--version'], {encoding: 'utf8'}).stdout || ''), // prettier-ignore
)

describe('an old Node', () => {
  test.skipIf(oldNode === undefined)('is told what is needed (needs a Node 20 on this machine)', () => {
    const {status, stdout, stderr} = shell(`KUBECTL_IPV6_NODE=${oldNode ?? ''} ${plugin} version`)
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(
      /^error: kubectl ipv6 needs Node 22\.12 or newer, and \S+ is \d+\.\d+\.\d+\.\nInstall a newer Node, or name one: export KUBECTL_IPV6_NODE=\/path\/to\/node\n$/,
    )
  })

  test('can link the entry point, which imports nothing that Node 12 does not have', () => {
    const entry = readFileSync(join(root, 'src/cli.ts'), 'utf8')
    expect(entry).not.toMatch(/^import /m)
  })
})
