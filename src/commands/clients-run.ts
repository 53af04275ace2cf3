import type {ClientsRequest} from './clients-request.ts'
import {ClientsView} from './clients-view.ts'
import {runNodes} from './run-nodes.ts'
import {stdoutPalette} from './stdout-palette.ts'

/** One `clients`: asks, shows, and returns when the node is clean again. */
export async function clients(request: ClientsRequest, version: string): Promise<void> {
  const palette = stdoutPalette(request.run.view.colour)
  await runNodes({
    request: request.run,
    version,
    view: (stage) => Promise.resolve(new ClientsView({stage, request, palette})),
  })
}
