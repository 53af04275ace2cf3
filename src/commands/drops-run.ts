import {isColoured, palette} from '../output/colour.ts'
import type {DropsViewOptions} from './drop-nodes.ts'
import type {DropsRequest} from './drops-request.ts'
import {outputForm} from './output-form.ts'
import {runNodes} from './run-nodes.ts'
import type {View} from './view.ts'

/** One `drops`: asks, shows, and returns when the node is clean again. */
export async function drops(request: DropsRequest, version: string): Promise<void> {
  const {colour} = request.run.view
  const form = outputForm(request.run)
  const paint = palette(isColoured(colour, {isTerminal: process.stdout.isTTY, environment: process.env}))
  await runNodes({
    request: request.run,
    version,
    view: (stage) => (form === 'live' ? liveView : lineView)({stage, request, palette: paint}),
  })
}

async function liveView(options: DropsViewOptions): Promise<View> {
  const {DropsLiveView} = await import('./drops-live.ts')
  return new DropsLiveView(options)
}

async function lineView(options: DropsViewOptions): Promise<View> {
  const {DropsView} = await import('./drops-view.ts')
  return new DropsView(options)
}
