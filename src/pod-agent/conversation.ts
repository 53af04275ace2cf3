import {setTimeout as delay} from 'node:timers/promises'
import type {AgentMessage, Answered, ClientMessage, Facts, Hello} from '../protocol/message.ts'
import {type Message, Outbox} from './outbox.ts'
import type {ProvedClient} from './server.ts'

/** While this much waits to be acknowledged, no further drain is begun: the kernel's tables go on counting. */
const mostUnacknowledgedBytes = 8 << 20
/** Within one drain: what the socket has not taken yet. */
const mostBufferedBytes = 4 << 20
const patienceAtCloseMs = 1000

export interface ConversationListener {
  hello(sequence: number): Hello
  /** Told after each hello, where there is anything. */
  facts(): Answered | Facts | undefined
  /** A client has proved itself for the first time. */
  met(): void
  asksToStop(): void
}

/** What the agent says to its one client, across broken tunnels. */
export class Conversation {
  readonly #listener: ConversationListener
  readonly #outbox = new Outbox()
  #client: ProvedClient | undefined
  #isOpen = false
  #lastHeard = performance.now()
  #hasMet = false
  #lastWord: string | undefined
  #arrival = Promise.withResolvers<unknown>()

  constructor(listener: ConversationListener) {
    this.#listener = listener
  }

  get silentMs(): number {
    return performance.now() - this.#lastHeard
  }

  get hasClient(): boolean {
    return this.#client !== undefined
  }

  get canTakeDrain(): boolean {
    return this.hasClient && this.#isOpen && this.#outbox.unacknowledgedBytes < mostUnacknowledgedBytes
  }

  /** Also while a broken tunnel is repaired: the rings in the kernel are small. */
  get canTakeRecords(): boolean {
    return this.#hasMet && this.#outbox.unacknowledgedBytes < mostUnacknowledgedBytes
  }

  get canTakeMore(): boolean {
    return this.#client === undefined || this.#client.bufferedBytes < mostBufferedBytes
  }

  /** The newest proved client is the one: an old tunnel may be dead without having noticed. */
  welcome(client: ProvedClient, resumeAfter: number): void {
    this.#client?.terminate()
    this.#client = client
    this.#lastHeard = performance.now()
    this.#outbox.acknowledge(resumeAfter)
    client.onSign(() => (this.#lastHeard = performance.now()))
    client.onMessage((message) => {
      if (this.#client === client) this.#hear(message)
    })
    client.onClose(() => {
      if (this.#client === client) this.#client = undefined
    })
    if (this.#isOpen) this.#greet(client)
    this.#arrival.resolve(undefined)
    this.#arrival = Promise.withResolvers()
  }

  /** From now on a client is told everything; until then it waits for hello. */
  open(): void {
    this.#isOpen = true
    if (this.#client !== undefined) this.#greet(this.#client)
  }

  tell(message: AgentMessage): void {
    if (this.#isOpen) this.#client?.send(JSON.stringify(message))
  }

  /** The last word of an agent that may not even have said hello. */
  tellFailure(message: AgentMessage & {type: 'failed'}): void {
    this.#client?.send(JSON.stringify(message))
  }

  /** Says what carries counts, and again to a client that did not get it. */
  count(make: (sequence: number) => Message): void {
    const message = this.#outbox.add(make)
    if (this.#isOpen) this.#client?.send(message)
  }

  /** Says the last word, and closes when the client has it; one whose tunnel broke just then is waited for. */
  async conclude(lastWord: AgentMessage): Promise<void> {
    this.#lastWord = JSON.stringify(lastWord)
    this.#client?.send(this.#lastWord)
    for (;;) {
      const client = this.#client
      if (client === undefined) await this.#arrival.promise
      else if ((await closed(client)) || this.#outbox.unacknowledgedBytes === 0) return
    }
  }

  /** Closes at once, after what was said. */
  async close(): Promise<void> {
    if (this.#client !== undefined) await closed(this.#client)
  }

  terminate(): void {
    this.#client?.terminate()
  }

  #greet(client: ProvedClient): void {
    client.send(JSON.stringify(this.#listener.hello(this.#outbox.first)))
    const facts = this.#listener.facts()
    if (facts !== undefined) client.send(JSON.stringify(facts))
    for (const message of this.#outbox.kept()) client.send(message)
    if (this.#lastWord !== undefined) client.send(this.#lastWord)
    if (!this.#hasMet) this.#listener.met()
    this.#hasMet = true
  }

  #hear(message: ClientMessage): void {
    switch (message.type) {
      case 'acknowledge':
        this.#outbox.acknowledge(message.sequence)
        return
      case 'stop':
        this.#listener.asksToStop()
        return
      case 'alive':
      case 'proof':
    }
  }
}

const properly = 1000

/** Resolves when the client has everything and closed its side too, or a second later; tells whether it did so in order. */
async function closed(client: ProvedClient): Promise<boolean> {
  const end = new Promise<number>((resolve) => client.onClose(resolve))
  await client.flush()
  client.close(properly, 'stopped')
  return (await Promise.race([end, delay(patienceAtCloseMs, properly, {ref: false})])) === properly
}
