import {randomInt} from 'node:crypto'
import {CaptureFile} from '../capture/capture-file.ts'
import {FlowTally} from '../capture/flow-tally.ts'
import {hashKey} from '../events/flow-key.ts'
import {type Names, noNames} from '../events/names.ts'
import {layoutHash} from '../generated/layout.ts'
import {captureOfOtherLinks} from '../errors.ts'
import type {AttachedInterface, Hello} from '../protocol/message.ts'
import type {KernelFilter} from '../protocol/settings.ts'
import type {Drain, FlowSource, SourceEvent} from '../session/source.ts'
import {progressOn} from './capture-progress.ts'
import {type CaptureRequest, interfaceChoice, noDirections, noSuchInterface, passedOver} from './capture-request.ts'
import type {Place} from './places.ts'
import type {RunClock} from './show-run.ts'

/** What its lines say where a node's name would be. */
const node = 'capture'
/** 4 MB; when they are full they are handed over, so that no flow is lost. */
const lines = 1 << 16

export interface CaptureOptions {
  readonly filter: KernelFilter
  readonly interfaces: readonly string[]
  /** Of this package. */
  readonly version: string
  readonly isQuiet: boolean
  readonly stop: AbortSignal
}

/** A capture as a run over one place, told by its own clock. */
export interface OpenCapture extends AsyncDisposable {
  readonly source: FlowSource
  readonly places: ReadonlyMap<string, Place>
  readonly names: Names
  readonly clock: RunClock
}

/** Throws PluginError where the capture cannot be read at all; what breaks later is told in the run's end. */
export async function openCapture(request: CaptureRequest, options: CaptureOptions): Promise<OpenCapture> {
  const file = await CaptureFile.open(request.path, options.stop)
  const {filter, interfaces} = options
  const seed = randomInt(2 ** 32)
  const hash = (words: Uint32Array, at: number): number => hashKey(words, at, seed)
  const tally = new FlowTally(file, {filter, isChosen: interfaceChoice(interfaces), hash, lines})
  const run = new CaptureRun({file, tally, request, options})
  return {
    source: run.events(),
    places: new Map([[node, {node, target: file.path}]]),
    names: noNames,
    clock: {
      nowNs: () => tally.beganNs + BigInt(Math.floor(tally.elapsedNs)),
      elapsedMs: () => tally.elapsedNs / 1e6,
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  }
}

interface RunParts {
  readonly file: CaptureFile
  readonly tally: FlowTally
  readonly request: CaptureRequest
  readonly options: CaptureOptions
}

class CaptureRun {
  readonly #parts: RunParts
  readonly #intervalNs: number
  #told = 0
  #drains = 0

  constructor(parts: RunParts) {
    this.#parts = parts
    this.#intervalNs = (parts.request.intervalMs ?? Infinity) * 1e6
  }

  async *events(): FlowSource {
    const {tally} = this.#parts
    using progress = progressOn(process.stderr, this.#parts.file.path, this.#parts.options.isQuiet)
    let more: boolean | Error = true
    let isCounted = tally.count(this.#untilNs())
    // The first frames say when it began, and whether there is anything of what was asked for.
    while (more === true && !tally.isAnyChosen) {
      progress.show(this.#progressNow())
      if (isCounted) more = await this.#fill()
      isCounted = tally.count(this.#untilNs())
    }
    this.#refuse(more === false)
    yield {type: 'start', node, hello: this.#hello()}
    while (more === true) {
      if (isCounted) {
        progress.show(this.#progressNow())
        more = this.#withoutDirections() ?? (await this.#fill())
      } else {
        progress.hide()
        yield* this.#drain({final: false, isPart: tally.isFull})
      }
      isCounted = tally.count(this.#untilNs())
    }
    progress.hide()
    yield* this.#drain({final: true, isPart: false})
    const failure = more instanceof Error ? more : this.#undecoded()
    if (!tally.hasOthersOnly) yield* this.#notices()
    yield this.#end(failure)
  }

  /** Before anything is shown. */
  #refuse(isAtEnd: boolean): void {
    const {tally, file, options} = this.#parts
    const refusal = this.#withoutDirections()
    if (refusal !== undefined) throw refusal
    const isUnmatched = isAtEnd && options.interfaces.length > 0 && file.frames > 0 && !tally.isAnyChosen
    if (isUnmatched) throw noSuchInterface(options.interfaces, [...new Set(file.interfaces.map(({name}) => name))])
  }

  /** Refreshes are at multiples of the interval; those in which nothing came are left out. */
  #untilNs(): number {
    const {tally} = this.#parts
    if (this.#intervalNs === Infinity) return Infinity
    return (Math.floor(tally.nextNs / this.#intervalNs) + 1) * this.#intervalNs
  }

  async #fill(): Promise<boolean | Error> {
    try {
      return await this.#parts.file.fill()
    } catch (failure) {
      if (failure instanceof Error && failure.name === 'PluginError') return failure
      throw failure
    }
  }

  #hello(): Hello {
    const {tally, options} = this.#parts
    return {
      type: 'hello',
      run: '',
      agent: options.version,
      layout: layoutHash,
      kernel: '',
      cpus: 1,
      clockOffsetNs: String(tally.beganNs),
      interfaces: this.#newInterfaces(),
      warnings: [],
      sequence: 0,
    }
  }

  #newInterfaces(): readonly AttachedInterface[] {
    const {interfaces} = this.#parts.file
    const fresh = interfaces.slice(this.#told).map(({name}, i) => ({
      name,
      index: this.#told + i + 1,
      kind: 'capture',
      mtu: 0,
      hooks: [],
      addresses: [],
    }))
    this.#told = interfaces.length
    return fresh
  }

  *#drain({final, isPart}: {readonly final: boolean; readonly isPart: boolean}): Generator<SourceEvent> {
    for (const each of this.#newInterfaces())
      yield {type: 'interface', node, change: {type: 'interface', change: 'attached', interface: each}}
    const {tally} = this.#parts
    const {flows, totals} = tally.take()
    const monotonicNs = BigInt(Math.floor(tally.elapsedNs))
    const drain: Drain = {flows: [flows], totals, generation: this.#drains++, monotonicNs, final, isPart}
    yield {type: 'drain', node, drain}
  }

  #withoutDirections(): Error | undefined {
    const {tally, options} = this.#parts
    return options.filter.direction === undefined || tally.hasDirections ? undefined : noDirections()
  }

  #undecoded(): Error | undefined {
    const {tally, file} = this.#parts
    return tally.hasOthersOnly ? captureOfOtherLinks(file.path, [...tally.otherLinks.keys()]) : undefined
  }

  *#notices(): Generator<SourceEvent> {
    for (const [link, frames] of this.#parts.tally.otherLinks)
      yield {type: 'notice', node, text: passedOver(link, frames)}
  }

  #end(failure: Error | undefined): SourceEvent {
    const stopped = {type: 'stopped', removed: {programs: 0, links: 0, maps: 0}, clean: true, remains: []} as const
    return {type: 'end', node, end: {stopped, ...(failure === undefined ? {} : {failure})}}
  }

  #progressNow() {
    const {file} = this.#parts
    const {consumed, total} = file.progress
    return {consumed, total, frames: file.frames}
  }
}
