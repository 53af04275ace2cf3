import type {ExthdrRequest} from './exthdr-request.ts'
import {ExthdrView} from './exthdr-view.ts'
import {runJudged} from './judged-run.ts'

/** One `exthdr`: asks, shows, judges. */
export function exthdr(request: ExthdrRequest, version: string): Promise<void> {
  const {run, failOn} = request
  return runJudged({
    request: run,
    version,
    failOn,
    view: (stage, palette) => new ExthdrView({stage, request, palette}),
    capture: async ({path}, palette) => {
      const {exthdrCapture} = await import('./exthdr-capture.ts')
      return exthdrCapture({request, file: path, palette})
    },
  })
}
