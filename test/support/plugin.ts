import {type ChildProcess, spawn} from 'node:child_process'
import {join} from 'node:path'

const bin = join(import.meta.dirname, '../../bin')
const plugin = join(bin, 'kubectl-ipv6')

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

export type JsonLine = Readonly<Record<string, unknown>> & {readonly kind: string; readonly node: string}

/** `kubectl ipv6 …` as a person starts it: through kubectl, which finds the plugin on the PATH and replaces itself with it. Where no cluster is asked, what kubectl would have started: it takes an eighth of a second. */
export class Plugin implements AsyncDisposable {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  #stdout = ''
  #stderr = ''
  readonly #lines: JsonLine[] = []
  /** Of stdout, in characters. */
  #read = 0
  readonly #started = performance.now()

  constructor(
    args: readonly string[],
    {kubeconfig, prefix = []}: {readonly kubeconfig?: string; readonly prefix?: readonly string[]} = {},
  ) {
    const [program = '', ...rest] = [...prefix, ...(kubeconfig === undefined ? [plugin] : ['kubectl', 'ipv6']), ...args]
    const environment = {
      ...process.env,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
      ...(kubeconfig === undefined ? {} : {KUBECONFIG: kubeconfig}),
    }
    this.child = spawn(program, rest, {stdio: ['ignore', 'pipe', 'pipe'], env: environment})
    this.child.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()))
    this.child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    this.ended = new Promise((resolve) => {
      this.child.once('close', (status, signal) =>
        resolve({
          status,
          signal,
          stdout: this.#stdout,
          stderr: this.#stderr,
          seconds: (performance.now() - this.#started) / 1000,
        }),
      )
    })
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  /** Whole JSON lines so far; each is read once, as many wait by asking for them again and again. */
  get lines(): readonly JsonLine[] {
    const end = this.#stdout.lastIndexOf('\n') + 1
    const fresh = this.#stdout.slice(this.#read, end).split('\n').slice(0, -1)
    for (const line of fresh) this.#lines.push(JSON.parse(line) as JsonLine)
    this.#read = end
    return [...this.#lines]
  }

  /** Waits until stdout shows it; fails with what was said when it does not within the time, or the plugin ends before. */
  async until(pattern: RegExp, withinMs = 20_000): Promise<void> {
    const limit = Date.now() + withinMs
    while (!pattern.test(this.#stdout)) {
      const isOver = this.child.exitCode !== null || this.child.signalCode !== null
      if (isOver || Date.now() > limit)
        throw new Error(
          `${String(pattern)} was not seen; stdout: ${this.#stdout.slice(-2000)}\nstderr: ${this.#stderr.slice(-2000)}`,
        )
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** The plugin's own process: kubectl replaces itself with it. */
  get pid(): number {
    if (this.child.pid === undefined) throw new Error('it did not start')
    return this.child.pid
  }

  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<Ended> {
    this.child.kill(signal)
    return this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.end('SIGKILL')
  }
}
