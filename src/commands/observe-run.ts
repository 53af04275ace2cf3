import {reportFailure} from '../base-command.ts'
import {badUsage} from '../errors.ts'
import {type Names, noNames} from '../events/names.ts'
import {RunState} from '../events/run-state.ts'
import {isColoured, palette} from '../output/colour.ts'
import {escapeText} from '../output/escape.ts'
import type {FlowSource} from '../session/source.ts'
import {observeLocal, planRun} from './flow-source.ts'
import {Interruption} from './interruption.ts'
import {Notices} from './notices.ts'
import type {ObserveRequest, OutputForm} from './observe-request.ts'
import {localPlace, type Place} from './places.ts'
import {type RunOutcome, showRun} from './show-run.ts'
import {Sink} from './sink.ts'
import type {View} from './view.ts'

/** One `observe`: asks, shows, and returns when the node is clean again. */
export async function observe(request: ObserveRequest, version: string): Promise<void> {
  const {view} = request
  const notices = new Notices({...view, write: (text) => process.stderr.write(text)})
  if (request.agent.dryRun) return printManifests(request, version)
  const form = chosenForm(view.form)
  using interruption = new Interruption(() =>
    notices.say('', 'Still waiting for the nodes to detach and to say what they removed.'),
  )
  const sink = new Sink(process.stdout, () => interruption.stop())
  const run = new Run(request, {version, form, notices, interruption, sink})
  const outcome = request.targets[0] === 'local' ? await run.local() : await run.cluster()
  report(outcome)
}

/** The failure of the only node is the run's; with others beside it, each is told and the exit status says that something is missing. */
function report({failures, nodes}: RunOutcome): void {
  const [first] = failures
  if (first === undefined) return
  if (nodes === 1) throw first.failure
  const statuses = failures.map(({node, failure}) => reportFailure(failure, {argv: process.argv, place: node}))
  process.exitCode = Math.max(...statuses)
}

interface RunContext {
  readonly version: string
  readonly form: OutputForm
  readonly notices: Notices
  readonly interruption: Interruption
  readonly sink: Sink
}

class Run {
  readonly #request: ObserveRequest
  readonly #context: RunContext

  constructor(request: ObserveRequest, context: RunContext) {
    this.#request = request
    this.#context = context
  }

  async local(): Promise<RunOutcome> {
    const {interruption} = this.#context
    return this.#show(observeLocal({...planRun(this.#request), stop: interruption.signal}), {
      names: noNames,
      places: new Map([['local', localPlace]]),
    })
  }

  async cluster(): Promise<RunOutcome> {
    const {openCluster} = await import('./cluster-source.ts')
    await using opened = await openCluster(this.#request, this.#context)
    return await this.#show(opened.source, opened)
  }

  async #show(
    source: FlowSource,
    {names, places}: {readonly names: Names; readonly places: ReadonlyMap<string, Place>},
  ): Promise<RunOutcome> {
    const {filter, durationMs} = this.#request
    const {interruption} = this.#context
    const run = new RunState({names, clauses: filter.names})
    const view = await this.#view(run, places.size > 1)
    const onStart = (): void => {
      if (durationMs !== undefined) interruption.stopAfter(durationMs)
    }
    return showRun(source, {run, view, places, onStart})
  }

  async #view(run: RunState, hasNodes: boolean): Promise<View> {
    const {form, sink, notices, interruption} = this.#context
    const {colour, timeFormat, top} = this.#request.view
    const paint = palette(isColoured(colour, {isTerminal: process.stdout.isTTY, environment: process.env}))
    const streamed = {run, sink, notices, top}
    if (form === 'live') {
      const {LiveView} = await import('./live-view.ts')
      return new LiveView({...streamed, palette: paint, interruption, title: titleOf(this.#request)})
    }
    const {JsonView, TextView} = await import('./stream-view.ts')
    if (form === 'json') return new JsonView(streamed)
    return new TextView({...streamed, palette: paint, timeFormat, isWide: form === 'wide', hasNodes})
  }
}

function chosenForm(asked: OutputForm | undefined): OutputForm {
  const isTerminal = process.stdout.isTTY && process.stdin.isTTY
  if (asked === 'live' && !isTerminal)
    throw badUsage('-o live needs a terminal, for the screen and for the keys', 'Use -o text, wide or json.')
  return asked ?? (isTerminal && process.env['TERM'] !== 'dumb' ? 'live' : 'text')
}

/** What was asked for, for the first line of the screen. */
function titleOf({targets, allNodes, selector, filter}: ObserveRequest): string {
  const places = selector === undefined ? (allNodes ? ['--all-nodes'] : targets) : [`-l ${selector}`]
  return escapeText([...places, filter.text].filter((part) => part !== '').join(' '))
}

async function printManifests(request: ObserveRequest, version: string): Promise<void> {
  const {manifestsOf} = await import('./cluster-source.ts')
  process.stdout.write(await manifestsOf(request, version))
}
