import type {CaptureRequest} from './capture-request.ts'
import type {CaptureOptions, OpenCapture} from './capture-source.ts'
import type {ObserveRequest, OutputForm} from './observe-request.ts'
import {outputForm, titleOf} from './output-form.ts'
import {runNodes, type Stage} from './run-nodes.ts'
import {stdoutPalette} from './stdout-palette.ts'
import type {View} from './view.ts'

/** One `observe`: asks, shows, and returns when the node is clean again. */
export async function observe(request: ObserveRequest, version: string): Promise<void> {
  const form = outputForm(request)
  await runNodes({request, version, view: (stage) => viewOf(form, request, stage), openCapture: openFlows})
}

async function openFlows(capture: CaptureRequest, options: CaptureOptions): Promise<OpenCapture> {
  const {openCapture} = await import('./capture-source.ts')
  return openCapture(capture, options)
}

async function viewOf(form: OutputForm, request: ObserveRequest, stage: Stage): Promise<View> {
  const {colour, timeFormat, top} = request.view
  const paint = stdoutPalette(colour)
  const {run, sink, notices, interruption, hasNodes, clock} = stage
  const streamed = {run, sink, notices, top, ...(clock === undefined ? {} : {nowNs: clock.nowNs})}
  if (form === 'live') {
    const {LiveView} = await import('./live-view.ts')
    return new LiveView({...streamed, palette: paint, interruption, title: titleOf(request)})
  }
  const {JsonView, TextView} = await import('./stream-view.ts')
  if (form === 'json') return new JsonView(streamed)
  return new TextView({...streamed, palette: paint, timeFormat, isWide: form === 'wide', hasNodes})
}
