import {readFileSync, writeFileSync} from 'node:fs'
import {mkdtempDisposable} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Symbols} from '../../src/pod-agent/trace-symbols.ts'

const isRoot = process.getuid?.() === 0

test.skipIf(!isRoot)('an address inside a function of this kernel has its name (needs root)', () => {
  const symbols = new Symbols()
  const lines = readFileSync('/proc/kallsyms', 'latin1').split('\n')
  for (const name of ['icmpv6_rcv', 'ip6_mc_input', 'tcp_v6_do_rcv']) {
    const line = lines.find((each) => / [tT] /.test(each) && each.endsWith(` ${name}`)) ?? ''
    expect(symbols.nameOf(BigInt(`0x${line.slice(0, 16)}`) + 1n)).toBe(name)
  }
})

test('data is no function, what the compiler split off has the name of its whole, an address before all has none', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'symbols-'))
  const path = join(folder.path, 'kallsyms')
  writeFileSync(
    path,
    [
      'ffffffff81000010 T first',
      'ffffffffc0a00000 t nf_hook_slow.part.0\t[nf]',
      'ffffffff81000020 D table',
      'ffffffff81000030 W weak',
      '',
    ].join('\n'),
  )
  const symbols = new Symbols(path)
  const names = [0xffffffff8100000fn, 0xffffffff8100002fn, 0xffffffff81000030n, 0xffffffffc0a00001n].map((at) =>
    symbols.nameOf(at),
  )
  expect(names).toEqual([undefined, 'first', 'weak', 'nf_hook_slow'])
})
