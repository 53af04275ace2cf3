import {isColoured, palette} from '../output/colour.ts'
import type {BindcheckRequest} from './bindcheck-request.ts'
import {BindcheckView} from './bindcheck-view.ts'
import {runNodes} from './run-nodes.ts'

/** One `bindcheck`: asks, shows, and sets the exit status 1 when not everything asked about can be held. */
export async function bindcheck(request: BindcheckRequest, version: string): Promise<void> {
  const {colour} = request.run.view
  const paint = palette(isColoured(colour, {isTerminal: process.stdout.isTTY, environment: process.env}))
  let shown: BindcheckView | undefined
  await runNodes({
    request: request.run,
    version,
    view: (stage) => {
      shown = new BindcheckView({stage, request, palette: paint})
      return Promise.resolve(shown)
    },
  })
  if (shown?.coexist === false) process.exitCode ??= 1
}
