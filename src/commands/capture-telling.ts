import {setFlagsFromString} from 'node:v8'
import {type CapturedFrame, readCapture} from '../capture/read-capture.ts'
import {progressOn} from './capture-progress.ts'
import {interfaceChoice, noSuchInterface} from './capture-request.ts'
import {Interruption} from './interruption.ts'
import type {ObserveRequest} from './observe-request.ts'
import {Sink} from './sink.ts'

/** What a verb makes of the frames of a capture: text for stdout. */
export interface Telling {
  readonly hasHeard: boolean
  hear(captured: CapturedFrame): string
  /** A frame of a link type that is not decoded. */
  skip(linkType: string): void
  /** The last lines, and what broke the capture off. */
  end(failure: Error | undefined): string
}

/** So much is held before it is written: a batch of frames makes many times as much text. */
const mostText = 1 << 16

/** Reads a capture and tells it, frame by frame. What was readable is told before the PluginError that says what is wrong. */
export async function tellCapture(
  file: string,
  {interfaces, view}: Pick<ObserveRequest, 'interfaces' | 'view'>,
  telling: Telling,
): Promise<void> {
  // 20 MB of what the rules remember live: V8 would wait for 100 MB of garbage beside them. A V8 without the flag says so and goes on.
  setFlagsFromString('--heap-growing-percent=100')
  using interruption = new Interruption(() => undefined)
  using progress = progressOn(process.stderr, file, view.isQuiet)
  const sink = new Sink(process.stdout, () => interruption.stop())
  const isChosen = interfaceChoice(interfaces)
  const names = new Map<string, boolean>()
  const write = (text: string): Promise<void> => {
    if (text !== '') progress.hide()
    return sink.write(text)
  }
  try {
    for await (const batch of readCapture(file, {
      stop: interruption.signal,
      onProgress: (now) => progress.show(now),
      onOtherLink: (link) => telling.skip(link),
    })) {
      let text = ''
      for (const captured of batch) {
        const {interface: name} = captured
        if (!names.has(name)) names.set(name, isChosen(name))
        if (names.get(name) === true) text += telling.hear(captured)
        if (text.length < mostText) continue
        await write(text)
        text = ''
      }
      await write(text)
    }
  } catch (cause) {
    const isTold = cause instanceof Error && cause.name === 'PluginError'
    // Of a file that could not be opened there is nothing to tell.
    if (isTold && telling.hasHeard) await write(telling.end(cause))
    throw cause
  }
  if (names.size > 0 && ![...names.values()].includes(true)) throw noSuchInterface(interfaces, [...names.keys()])
  await write(telling.end(undefined))
}
