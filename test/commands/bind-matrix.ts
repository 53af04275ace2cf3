import {execFileSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

/** bind-matrix.c as a program of this machine's C library, until it is disposed of. */
export function compileMatrix(): Disposable & {readonly path: string} {
  const folder = mkdtempSync(join(tmpdir(), 'bind-matrix-'))
  const path = join(folder, 'bind-matrix')
  execFileSync('gcc', ['-O1', '-s', '-D_GNU_SOURCE', '-o', path, join(import.meta.dirname, 'bind-matrix.c')])
  return {path, [Symbol.dispose]: () => rmSync(folder, {recursive: true})}
}

interface Tried {
  readonly address: string
  readonly v6only: boolean | null
  readonly reuseaddr: boolean
  readonly reuseport: boolean
  readonly bind: string | null
  readonly listen: string | null
}

/** A `bind` line as bind-matrix.c writes it. */
export function caseText({mode, sockets, coexist}: Readonly<Record<string, unknown>>): string {
  const each = (sockets as readonly Tried[]).map(({address, v6only, reuseaddr, reuseport, bind, listen}) =>
    [
      address,
      v6only === null ? -1 : Number(v6only),
      Number(reuseaddr),
      Number(reuseport),
      String(bind),
      String(listen),
    ].join(' '),
  ) // the contract's fields
  return [String(mode), ...each, coexist === true ? 'coexist' : 'refused'].join(' | ')
}
