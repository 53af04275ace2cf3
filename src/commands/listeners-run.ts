import {isColoured, palette} from '../output/colour.ts'
import type {ListenersRequest} from './listeners-request.ts'
import {ListenersView} from './listeners-view.ts'
import {runNodes} from './run-nodes.ts'

/** One `listeners`: asks, shows, and sets the exit status 1 when something as severe as --fail-on was found. */
export async function listeners(request: ListenersRequest, version: string): Promise<void> {
  const {colour} = request.run.view
  const paint = palette(isColoured(colour, {isTerminal: process.stdout.isTTY, environment: process.env}))
  let shown: ListenersView | undefined
  await runNodes({
    request: request.run,
    version,
    view: (stage) => {
      shown = new ListenersView({stage, request, palette: paint})
      return Promise.resolve(shown)
    },
  })
  if (request.failOn !== 'never' && shown?.hasFound(request.failOn) === true) process.exitCode ??= 1
}
