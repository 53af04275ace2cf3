import {PluginError} from '../errors.ts'
import type {Failed} from '../protocol/message.ts'

/** What crosses the wire: a failure that the user can act on keeps its words, anything else is our bug. */
export function failedMessage(cause: unknown): Failed {
  if (cause instanceof PluginError) {
    const {code, message, advice} = cause
    return {type: 'failed', code, message, advice}
  }
  return {
    type: 'failed',
    code: 'agent-bug',
    message: `The agent failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    advice: 'That is a bug of kubectl-ipv6. Please report it with the log of the agent (-v).',
  }
}
