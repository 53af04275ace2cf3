import {runJudged} from './judged-run.ts'
import type {ListenersRequest} from './listeners-request.ts'
import {ListenersView} from './listeners-view.ts'

/** One `listeners`: asks, shows, judges. */
export function listeners(request: ListenersRequest, version: string): Promise<void> {
  const {run, failOn} = request
  return runJudged({
    request: run,
    version,
    failOn,
    view: (stage, palette) => new ListenersView({stage, request, palette}),
  })
}
