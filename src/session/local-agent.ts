import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, readFileSync} from 'node:fs'
import {connect} from 'node:net'
import {networkInterfaces} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import type {Duplex} from 'node:stream'
import {setTimeout as delay} from 'node:timers/promises'
import {agentEnded, fromAgent, loopbackDown, needsLinux, needsRoot, notBuilt} from '../errors.ts'
import {hasCapabilities} from '../protocol/capabilities.ts'
import type {Failed} from '../protocol/message.ts'
import type {AgentSettings} from '../protocol/settings.ts'
import type {AgentDoor} from './watch-agent.ts'

/** One after the other, from when the agent should end by itself. */
const termMs = 1000
const killMs = 4000
const leaveMs = 10_000
const lastWordsMs = 500

/** An agent as a child process of this one, for the target `local`. */
export class LocalAgent implements AgentDoor, AsyncDisposable {
  readonly node = 'local'
  readonly ended: Promise<Error>
  readonly #child: ChildProcess
  readonly #port: number
  readonly #exited: Promise<unknown>
  #isForced = false

  private constructor(child: ChildProcess, {port, ended}: {port: number; ended: Promise<Error>}) {
    this.#child = child
    this.#port = port
    this.ended = ended
    this.#exited = once(child, 'exit')
  }

  static async start(settings: AgentSettings): Promise<LocalAgent> {
    if (process.platform !== 'linux') throw needsLinux(process.platform)
    if (!mayLoadPrograms()) throw needsRoot()
    if (!hasLoopback()) throw loopbackDown()
    // A group of its own: Ctrl-C reaches this process only, which then ends the agent in order.
    const child = spawn(process.execPath, [...agentFlags, agentProgram(), JSON.stringify(settings)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    const ended = endOf(child)
    const lines = createInterface({input: child.stdout})
    const first = await Promise.race([new Promise<string>((resolve) => lines.once('line', resolve)), ended])
    if (first instanceof Error) throw first
    const {listening} = JSON.parse(first) as {listening: number} // written by our own agent
    return new LocalAgent(child, {port: listening, ended})
  }

  open(signal: AbortSignal): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const socket = connect({host: '127.0.0.1', port: this.#port, noDelay: true, signal})
      socket.once('connect', () => resolve(socket))
      socket.once('error', reject)
    })
  }

  /** Waits for the agent's own end, which `stop` has asked for. One that does not come is enforced, and then told in a sentence. */
  async close(): Promise<string | undefined> {
    if (hasExited(this.#child)) return undefined
    const over = new AbortController()
    await Promise.race([this.#exited, this.#enforce(over.signal).catch(() => undefined)])
    over.abort()
    if (!hasExited(this.#child)) return this.#leave()
    return this.#isForced ? 'The agent did not end when it was asked to, and was killed.' : undefined
  }

  async #enforce(signal: AbortSignal): Promise<void> {
    await delay(termMs, undefined, {signal})
    this.#child.kill('SIGTERM')
    await delay(killMs, undefined, {signal})
    this.#isForced = this.#child.kill('SIGKILL')
    await delay(leaveMs, undefined, {signal})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** A process that is killed ends when the kernel has let go of what it held: half a minute with a thousand interfaces. */
  #leave(): string {
    for (const stream of [this.#child.stdout, this.#child.stderr]) stream?.destroy()
    this.#child.unref()
    return `The agent was killed, and the kernel is still removing what it held: process ${this.#child.pid ?? 0} ends then.`
  }
}

const hasExited = ({exitCode, signalCode}: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** As in the image's entry point: small heaps, for an agent that keeps next to nothing. */
const agentFlags = ['--max-semi-space-size=2', '--max-old-space-size=128', '--disable-warning=ExperimentalWarning']

function agentProgram(): string {
  const candidates = ['../agent/agent.js', '../pod-agent/main.ts'].map((path) => join(import.meta.dirname, path))
  const found = candidates.find((path) => existsSync(path))
  if (found === undefined) throw notBuilt(candidates.join(', '))
  return found
}

const mayLoadPrograms = (): boolean =>
  hasCapabilities(readFileSync('/proc/self/status', 'utf8'), ['NET_ADMIN', 'PERFMON', 'BPF'])

/** In a network namespace that is new, lo is down. */
function hasLoopback(): boolean {
  const held = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return held.some(({address}) => address === '127.0.0.1')
}

/** The agent's last JSON line on stderr says why it failed, where it could say so itself. */
function endOf(child: ChildProcess): Promise<Error> {
  let tail = ''
  child.stderr?.on('data', (text: Buffer) => (tail = (tail + text.toString()).slice(-8192)))
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error))
    const tell = (status: number | null, signal: NodeJS.Signals | null): void =>
      resolve(failureIn(tail) ?? agentEnded(signal === null ? `exit status ${status ?? 0}` : `killed by ${signal}`))
    child.once('close', tell)
    // What it wrote is read to its end; a process that it left behind, with its stderr open, is not waited for.
    child.once('exit', (status, signal) => setTimeout(tell, lastWordsMs, status, signal).unref())
  })
}

function failureIn(text: string): Error | undefined {
  for (const line of text.trimEnd().split('\n').reverse()) {
    if (!line.startsWith('{"type":"failed"')) continue
    return fromAgent(JSON.parse(line) as Failed) // written by our own agent
  }
  return undefined
}
