import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import type * as program from '../../src/commands/main.ts'
import type {CommandLine} from './command-lines.ts'

// The built program: what its entry point imports. From src/ a start would take three times as long.
const built = join(import.meta.dirname, '../../dist/cli')
const [, part = ''] = /import\("(\.\/part-\w+\.js)"\)/.exec(readFileSync(join(built, 'cli.js'), 'utf8')) ?? []
const {main} = (await import(join(built, part))) as typeof program // it is built from that

// As src/cli.ts has it.
process.env['OCLIF_DISABLE_ENGINE_WARNING'] = '1'
process.env['SHELL'] ??= '/bin/sh'

/** Keeps what is written; returns the way back. */
function collect(stream: NodeJS.WriteStream, chunks: string[]): () => void {
  const write = stream.write.bind(stream)
  const keep = (chunk: string | Uint8Array, ...rest: readonly unknown[]): boolean => {
    chunks.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
    const done = rest.at(-1)
    if (typeof done === 'function') process.nextTick(done)
    return true
  }
  stream.write = keep
  return () => {
    stream.write = write
    stream.removeAllListeners('error')
  }
}

async function answer({args, env}: CommandLine): Promise<void> {
  const before = process.env
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const ends = [collect(process.stdout, stdout), collect(process.stderr, stderr)]
  process.env = {...before, ...env}
  process.exitCode = undefined
  const status = await main(args)
  process.exitCode = 0
  process.env = before
  for (const end of ends) end()
  process.send?.({status, stdout: stdout.join(''), stderr: stderr.join('')})
}

process.on('message', (line: CommandLine) => void answer(line))
