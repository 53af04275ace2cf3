import {isColoured, palette} from '../output/colour.ts'
import type {ExthdrRequest} from './exthdr-request.ts'
import {ExthdrView} from './exthdr-view.ts'
import {runNodes} from './run-nodes.ts'

/** One `exthdr`: asks, shows, judges. */
export async function exthdr(request: ExthdrRequest, version: string): Promise<void> {
  const {run, failOn} = request
  const paint = palette(isColoured(run.view.colour, {isTerminal: process.stdout.isTTY, environment: process.env}))
  let view: ExthdrView | undefined
  const open = (stage: ConstructorParameters<typeof ExthdrView>[0]['stage']): Promise<ExthdrView> => {
    view = new ExthdrView({stage, request, palette: paint})
    return Promise.resolve(view)
  }
  await runNodes({request: run, version, view: open})
  if (failOn !== 'never' && view?.hasFound(failOn) === true) process.exitCode ??= 1
}
