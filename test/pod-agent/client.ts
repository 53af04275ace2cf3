import {WebSocket} from 'ws'
import {readBatch} from '../../src/protocol/batch.ts'
import {
  type AgentMessage,
  type ClientMessage,
  type Hello,
  type Stopped,
  subprotocol,
} from '../../src/protocol/message.ts'
import type {AgentProcess} from './agent-process.ts'
import type {Ledger} from './ledger.ts'

export interface ClientOptions {
  readonly ledger?: Ledger
  /** Acknowledges each message that carries counts; without it, none. */
  readonly acknowledges?: boolean
  readonly resumeAfter?: number
}

/** A client that a test can stop, cut off and start again. */
export class Client implements Disposable {
  readonly messages: AgentMessage[] = []
  readonly closed: Promise<unknown>
  readonly socket: WebSocket
  /** Messages with counts that this connection has brought. */
  counted = 0
  readonly #options: ClientOptions
  #changed = Promise.withResolvers<unknown>()

  private constructor(agent: AgentProcess, options: ClientOptions) {
    this.#options = options
    this.socket = new WebSocket(`ws://127.0.0.1:${agent.port}/`, subprotocol, {perMessageDeflate: false})
    this.socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => this.socket.once('close', resolve))
    void this.closed.then(() => this.#changed.resolve(undefined))
    this.socket.on('message', (bytes: Buffer, isBinary) => {
      if (isBinary) this.#count(readBatch(bytes).sequence, bytes)
      else this.#hear(JSON.parse(bytes.toString()) as AgentMessage, agent)
      this.#changed.resolve(undefined)
      this.#changed = Promise.withResolvers()
    })
  }

  /** A client that has said hello. */
  static async meet(agent: AgentProcess, options: ClientOptions = {}): Promise<Client> {
    const client = new Client(agent, options)
    await client.until(() => client.has('hello'))
    return client
  }

  has(type: AgentMessage['type']): boolean {
    return this.messages.some((message) => message.type === type)
  }

  get hello(): Hello {
    return this.messages.find(({type}) => type === 'hello') as Hello
  }

  get stopped(): Stopped {
    return this.messages.find(({type}) => type === 'stopped') as Stopped
  }

  send(message: ClientMessage): void {
    this.socket.send(JSON.stringify(message))
  }

  /** Waits for what the agent says; fails when the connection ends first. */
  async until(isSo: () => boolean, limitMs = 15_000): Promise<void> {
    const deadline = performance.now() + limitMs
    while (!isSo()) {
      const left = deadline - performance.now()
      if (left <= 0) throw new Error('the agent did not say it in time')
      if (this.socket.readyState > WebSocket.OPEN) throw new Error('the connection ended')
      const timer = Promise.withResolvers<unknown>()
      const timeout = setTimeout(timer.resolve, left)
      await Promise.race([this.#changed.promise, timer.promise])
      clearTimeout(timeout)
    }
  }

  async stop(): Promise<Stopped> {
    this.send({type: 'stop'})
    await this.until(() => this.has('stopped'))
    return this.stopped
  }

  [Symbol.dispose](): void {
    this.socket.terminate()
  }

  #hear(message: AgentMessage, agent: AgentProcess): void {
    this.messages.push(message)
    if (message.type === 'challenge') {
      const signature = agent.identity.prove(message.nonce)
      this.send({type: 'proof', signature, resumeAfter: this.#options.resumeAfter ?? -1})
    }
    if (message.type === 'drained') this.#count(message.sequence, message)
  }

  #count(sequence: number, content: Buffer | (AgentMessage & {type: 'drained'})): void {
    this.counted += 1
    this.#options.ledger?.enter(sequence, content)
    if (this.#options.acknowledges ?? true) this.send({type: 'acknowledge', sequence})
  }
}
