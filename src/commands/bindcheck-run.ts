import {exitStatus} from '../base-command.ts'
import {addressesOf} from '../binding/wanted.ts'
import {endpoint} from '../binding/words.ts'
import type {BindQuestion} from '../protocol/binding.ts'
import type {BindcheckRequest} from './bindcheck-request.ts'
import {BindcheckView} from './bindcheck-view.ts'
import {runNodes} from './run-nodes.ts'
import {stdoutPalette} from './stdout-palette.ts'

/** One `bindcheck`: asks, shows, and sets the exit status 1 when not everything asked about can be held. */
export async function bindcheck(request: BindcheckRequest, version: string): Promise<void> {
  if (request.run.bindcheck?.inPlace === true) process.stderr.write(`${inPlaceNotice(request.run.bindcheck)}\n`)
  let shown: BindcheckView | undefined
  const palette = stdoutPalette(request.run.view.colour)
  await runNodes({
    request: request.run,
    version,
    view: (stage) => {
      shown = new BindcheckView({stage, request, palette})
      return Promise.resolve(shown)
    },
  })
  if (shown?.coexist === false) process.exitCode ??= exitStatus.found
}

/** Said before anything is touched. */
function inPlaceNotice(question: BindQuestion): string {
  const {port, protocols} = question
  const each = addressesOf(question)
    .map((address) => endpoint(address, port ?? 0))
    .join(' and ')
  const what = port === undefined ? `${addressesOf(question).join(' and ')} on a port that nobody holds` : each
  return `In the live network namespace this binds ${what} (${protocols.join(', ')}) for a moment, one after the other, without reuse flags; it listens on nothing, sends nothing and changes no setting.`
}
