import {isColoured, palette} from '../output/colour.ts'
import type {NdpRequest} from './ndp-request.ts'
import {NdpView} from './ndp-view.ts'
import {runNodes} from './run-nodes.ts'

/** One `ndp`: asks, shows, judges. */
export async function ndp(request: NdpRequest, version: string): Promise<void> {
  const judge = await look(request, version)
  const {failOn} = request
  if (failOn !== 'never' && judge?.hasFound(failOn) === true) process.exitCode ??= 1
}

async function look(request: NdpRequest, version: string): Promise<{hasFound: NdpView['hasFound']} | undefined> {
  const {run, inputFile} = request
  const {colour, timeFormat, form} = run.view
  const paint = palette(isColoured(colour, {isTerminal: process.stdout.isTTY, environment: process.env}))
  if (inputFile !== undefined) {
    const {ndpCapture} = await import('./ndp-capture.ts')
    return ndpCapture({request, file: inputFile, palette: paint})
  }
  let view: NdpView | undefined
  const open = (stage: ConstructorParameters<typeof NdpView>[0]['stage']): Promise<NdpView> => {
    view = new NdpView({stage, request, palette: paint, timeFormat, form: form ?? 'text'})
    return Promise.resolve(view)
  }
  await runNodes({request: run, version, view: open})
  return view
}
