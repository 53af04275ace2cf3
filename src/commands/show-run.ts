import type {NodeState} from '../events/node-state.ts'
import type {RunState} from '../events/run-state.ts'
import {readLosses} from '../protocol/losses.ts'
import type {FlowSource, SourceEvent} from '../session/source.ts'
import type {Place} from './places.ts'
import type {View} from './view.ts'

export interface ShowOptions {
  readonly run: RunState
  readonly view: View
  /** By the name that events carry. */
  readonly places: ReadonlyMap<string, Place>
  readonly onStart: () => void
  /** Of what is shown; absent: this machine's. */
  readonly clock?: RunClock
}

export interface RunClock {
  /** Since 1970. */
  readonly nowNs: () => bigint
  /** Since the run's start. */
  readonly elapsedMs: () => number
}

/** This machine's time, since 1970. */
export const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n

function machineClock(): RunClock {
  const startedMs = performance.now()
  return {nowNs, elapsedMs: () => performance.now() - startedMs}
}

export interface RunOutcome {
  readonly nodes: number
  readonly failures: readonly {readonly node: string; readonly failure: Error}[]
}

/** Reads a run to its end, however it ends, and shows the summary of whatever was seen. */
export async function showRun(source: FlowSource, options: ShowOptions): Promise<RunOutcome> {
  const failures: {node: string; failure: Error}[] = []
  const nodes = new Set<string>()
  options.run.ask(options.places.size)
  try {
    for await (const event of source) {
      nodes.add(event.node)
      if (event.type === 'end' && event.end.failure !== undefined)
        failures.push({node: event.node, failure: event.end.failure})
      await show(event, options)
    }
  } finally {
    await options.view.finish()
  }
  return {nodes: nodes.size, failures}
}

async function show(event: SourceEvent, options: ShowOptions): Promise<void> {
  const {run, view} = options
  const {node} = event
  if (event.type === 'start') {
    await begin(event, options)
    return
  }
  if (event.type === 'notice') {
    view.notice(node, event.text)
    return
  }
  const state = run.get(node)
  if (event.type === 'end') {
    state?.finish(event.end)
    if (state === undefined && event.end.failure !== undefined) run.miss(node, event.end.failure)
    await view.ended?.(node, event.end)
  } else if (state !== undefined) await showPart(event, state, view)
}

async function showPart(event: SourceEvent, state: NodeState, view: View): Promise<void> {
  if (event.type === 'interface') {
    state.change(event.change)
    await view.changed?.(state, event.change)
  } else if (event.type === 'drain') {
    state.add(event.drain)
    await (event.drain.isPart === true ? view.filled?.(state) : view.drained?.(state))
  } else if (event.type === 'records') {
    if (event.kind === 'losses') state.losses = readLosses(event.records)
    else await view.recorded?.(state, event.kind, event.records)
  } else if (event.type === 'facts') {
    await view.informed?.(state, event.facts)
  } else if (event.type === 'answer') {
    state.answered()
    await view.answered?.(state, event.answer)
  }
}

async function begin(
  {node, hello}: Extract<SourceEvent, {type: 'start'}>,
  {run, view, places, onStart, clock}: ShowOptions,
): Promise<void> {
  onStart()
  const {nowNs: startNs, elapsedMs} = clock ?? machineClock()
  const place = places.get(node) ?? {node, target: node}
  await view.started(run.start(node, hello, {...place, nowNs: startNs(), elapsedMs}))
  for (const warning of hello.warnings) view.notice(node, warning)
}
