import {execFile, execFileSync} from 'node:child_process'
import {promisify} from 'node:util'

const run = promisify(execFile)
let count = 0

/** A network namespace of a test, with the prefix of this room; deleted when disposed. */
export class Namespace implements Disposable {
  readonly name: string
  readonly path: string

  constructor() {
    this.name = `ka-${process.pid}-${count++}`
    this.path = `/run/netns/${this.name}`
    execFileSync('ip', ['netns', 'add', this.name])
    this.ip('link set lo up')
  }

  ip(command: string): string {
    return execFileSync('ip', ['-n', this.name, ...command.split(' ')], {encoding: 'utf8'})
  }

  tc(command: string): string {
    return execFileSync('tc', ['-n', this.name, ...command.split(' ')], {encoding: 'utf8'})
  }

  /** Runs a program in the namespace and gives its output. */
  async run(...command: string[]): Promise<string> {
    const [program = '', ...rest] = this.inside(command)
    return (await run(program, rest, {timeout: 30_000})).stdout
  }

  inside(command: readonly string[]): string[] {
    return ['nsenter', `--net=${this.path}`, ...command]
  }

  [Symbol.dispose](): void {
    execFileSync('ip', ['netns', 'delete', this.name])
  }
}
