import {setFlagsFromString} from 'node:v8'
import {type CapturedFrame, readCapture} from '../capture/read-capture.ts'
import {captureOfOtherLinks} from '../errors.ts'
import {progressOn} from './capture-progress.ts'
import {captureNode} from './capture-counts.ts'
import {interfaceChoice, noSuchInterface, passedOver} from './capture-request.ts'
import {Interruption} from './interruption.ts'
import type {ObserveRequest} from './observe-request.ts'
import {Sink} from './sink.ts'

/** What a verb makes of the frames of a capture: text for stdout. */
export interface Telling {
  readonly hasHeard: boolean
  hear(captured: CapturedFrame): string
  /** A frame of a link type that is not decoded; bytes on the wire. */
  skip(timeNs: bigint, bytes: number): void
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
  const choice = new Choice(interfaces)
  const others = new Map<string, number>()
  const write = (text: string): Promise<void> => {
    if (text !== '') progress.hide()
    return sink.write(text)
  }
  let isDecoded = false
  try {
    for await (const batch of readCapture(file, {
      stop: interruption.signal,
      onProgress: (now) => progress.show(now),
      onOtherLink: ({timeNs, interface: name, linkType, length}) => {
        if (!choice.has(name)) return
        telling.skip(timeNs, length)
        others.set(linkType, (others.get(linkType) ?? 0) + 1)
      },
    })) {
      let text = ''
      for (const captured of batch) {
        if (!choice.has(captured.interface)) continue
        isDecoded = true
        text += telling.hear(captured)
        if (text.length < mostText) continue
        await write(text)
        text = ''
      }
      await write(text)
    }
    choice.check()
    if (others.size > 0 && !isDecoded) throw captureOfOtherLinks(file, [...others.keys()])
  } catch (cause) {
    const isTold = cause instanceof Error && cause.name === 'PluginError'
    // Of a file that could not be opened there is nothing to tell.
    if (isTold && telling.hasHeard) await write(telling.end(cause))
    throw cause
  }
  await write(telling.end(undefined))
  if (view.isQuiet) return
  for (const [link, frames] of others) process.stderr.write(`${captureNode}: ${passedOver(link, frames)}\n`)
}

/** The interfaces that are asked for, by name. */
class Choice {
  readonly #patterns: readonly string[]
  readonly #isChosen: (name: string) => boolean
  readonly #met = new Map<string, boolean>()

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns
    this.#isChosen = interfaceChoice(patterns)
  }

  has(name: string): boolean {
    const known = this.#met.get(name)
    if (known !== undefined) return known
    const isChosen = this.#isChosen(name)
    this.#met.set(name, isChosen)
    return isChosen
  }

  /** Throws PluginError where frames came, and of none that was asked for. */
  check(): void {
    const met = [...this.#met]
    if (met.length > 0 && !met.some(([, isChosen]) => isChosen))
      throw noSuchInterface(
        this.#patterns,
        met.map(([name]) => name),
      )
  }
}
