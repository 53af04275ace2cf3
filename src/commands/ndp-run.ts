import {isColoured, palette} from '../output/colour.ts'
import type {NdpRequest} from './ndp-request.ts'
import {NdpView} from './ndp-view.ts'
import {runNodes} from './run-nodes.ts'

/** One `ndp`: asks, shows, judges. */
export async function ndp(request: NdpRequest, version: string): Promise<void> {
  const {run, failOn} = request
  const {colour, timeFormat, form} = run.view
  const paint = palette(isColoured(colour, {isTerminal: process.stdout.isTTY, environment: process.env}))
  let view: NdpView | undefined
  const open = (stage: ConstructorParameters<typeof NdpView>[0]['stage']): Promise<NdpView> => {
    view = new NdpView({stage, request, palette: paint, timeFormat, form: form ?? 'text'})
    return Promise.resolve(view)
  }
  await runNodes({request: run, version, view: open})
  if (failOn !== 'never' && view?.hasFound(failOn) === true) process.exitCode ??= 1
}
