/** A failure that the user can act on: what was wrong, and what to do about it. Exit status 2. */
export class PluginError extends Error {
  readonly code: string
  readonly advice: string

  constructor(code: string, message: string, {advice, cause}: {readonly advice: string; readonly cause?: unknown}) {
    super(message, cause === undefined ? undefined : {cause})
    this.name = 'PluginError'
    this.code = code
    this.advice = advice
  }
}
