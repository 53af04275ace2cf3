import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {createInterface} from 'node:readline'
import type {Failed} from '../../src/protocol/message.ts'
import {type AgentSettings, everything, noFeeds} from '../../src/protocol/settings.ts'
import {createIdentity, type Identity} from '../../src/session/identity.ts'

// Built: from src/ a start takes three times as much CPU.
const program = new URL('../../dist/agent/agent.js', import.meta.url).pathname

/** The real agent, in the network namespace of the test. */
export class AgentProcess implements AsyncDisposable {
  readonly identity: Identity
  readonly child: ChildProcess
  readonly ended: Promise<{status: number | null; stdout: string; stderr: string}>
  port = 0

  private constructor(change: Partial<AgentSettings>, through: readonly string[]) {
    this.identity = createIdentity()
    const {run, publicKey} = this.identity
    const settings: AgentSettings = {
      run,
      publicKey,
      port: 0,
      hook: 'auto',
      interfaces: [],
      flows: 8192,
      intervalMs: 100,
      silenceMs: 15_000,
      maxDurationMs: 60_000,
      filter: everything,
      feeds: noFeeds,
      ...change,
    }
    const command = [...through, process.execPath, program, JSON.stringify(settings)]
    this.child = spawn(command[0]!, command.slice(1), {stdio: ['ignore', 'pipe', 'pipe']})
    this.ended = endOf(this.child)
  }

  /** `through`: a command that runs the agent, such as setpriv. */
  static async start(change: Partial<AgentSettings> = {}, ...through: readonly string[]): Promise<AgentProcess> {
    const agent = AgentProcess.launch(change, ...through)
    const [line] = (await once(createInterface({input: agent.child.stdout!}), 'line')) as [string]
    agent.port = (JSON.parse(line) as {listening: number}).listening
    return agent
  }

  /** For one that may not get as far as listening. */
  static launch(change: Partial<AgentSettings>, ...through: readonly string[]): AgentProcess {
    return new AgentProcess(change, through)
  }

  get pid(): number {
    return this.child.pid!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.ended
  }
}

async function endOf(child: ChildProcess): Promise<{status: number | null; stdout: string; stderr: string}> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (bytes: Buffer) => (stdout += bytes.toString()))
  child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes.toString()))
  const [status] = (await once(child, 'close')) as [number | null]
  return {status, stdout, stderr}
}

export function failureIn(stderr: string): Failed | undefined {
  const line = stderr.split('\n').find((each) => each.startsWith('{"type":"failed"'))
  return line === undefined ? undefined : (JSON.parse(line) as Failed)
}
