import {byteQuantity, siQuantity} from '../output/quantity.ts'
import {escapeText} from '../output/escape.ts'
import {cut} from '../output/width.ts'

/** As long as it is shorter, nobody waits. */
const firstMs = 500
const everyMs = 100
const barColumns = 24
/** Back to the first column, and what stood on the line is gone. */
const eraseLine = '\r\u001b[K'

export interface ReadProgress {
  readonly consumed: number
  /** Undefined of a pipe. */
  readonly total: number | undefined
  readonly frames: number
}

/** How far a capture was read, on one line of a terminal that is written over and at last erased. */
export class CaptureProgress implements Disposable {
  readonly #path: string
  readonly #columns: number | undefined
  readonly #write: (text: string) => void
  readonly #startedMs = performance.now()
  #nextMs = this.#startedMs + firstMs
  #isShown = false

  /** Nothing is written without `columns`. */
  constructor(path: string, columns: number | undefined, write: (text: string) => void) {
    this.#path = path
    this.#columns = columns
    this.#write = write
  }

  show({consumed, total, frames}: ReadProgress): void {
    const nowMs = performance.now()
    if (this.#columns === undefined || nowMs < this.#nextMs) return
    this.#nextMs = nowMs + everyMs
    const rate = `${siQuantity(frames / ((nowMs - this.#startedMs) / 1000))} pkt/s`
    const done = total === undefined || total === 0 ? byteQuantity(consumed) : barOf(consumed, total)
    this.#write(eraseLine + cut(escapeText(`${this.#path}  ${done}  ${rate}`), this.#columns - 1))
    this.#isShown = true
  }

  /** Before anything else is written. */
  hide(): void {
    if (this.#isShown) this.#write(eraseLine)
    this.#isShown = false
  }

  [Symbol.dispose](): void {
    this.hide()
  }
}

/** On a terminal, unless nothing but results is wanted. */
export function progressOn(stream: NodeJS.WriteStream, path: string, isQuiet: boolean): CaptureProgress {
  const isShown = stream.isTTY && process.env['TERM'] !== 'dumb' && !isQuiet
  return new CaptureProgress(path, isShown ? stream.columns : undefined, (text) => stream.write(text))
}

function barOf(consumed: number, total: number): string {
  const part = Math.min(1, consumed / total)
  const full = Math.round(part * barColumns)
  const bar = `${'█'.repeat(full)}${'░'.repeat(barColumns - full)}`
  return `${bar} ${Math.floor(part * 100)} %  ${byteQuantity(consumed)} of ${byteQuantity(total)}`
}
