import {isColoured, palette} from '../output/colour.ts'
import type {ClientsRequest} from './clients-request.ts'
import {ClientsView} from './clients-view.ts'
import {runNodes} from './run-nodes.ts'

/** One `clients`: asks, shows, and returns when the node is clean again. */
export async function clients(request: ClientsRequest, version: string): Promise<void> {
  const {colour} = request.run.view
  const paint = palette(isColoured(colour, {isTerminal: process.stdout.isTTY, environment: process.env}))
  await runNodes({
    request: request.run,
    version,
    view: (stage) => Promise.resolve(new ClientsView({stage, request, palette: paint})),
  })
}
