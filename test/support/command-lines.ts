import {type ChildProcess, fork} from 'node:child_process'
import {once} from 'node:events'
import {join} from 'node:path'

export interface CommandLine {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export interface Said {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** One process that takes command lines as `kubectl ipv6` does, one after the other: a start of the plugin takes a sixth of a second of CPU, a line a hundredth. For lines that start no agent. */
export class CommandLines implements AsyncDisposable {
  #child: ChildProcess | undefined
  #last: Promise<unknown> = Promise.resolve()

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
    const said = this.#last.then(() => this.#ask({args, env}))
    this.#last = said.catch(() => undefined)
    return said
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async #ask(line: CommandLine): Promise<Said> {
    this.#child ??= fork(join(import.meta.dirname, 'command-lines-process.ts'), {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const child = this.#child
    const over = new AbortController()
    const ended = once(child, 'exit', {signal: over.signal}).then(() => {
      throw new Error(`it ended at: ${line.args.join(' ')}`)
    })
    const answered = once(child, 'message', {signal: over.signal})
    child.send(line)
    try {
      const [said] = (await Promise.race([answered, ended])) as [Said] // as command-lines-process.ts sends it
      return said
    } finally {
      over.abort()
      await Promise.allSettled([answered, ended])
    }
  }
}
