import {reportFailure} from '../base-command.ts'
import {isLasting} from '../cluster/api-failure.ts'
import {type ClusterConnection, connect} from '../cluster/connection.ts'
import {findLeftovers, type Leftover, removeLeftover} from '../cluster/leftovers.ts'
import {escapeText} from '../output/escape.ts'
import {jsonLine, type JsonValue} from '../output/json.ts'
import {plural, shortDuration} from '../output/quantity.ts'
import {plainTable} from '../output/table.ts'
import type {CleanupRequest} from './cleanup-request.ts'
import {runNodes, type Stage} from './run-nodes.ts'
import {SweepView} from './sweep-view.ts'

interface Outcome {
  readonly found: Leftover
  readonly outcome: 'removed' | 'kept' | 'would be removed' | 'not removed'
  readonly failure?: unknown
}

/** First the pods: one that still runs would hold what is looked for on its node. */
export async function cleanup(request: CleanupRequest, version: string): Promise<void> {
  if (request.hasPods) await cleanPods(request)
  if (request.nodes === undefined) return
  const view = ({sink, notices}: Stage): Promise<SweepView> =>
    Promise.resolve(new SweepView({sink, notices, isJson: request.isJson, isQuiet: request.isQuiet}))
  try {
    await runNodes({request: request.nodes, version, view})
  } catch (cause) {
    if (!request.isForReaper || !isLasting(cause)) throw cause
  }
}

async function cleanPods(request: CleanupRequest): Promise<void> {
  const connection = connect(request.cluster)
  const now = new Date()
  const all = await findLeftovers(connection, {agentNamespace: request.agentNamespace, now})
  const outcomes = await Promise.all(
    all.map(async (found): Promise<Outcome> => {
      if (found.isInUse && !request.all) return {found, outcome: 'kept'}
      if (request.isDryRun) return {found, outcome: 'would be removed'}
      return await removed(connection, found)
    }),
  )
  process.stdout.write(
    request.isJson
      ? outcomes.map((each) => jsonLine(leftoverObject(each, now))).join('')
      : text(outcomes, {now, ...request}),
  )
  report(outcomes)
}

/** The failure of one removal is told behind what became of the others. */
async function removed(connection: ClusterConnection, found: Leftover): Promise<Outcome> {
  try {
    await removeLeftover(connection, found)
    return {found, outcome: 'removed'}
  } catch (failure) {
    return {found, outcome: 'not removed', failure}
  }
}

function report(outcomes: readonly Outcome[]): void {
  const failed = outcomes.filter(({outcome}) => outcome === 'not removed')
  const statuses = failed.map(({found: {namespace, name}, failure}) =>
    reportFailure(failure, {argv: process.argv, place: `${namespace}/${name}`}),
  )
  if (statuses.length > 0) process.exitCode = Math.max(...statuses)
}

const leftoverObject = ({found, outcome}: Outcome, now: Date): JsonValue => ({
  kind: 'leftover',
  time: now.toISOString(),
  node: found.node,
  pod: `${found.namespace}/${found.name}`,
  run: found.run,
  target: found.target,
  phase: found.phase,
  created: found.created?.toISOString(),
  expires: found.expires?.toISOString(),
  inUse: found.isInUse,
  outcome,
})

function text(
  outcomes: readonly Outcome[],
  {now, isQuiet, all}: {readonly now: Date; readonly isQuiet: boolean; readonly all: boolean},
): string {
  if (outcomes.length === 0) return isQuiet ? '' : 'Nothing was left behind.\n'
  const rows = outcomes.map(({found, outcome}) => [
    escapeText(`${found.namespace}/${found.name}`),
    escapeText(found.node),
    escapeText(found.target),
    escapeText(found.phase),
    found.created === undefined ? '' : shortDuration(now.getTime() - found.created.getTime()),
    outcome,
  ])
  const kept = outcomes.filter(({outcome}) => outcome === 'kept').length
  const note = kept > 0 && !all ? `${plural(kept, 'pod')} may be in use; --all removes them too.\n` : ''
  return `${plainTable([['POD', 'NODE', 'TARGET', 'PHASE', 'AGE', 'OUTCOME'], ...rows])}${isQuiet ? '' : note}`
}
