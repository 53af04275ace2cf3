import {randomInt} from 'node:crypto'
import {CaptureFile} from '../capture/capture-file.ts'
import {FlowTally} from '../capture/flow-tally.ts'
import {badUsage} from '../errors.ts'
import {hashKey} from '../events/flow-key.ts'
import {type Names, noNames} from '../events/names.ts'
import {layoutHash} from '../generated/layout.ts'
import {plural} from '../output/quantity.ts'
import {interfaceGlob} from '../protocol/interface-glob.ts'
import type {AttachedInterface, Hello} from '../protocol/message.ts'
import type {KernelFilter} from '../protocol/settings.ts'
import type {Drain, FlowSource, SourceEvent} from '../session/source.ts'
import {CaptureProgress} from './capture-progress.ts'
import type {CaptureRequest} from './capture-request.ts'
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

/** Without a pattern that includes: every interface. */
export function interfaceChoice(patterns: readonly string[]): (name: string) => boolean {
  const excluded = patterns.filter((each) => each.startsWith('!')).map((each) => interfaceGlob(each.slice(1)))
  const included = patterns.filter((each) => !each.startsWith('!')).map((each) => interfaceGlob(each))
  return (name) =>
    !excluded.some((each) => each.test(name)) && (included.length === 0 || included.some((each) => each.test(name)))
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
    using progress = this.#progress()
    let failure: Error | undefined
    // The first frames say when it began.
    let isCounted = tally.count(this.#intervalNs)
    yield {type: 'start', node, hello: this.#hello()}
    for (;;) {
      failure = this.#refusal()
      if (failure !== undefined) break
      if (!isCounted) {
        progress.hide()
        yield* this.#drain({final: false, isPart: tally.isFull})
      } else {
        progress.show(this.#progressNow())
        const more = await this.#fill()
        if (more instanceof Error) failure = more
        if (more !== true) break
      }
      isCounted = tally.count(this.#untilNs())
    }
    progress.hide()
    yield* this.#drain({final: true, isPart: false})
    yield* this.#notices()
    yield this.#end(failure ?? this.#unmatched())
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

  #refusal(): Error | undefined {
    const {tally, options} = this.#parts
    if (options.filter.direction === undefined || tally.hasDirections) return undefined
    return badUsage(
      'The capture does not tell which way its frames went, and --direction asks for one',
      'Leave --direction out. Directions are in pcapng with packet flags, and in captures of -i any (SLL).',
    )
  }

  #unmatched(): Error | undefined {
    const {tally, file, options} = this.#parts
    if (options.interfaces.length === 0 || file.frames === 0 || tally.isAnyChosen) return undefined
    const names = [...new Set(file.interfaces.map(({name}) => name))]
    const some = names.slice(0, 8).join(', ') + (names.length > 8 ? ' …' : '')
    return badUsage(
      `No interface of the capture matches ${options.interfaces.map((each) => `-i ${each}`).join(' ')}`,
      `It has frames of: ${some}`,
    )
  }

  *#notices(): Generator<SourceEvent> {
    for (const [link, frames] of this.#parts.tally.otherLinks) {
      const text = `${plural(frames, 'frame')} of ${link} cannot be decoded, and are counted as undecodable: not-readable.`
      yield {type: 'notice', node, text}
    }
  }

  #end(failure: Error | undefined): SourceEvent {
    const stopped = {type: 'stopped', removed: {programs: 0, links: 0, maps: 0}, clean: true, remains: []} as const
    return {type: 'end', node, end: {stopped, ...(failure === undefined ? {} : {failure})}}
  }

  #progress(): CaptureProgress {
    const {isQuiet} = this.#parts.options
    const isShown = process.stderr.isTTY && process.env['TERM'] !== 'dumb' && !isQuiet
    const columns = isShown ? process.stderr.columns : undefined
    return new CaptureProgress(this.#parts.file.path, columns, (text) => process.stderr.write(text))
  }

  #progressNow() {
    const {file} = this.#parts
    const {consumed, total} = file.progress
    return {consumed, total, frames: file.frames}
  }
}
