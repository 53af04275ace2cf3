import type {DropsRequest} from './drops-request.ts'
import type {ViewOptions} from './line-view.ts'
import {outputForm} from './output-form.ts'
import {runNodes} from './run-nodes.ts'
import {stdoutPalette} from './stdout-palette.ts'
import type {View} from './view.ts'

/** One `drops`: asks, shows, and returns when the node is clean again. */
export async function drops(request: DropsRequest, version: string): Promise<void> {
  const form = outputForm(request.run)
  const palette = stdoutPalette(request.run.view.colour)
  await runNodes({
    request: request.run,
    version,
    view: (stage) => (form === 'live' ? liveView : lineView)({stage, request, palette}),
  })
}

async function liveView(options: ViewOptions<DropsRequest>): Promise<View> {
  const {DropsLiveView} = await import('./drops-live.ts')
  return new DropsLiveView(options)
}

async function lineView(options: ViewOptions<DropsRequest>): Promise<View> {
  const {DropsView} = await import('./drops-view.ts')
  return new DropsView(options)
}
