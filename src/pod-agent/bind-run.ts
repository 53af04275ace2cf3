import {release} from 'node:os'
import {setTimeout as delay} from 'node:timers/promises'
import packageJson from '../../package.json' with {type: 'json'}
import {layoutHash} from '../generated/layout.ts'
import type {Answered, Hello, Stopped} from '../protocol/message.ts'
import type {AgentSettings} from '../protocol/settings.ts'
import type {Answer} from '../protocol/binding.ts'
import {answerBindcheck} from './bind-answer.ts'
import {enterNetworkOfContainers} from './containers.ts'
import {Conversation} from './conversation.ts'
import {Ending} from './ending.ts'
import {failedMessage} from './failed-message.ts'
import {answerListeners} from './listeners.ts'
import {clientKey, isProved} from './proof.ts'
import {ClientServer} from './server.ts'

/** A client reads its answer within that, or has gone. */
const patienceMs = 20_000
const failureMs = 2000
/** Nothing is loaded into the kernel, and what was tried ended with its sockets. */
const stopped: Stopped = {type: 'stopped', removed: {programs: 0, links: 0, maps: 0}, clean: true, remains: []}

/** Answers the one question in the settings, and ends. */
export async function runQuestion(settings: AgentSettings, announce: (port: number) => void): Promise<void> {
  using run = new BindRun(settings)
  await run.listen(announce)
  await run.answer()
}

function answerTo({bindcheck, listeners, containers}: AgentSettings): Answer {
  if (bindcheck !== undefined) return answerBindcheck(bindcheck, containers)
  if (listeners !== undefined) return answerListeners(listeners)
  throw new TypeError('no question was asked')
}

class BindRun implements Disposable {
  readonly #settings: AgentSettings
  readonly #ending: Ending
  readonly #conversation: Conversation
  readonly #met = Promise.withResolvers<unknown>()
  #server: ClientServer | undefined
  #beat: NodeJS.Timeout | undefined
  #answer: Answered | undefined

  constructor(settings: AgentSettings) {
    this.#settings = settings
    this.#ending = new Ending(settings.maxDurationMs)
    this.#conversation = new Conversation({
      hello: (sequence) => this.#hello(sequence),
      facts: () => this.#answer,
      met: () => this.#met.resolve(undefined),
      asksToStop: () => this.#ending.end('asked'),
    })
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (cause: unknown) => this.#ending.fail(cause))
    }
  }

  async listen(announce: (port: number) => void): Promise<void> {
    const {port, publicKey, silenceMs} = this.#settings
    const key = clientKey(publicKey)
    this.#server = await ClientServer.listen(port, {
      isProved: (nonce, signature) => isProved(key, {nonce, signature}),
      welcome: (client, resumeAfter) => this.#conversation.welcome(client, resumeAfter),
    })
    announce(this.#server.port)
    this.#ending.watchSilence(silenceMs, () => this.#conversation.silentMs)
    this.#beat = setInterval(() => this.#conversation.tell({type: 'alive'}), silenceMs / 3)
  }

  async answer(): Promise<void> {
    const {containers} = this.#settings
    try {
      if (containers !== undefined) enterNetworkOfContainers(containers)
      this.#answer = {type: 'answer', answer: answerTo(this.#settings)}
      this.#conversation.open()
      await Promise.race([this.#met.promise, this.#ending.reached])
      await Promise.race([this.#conversation.conclude(stopped), delay(patienceMs, undefined, {ref: false})])
    } catch (cause) {
      this.#conversation.tellFailure(failedMessage(cause))
      await Promise.race([this.#conversation.close(), delay(failureMs, undefined, {ref: false})])
      throw cause
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#beat)
    this.#ending[Symbol.dispose]()
    this.#conversation.terminate()
    this.#server?.close()
  }

  #hello(sequence: number): Hello {
    return {
      type: 'hello',
      run: this.#settings.run,
      agent: packageJson.version,
      layout: layoutHash,
      kernel: release(),
      cpus: 0,
      clockOffsetNs: '0',
      interfaces: [],
      warnings: [],
      sequence,
    }
  }
}
