import {release} from 'node:os'
import {setTimeout as delay} from 'node:timers/promises'
import packageJson from '../../package.json' with {type: 'json'}
import {layoutHash} from '../generated/layout.ts'
import type {Answered, Facts, Hello} from '../protocol/message.ts'
import type {AgentSettings} from '../protocol/settings.ts'
import {Conversation} from './conversation.ts'
import {Ending} from './ending.ts'
import {readText} from './facts-settings.ts'
import {failedMessage} from './failed-message.ts'
import {clientKey, isProved} from './proof.ts'
import {ClientServer} from './server.ts'

const failureMs = 2000

/** What a run says of itself. */
export type Greeting = Pick<Hello, 'cpus' | 'clockOffsetNs' | 'interfaces' | 'pending' | 'warnings'>

/** Of a run that has nothing in the kernel. */
export const bareGreeting: Greeting = {cpus: 0, clockOffsetNs: '0', interfaces: [], warnings: []}

/** What is told first to a client, and again to one that comes back. */
export interface Opening {
  greeting(): Greeting
  /** Told after it, where there is anything. */
  facts(): Answered | Facts | undefined
}

/** What every run has: one client that is waited for, heard and told, and a reason to end. */
export class Exchange implements Disposable {
  readonly ending: Ending
  readonly conversation: Conversation
  readonly #settings: AgentSettings
  readonly #met = Promise.withResolvers<unknown>()
  #server: ClientServer | undefined
  #beat: NodeJS.Timeout | undefined

  #opening: Opening | undefined

  private constructor(settings: AgentSettings) {
    this.#settings = settings
    this.ending = new Ending(settings.maxDurationMs)
    this.conversation = new Conversation({
      hello: (sequence) => this.#hello(sequence),
      facts: () => this.#opening?.facts(),
      met: () => this.#met.resolve(undefined),
      asksToStop: () => this.ending.end('asked'),
    })
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (cause: unknown) => this.ending.fail(cause))
    }
  }

  /** A client may come from now on; `announce` is told to which port. It waits until `begin`. */
  static async open(settings: AgentSettings, announce: (port: number) => void): Promise<Exchange> {
    const exchange = new Exchange(settings)
    try {
      announce(await exchange.#listen())
      return exchange
    } catch (cause) {
      exchange[Symbol.dispose]()
      throw cause
    }
  }

  begin(opening: Opening): void {
    this.#opening = opening
    this.conversation.open()
  }

  /** Settles when a client has begun to listen, or the end is reached before. */
  met(): Promise<unknown> {
    return Promise.race([this.#met.promise, this.ending.reached])
  }

  /** Does the run's work; what ends it early is the last that the client hears. */
  async during(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      this.conversation.tellFailure(failedMessage(cause))
      // A client that does not read must not keep the programs attached.
      await Promise.race([this.conversation.close(), delay(failureMs, undefined, {ref: false})])
      throw cause
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beat)
    this.ending[Symbol.dispose]()
    this.conversation.terminate()
    this.#server?.close()
  }

  async #listen(): Promise<number> {
    const {port, publicKey, silenceMs} = this.#settings
    const key = clientKey(publicKey)
    this.#server = await ClientServer.listen(port, {
      isProved: (nonce, signature) => isProved(key, {nonce, signature}),
      welcome: (client, resumeAfter) => this.conversation.welcome(client, resumeAfter),
    })
    this.ending.watchSilence(silenceMs, () => this.conversation.silentMs)
    this.#beat = setInterval(() => this.conversation.tell({type: 'alive'}), silenceMs / 3)
    return this.#server.port
  }

  #hello(sequence: number): Hello {
    const {run} = this.#settings
    const greeting = this.#opening?.greeting() ?? bareGreeting
    const boot = readText('/proc/sys/kernel/random/boot_id')?.trim()
    const kernel = {kernel: release(), ...(boot !== undefined && {boot})}
    return {type: 'hello', run, agent: packageJson.version, layout: layoutHash, ...kernel, ...greeting, sequence}
  }
}
