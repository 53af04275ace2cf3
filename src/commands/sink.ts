import {once} from 'node:events'
import type {Writable} from 'node:stream'

/** Where results go. A reader that is slow is waited for; a stream that takes no more (`| head`, a full disk) ends the run in order, and whoever started it says why. */
export class Sink {
  readonly #stream: Writable
  #isBroken = false

  constructor(stream: Writable, onBroken: () => void) {
    this.#stream = stream
    stream.on('error', () => {
      this.#isBroken = true
      onBroken()
    })
  }

  async write(text: string): Promise<void> {
    if (this.#isBroken || text === '') return
    if (this.#stream.write(text)) return
    const over = new AbortController()
    const came = (event: string): Promise<unknown> => once(this.#stream, event, {signal: over.signal})
    await Promise.race([came('drain'), came('close')]).catch(() => undefined)
    over.abort() // the one that did not come would go on listening
  }
}
