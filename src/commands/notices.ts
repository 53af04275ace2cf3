import {escapeText} from '../output/escape.ts'

/** Everything that is no result: progress, warnings, what is waited for. On stderr, a line each. */
export class Notices {
  readonly #isQuiet: boolean
  readonly #isVerbose: boolean
  readonly #write: (text: string) => void

  constructor({
    isQuiet,
    isVerbose,
    write,
  }: {
    readonly isQuiet: boolean
    readonly isVerbose: boolean
    readonly write: (text: string) => void
  }) {
    this.#isQuiet = isQuiet
    this.#isVerbose = isVerbose
    this.#write = write
  }

  say(node: string, text: string): void {
    if (!this.#isQuiet) this.#write(`${node === '' ? '' : `${escapeText(node)}: `}${escapeText(text)}\n`)
  }

  detail(node: string, text: string): void {
    if (this.#isVerbose) this.say(node, text)
  }
}
