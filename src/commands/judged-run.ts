import {exitStatus} from '../base-command.ts'
import type {Severity} from '../diagnosis/finding.ts'
import type {Palette} from '../output/colour.ts'
import type {CaptureRequest} from './capture-request.ts'
import type {ObserveRequest} from './observe-request.ts'
import {runNodes, type Stage} from './run-nodes.ts'
import {stdoutPalette} from './stdout-palette.ts'
import type {View} from './view.ts'

/** Knows at its end whether something so severe was found. */
export interface Judge {
  hasFound(severity: Severity): boolean
}

export interface JudgedRun {
  readonly request: ObserveRequest
  readonly version: string
  readonly failOn: Severity | 'never'
  readonly view: (stage: Stage, paint: Palette) => View & Judge
  /** Of a verb that reads captures. */
  readonly capture?: (capture: CaptureRequest, paint: Palette) => Promise<Judge>
}

/** One run of a verb that judges, over nodes or a capture: exit status 1 when something as severe as `failOn` was found. */
export async function runJudged(run: JudgedRun): Promise<void> {
  const judge = await look(run)
  if (run.failOn !== 'never' && judge?.hasFound(run.failOn) === true) process.exitCode ??= exitStatus.found
}

async function look({request, version, view, capture}: JudgedRun): Promise<Judge | undefined> {
  const paint = stdoutPalette(request.view.colour)
  if (request.capture !== undefined && capture !== undefined) return capture(request.capture, paint)
  let judge: (View & Judge) | undefined
  await runNodes({
    request,
    version,
    view: (stage) => {
      judge = view(stage, paint)
      return Promise.resolve(judge)
    },
  })
  return judge
}
