import {PluginError} from '../errors.ts'
import type {AgentSettings} from '../protocol/settings.ts'
import {runQuestion} from './bind-run.ts'
import {runClients} from './clients-run.ts'
import {failedMessage} from './failed-message.ts'
import {runAgent} from './run.ts'
import {readSettings} from './settings.ts'

/** 0: it ended in order. 2: it could not look, and stderr says why. 70: our bug. */
async function main(argument: string | undefined): Promise<0 | 2 | 70> {
  try {
    const settings = readSettings(argument)
    const announce = (port: number): void => void process.stdout.write(`${JSON.stringify({listening: port})}\n`)
    await runOf(settings)(settings, announce)
    return 0
  } catch (cause) {
    complain(cause)
    return cause instanceof PluginError ? 2 : 70
  }
}

function runOf({bindcheck, listeners, sweep, clients}: AgentSettings): typeof runAgent {
  if ([bindcheck, listeners, sweep].some((question) => question !== undefined)) return runQuestion
  return clients === undefined ? runAgent : runClients
}

/** The kubelet makes the last lines of the log the pod's termination message: the sentence comes last. */
function complain(cause: unknown): void {
  const reason = cause instanceof PluginError ? cause.cause : cause
  if (reason instanceof Error) process.stderr.write(`${reason.stack ?? reason.message}\n`)
  const failed = failedMessage(cause)
  process.stderr.write(`${JSON.stringify(failed)}\n${failed.message}. ${failed.advice}\n`)
}

process.exit(await main(process.argv[2]))
