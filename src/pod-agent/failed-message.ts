import {PluginError} from '../errors.ts'
import type {Failed} from '../protocol/message.ts'

/** The kubelet keeps the last 2048 bytes of what a container said. */
const mostText = 1000

/** Whole lines. */
function endOf(text: string): string {
  const end = text.trimEnd().slice(-mostText)
  return end.length < mostText ? end : end.slice(end.indexOf('\n') + 1)
}

/** What crosses the wire: a failure that the user can act on keeps its words, anything else is our bug. */
export function failedMessage(cause: unknown): Failed {
  if (cause instanceof PluginError) {
    const {code, message, advice, cause: behind} = cause
    return {type: 'failed', code, message, advice, ...(behind instanceof Error && {because: endOf(behind.message)})}
  }
  return {
    type: 'failed',
    code: 'agent-bug',
    message: `The agent failed: ${cause instanceof Error ? cause.message : String(cause)}`,
    advice: 'That is a bug of kubectl-ipv6. Please report it with what -v says.',
    ...(cause instanceof Error && cause.stack !== undefined && {because: cause.stack.slice(0, mostText)}),
  }
}
