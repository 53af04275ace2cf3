import {isColoured, palette} from '../output/colour.ts'
import type {DropsRequest} from './drops-request.ts'
import {DropsView} from './drops-view.ts'
import {runNodes} from './run-nodes.ts'

/** One `drops`: asks, shows, and returns when the node is clean again. */
export async function drops(request: DropsRequest, version: string): Promise<void> {
  const {colour} = request.run.view
  const paint = palette(isColoured(colour, {isTerminal: process.stdout.isTTY, environment: process.env}))
  await runNodes({
    request: request.run,
    version,
    view: (stage) => Promise.resolve(new DropsView({stage, request, palette: paint})),
  })
}
