import type {Duplex} from 'node:stream'
import {setTimeout as delay} from 'node:timers/promises'
import {WebSocket} from 'ws'
import {type Batch, readBatch} from '../protocol/batch.ts'
import {type AgentMessage, type ClientMessage, subprotocol} from '../protocol/message.ts'
import type {Identity} from './identity.ts'
import {Queue} from './queue.ts'

export type Heard = {readonly batch: Batch} | {readonly message: Exclude<AgentMessage, {type: 'challenge' | 'alive'}>}

export interface WireOptions {
  readonly identity: Identity
  readonly resumeAfter: number
  /** Neither side may be silent for longer, in milliseconds. */
  readonly silenceMs: number
}

/** Said to an agent that has said everything (RFC 6455 §7.4.1), which then closes too. */
const properly = 1000
const patienceAtCloseMs = 500

/** One tunnel to one agent, from the proof to its end. Fails when the tunnel breaks or falls silent; a new wire then resumes. */
export class Wire {
  readonly #socket: WebSocket
  readonly #heard = new Queue<Heard>()
  readonly #options: WireOptions
  readonly #beat: NodeJS.Timeout
  /** performance.now() when the agent last said something over this wire; 0 before. A clock that somebody sets is no measure of silence. */
  lastHeard = 0
  readonly #opened = performance.now()

  constructor(stream: Duplex, options: WireOptions) {
    this.#options = options
    // The stream is the connection: the URL only satisfies the HTTP grammar.
    this.#socket = new WebSocket('ws://agent/', subprotocol, {
      createConnection: () => stream as never, // ws wants a net.Socket and uses it as a Duplex
      perMessageDeflate: false,
      maxPayload: 16 << 20,
      handshakeTimeout: options.silenceMs,
    })
    this.#socket.on('message', (bytes: Buffer, isBinary) => this.#receive(bytes, isBinary))
    this.#socket.on('error', (error) => this.#heard.fail(error))
    this.#socket.on('close', (code, reason) =>
      this.#heard.fail(new Error(`the agent closed the stream (${code} ${reason.toString()})`.replace(' )', ')'))),
    )
    this.#beat = setInterval(() => this.#heartbeat(), options.silenceMs / 3)
  }

  send(message: ClientMessage): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message))
  }

  take(): Promise<Heard> {
    return this.#heard.take()
  }

  /** Ends the wire with this error, after what was heard before it. */
  fail(error: Error): void {
    this.#heard.fail(error)
  }

  /** Ends in order, a moment later at most: what a socket that is cut has just sent may be lost, and an agent whose counts were not acknowledged waits for us to come back. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve))
    this.#socket.close(properly)
    if (this.#socket.readyState !== WebSocket.CLOSED)
      await Promise.race([closed, delay(patienceAtCloseMs, undefined, {ref: false})])
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beat)
    this.#socket.on('error', () => undefined) // a socket that ends while it still connects reports it again
    this.#socket.terminate()
  }

  #receive(bytes: Buffer, isBinary: boolean): void {
    this.lastHeard = performance.now()
    try {
      if (isBinary) this.#heard.push({batch: readBatch(bytes)})
      else this.#message(JSON.parse(bytes.toString()) as AgentMessage) // same build on both ends: the layout hash in hello says so
    } catch (cause) {
      this.#heard.fail(new Error('what the agent sent cannot be read', {cause}))
    }
  }

  #message(message: AgentMessage): void {
    if (message.type === 'alive') return
    if (message.type === 'challenge') {
      const {identity, resumeAfter} = this.#options
      this.send({type: 'proof', signature: identity.prove(message.nonce), resumeAfter})
      return
    }
    this.#heard.push({message})
  }

  #heartbeat(): void {
    this.send({type: 'alive'})
    const silence = performance.now() - Math.max(this.lastHeard, this.#opened)
    if (silence > this.#options.silenceMs)
      this.#heard.fail(new Error(`nothing was heard for ${Math.round(silence / 1000)} s`))
  }
}
