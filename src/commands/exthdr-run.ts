import {isColoured, palette} from '../output/colour.ts'
import type {ExthdrRequest} from './exthdr-request.ts'
import {ExthdrView} from './exthdr-view.ts'
import {runNodes} from './run-nodes.ts'

/** One `exthdr`: asks, shows, judges. */
export async function exthdr(request: ExthdrRequest, version: string): Promise<void> {
  const {failOn} = request
  const judge = await look(request, version)
  if (failOn !== 'never' && judge?.hasFound(failOn) === true) process.exitCode ??= 1
}

async function look(request: ExthdrRequest, version: string): Promise<Pick<ExthdrView, 'hasFound'> | undefined> {
  const {run} = request
  const paint = palette(isColoured(run.view.colour, {isTerminal: process.stdout.isTTY, environment: process.env}))
  if (run.capture !== undefined) {
    const {exthdrCapture} = await import('./exthdr-capture.ts')
    return exthdrCapture({request, file: run.capture.path, palette: paint})
  }
  let view: ExthdrView | undefined
  const open = (stage: ConstructorParameters<typeof ExthdrView>[0]['stage']): Promise<ExthdrView> => {
    view = new ExthdrView({stage, request, palette: paint})
    return Promise.resolve(view)
  }
  await runNodes({request: run, version, view: open})
  return view
}
