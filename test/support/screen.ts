import {execFileSync} from 'node:child_process'
import {randomUUID} from 'node:crypto'
import {setTimeout as delay} from 'node:timers/promises'

/** A terminal with a shell in it, as a person has it: tmux, 120 columns and 20 lines. */
export class Screen implements AsyncDisposable {
  readonly #socket = `kc-${randomUUID()}` // a server that ends takes new sessions with it

  /** `command` is typed into the shell. */
  constructor(command: string) {
    this.#tmux('new-session', '-d', '-x', '120', '-y', '20', '-s', 'live', 'env PS1=prompt: bash --norc --noprofile -i')
    this.press(command, 'Enter')
  }

  get text(): string {
    return this.#tmux('capture-pane', '-p', '-t', 'live')
  }

  /** With what has scrolled off. */
  get scrolled(): string {
    return this.#tmux('capture-pane', '-p', '-S', '-200', '-t', 'live')
  }

  press(...keys: readonly string[]): void {
    this.#tmux('send-keys', '-t', 'live', ...keys)
  }

  type(text: string): void {
    this.press('-l', text)
  }

  /** `1 0` while the alternate screen is shown, with a hidden cursor. */
  get mode(): string {
    return this.#tmux('display-message', '-p', '-t', 'live', '#{alternate_on} #{cursor_flag}').trim()
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-t', 'live', '-x', String(columns), '-y', String(rows))
  }

  async until(what: () => boolean, withinMs = 20_000): Promise<void> {
    const limit = Date.now() + withinMs
    while (!what()) {
      if (Date.now() > limit) throw new Error(`never came; the screen shows:\n${this.text}`)
      await delay(50)
    }
  }

  shows(text: string): Promise<void> {
    return this.until(() => this.text.includes(text))
  }

  /** A command that still runs is asked to quit first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.press('q')
    await delay(300)
    this.#tmux('kill-server')
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }
}
