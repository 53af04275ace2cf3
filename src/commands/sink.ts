import {once} from 'node:events'
import type {Writable} from 'node:stream'

/** Where results go. A reader that is slow is waited for; one that has gone (`| head`) ends the run and is no error. */
export class Sink {
  readonly #stream: Writable
  #isBroken = false

  constructor(stream: Writable, onBroken: () => void) {
    this.#stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!gone.has(error.code ?? '')) throw error
      this.#isBroken = true
      onBroken()
    })
  }

  async write(text: string): Promise<void> {
    if (this.#isBroken || text === '') return
    if (this.#stream.write(text)) return
    await Promise.race([once(this.#stream, 'drain'), once(this.#stream, 'close')]).catch(() => undefined)
  }
}

/** The pipe's reader ended, the terminal was closed. */
const gone: ReadonlySet<string> = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED'])
