import {runJudged} from './judged-run.ts'
import type {NdpRequest} from './ndp-request.ts'
import {NdpView} from './ndp-view.ts'

/** One `ndp`: asks, shows, judges. */
export function ndp(request: NdpRequest, version: string): Promise<void> {
  const {run, failOn} = request
  return runJudged({
    request: run,
    version,
    failOn,
    view: (stage, palette) => new NdpView({stage, request, palette}),
    capture: async ({path}, palette) => {
      const {ndpCapture} = await import('./ndp-capture.ts')
      return ndpCapture({request, file: path, palette})
    },
  })
}
