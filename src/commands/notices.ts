import {escapeText} from '../output/escape.ts'
import {cut} from '../output/width.ts'

/** Who else shows notices while it has the screen. */
export type NoticeReader = (node: string, text: string, options: {readonly isPassing: boolean}) => void

export interface NoticeOptions {
  readonly isQuiet: boolean
  readonly isVerbose: boolean
  readonly write: (text: string) => void
  /** Columns of the terminal behind `write`; undefined when it is none. */
  readonly columns?: () => number | undefined
}

/** Back to the first column, and what stood on the line is gone. */
const eraseLine = '\r\u001b[K'

/** Everything that is no result: progress, warnings, what is waited for. On stderr, a line each; on the live view while that is open. */
export class Notices {
  readonly #options: NoticeOptions
  readonly #steps = new Map<string, string>()
  #isProgressShown = false
  #isSettled = false
  #reader: NoticeReader | undefined

  constructor(options: NoticeOptions) {
    this.#options = options
  }

  say(node: string, text: string): void {
    this.#tell(node, text, false)
  }

  detail(node: string, text: string): void {
    if (this.#options.isVerbose) this.#tell(node, text, true)
  }

  /** How far the start on a node is: on a terminal one line that is written over, until `settle`. */
  step(node: string, text: string): void {
    if (this.#options.isVerbose || this.#reader !== undefined) {
      this.#tell(node, text, true)
    } else if (!this.#isSettled) {
      this.#steps.set(node, text)
      this.#showProgress()
    }
  }

  /** Results come now, perhaps to the same terminal: no more line that is written over. */
  settle(): void {
    this.#isSettled = true
    this.#hideProgress()
    this.#steps.clear()
  }

  /** From now on everything is told there, until the reader is taken away. */
  tellTo(reader: NoticeReader | undefined): void {
    if (reader !== undefined) this.settle()
    this.#reader = reader
  }

  #tell(node: string, text: string, isPassing: boolean): void {
    if (this.#options.isQuiet) return
    if (this.#reader !== undefined) {
      this.#reader(node, text, {isPassing})
      return
    }
    this.#hideProgress()
    this.#options.write(`${node === '' ? '' : `${escapeText(node)}: `}${escapeText(text)}\n`)
    this.#showProgress()
  }

  #showProgress(): void {
    const columns = (this.#options.columns ?? terminalColumns)()
    if (columns === undefined || this.#options.isQuiet || this.#steps.size === 0) return
    const text = Array.from(this.#steps, ([node, step]) => `${node}: ${step}`).join(', ')
    this.#options.write(eraseLine + cut(escapeText(text), columns - 1))
    this.#isProgressShown = true
  }

  #hideProgress(): void {
    if (this.#isProgressShown) this.#options.write(eraseLine)
    this.#isProgressShown = false
  }
}

const terminalColumns = (): number | undefined =>
  process.stderr.isTTY && process.env['TERM'] !== 'dumb' ? process.stderr.columns : undefined
