import {type CapturedFrame, readCapture} from '../capture/read-capture.ts'
import {icmpCountName} from '../events/icmp-names.ts'
import {icmpv6Of, isTold} from '../events/ndp-message.ts'
import {NdpNode, type NdpNews} from '../events/ndp-node.ts'
import type {Summary} from '../events/summary.ts'
import type {Palette} from '../output/colour.ts'
import {decodeFrame} from '../packet/decode.ts'
import type {Packet} from '../packet/packet.ts'
import {Interruption} from './interruption.ts'
import {ending, isAsked, told} from './ndp-lines.ts'
import type {NdpRequest} from './ndp-request.ts'
import {Sink} from './sink.ts'

/** What `node` says of lines that come from a file. */
const node = 'capture'
const nothing = {packets: 0, bytes: 0}

interface CaptureOptions {
  readonly request: NdpRequest
  readonly file: string
  readonly palette: Palette
}

/** `ndp --input-file`: the same words and rules over a capture, by its own clock. */
export async function ndpCapture({request, file, palette}: CaptureOptions): Promise<NdpNode> {
  using interruption = new Interruption(() => undefined)
  const sink = new Sink(process.stdout, () => interruption.stop())
  const telling = new Telling({request, file, palette})
  try {
    for await (const batch of readCapture(file, {
      stop: interruption.signal,
      onOtherLink: (link) => telling.skip(link),
    })) {
      let text = ''
      for (const captured of batch) text += telling.hear(captured)
      await sink.write(text)
    }
  } catch (cause) {
    // What was readable is told first; of a file that could not be opened there is nothing to tell.
    if (telling.hasHeard) await sink.write(telling.end())
    throw cause
  }
  await sink.write(telling.end())
  return telling.ndp
}

class Telling {
  readonly ndp = new NdpNode(node, {hearsAll: true})
  readonly #options: CaptureOptions
  readonly #seen = {packets: 0, bytes: 0}
  readonly #told = {packets: 0, bytes: 0}
  readonly #undecodable = {packets: 0, bytes: 0}
  readonly #reasons = new Map<string, number>()
  readonly #icmp = new Map<string, number>()
  #firstNs: bigint | undefined
  #lastNs = 0n

  constructor(options: CaptureOptions) {
    this.#options = options
  }

  get hasHeard(): boolean {
    return this.#seen.packets > 0
  }

  hear(captured: CapturedFrame): string {
    const {timeNs, interface: name, direction, number} = captured
    this.#firstNs ??= timeNs
    this.#lastNs = timeNs
    const packet = decodeFrame(captured.frame)
    this.#count(packet)
    const met = {timeNs, interface: name, direction, packet, frame: number}
    return this.#tell(this.ndp.hear(met))
  }

  /** A frame of a link type that is not decoded. */
  skip(link: string): void {
    this.#add(this.#seen, 0)
    this.#add(this.#undecodable, 0)
    this.#reasons.set(`link type ${link}`, (this.#reasons.get(`link type ${link}`) ?? 0) + 1)
  }

  end(): string {
    const {request, palette} = this.#options
    const last = this.#tell(this.ndp.rest())
    const {form = 'text'} = request.run.view
    return last + ending(this.#summary(), form, {palette, timeNs: this.#lastNs, findings: this.ndp.counts})
  }

  #count(packet: Packet): void {
    const {bytes} = packet
    this.#add(this.#seen, bytes)
    const message = icmpv6Of(packet)
    if (message !== undefined && isTold(message)) {
      this.#add(this.#told, bytes)
      const name = icmpCountName({family: 6, type: message.type})
      this.#icmp.set(name, (this.#icmp.get(name) ?? 0) + 1)
    } else if (packet.ip?.family === 6 && packet.problem !== undefined) {
      this.#add(this.#undecodable, bytes)
      const {reason} = packet.problem
      this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
    }
  }

  #add(counts: {packets: number; bytes: number}, bytes: number): void {
    counts.packets++
    counts.bytes += bytes
  }

  #tell(all: Iterable<NdpNews>): string {
    const {request, palette} = this.#options
    const {form = 'text', timeFormat} = request.run.view
    const options = {
      palette,
      timeFormat,
      startNs: this.#firstNs ?? 0n,
      isWide: form === 'wide',
      node: undefined,
      nodeName: node,
      facts: undefined,
      labelOf: () => undefined,
    }
    let text = ''
    for (const news of all) if (isAsked(news, request)) text += told(news, form, options)
    return text
  }

  /** What this verb does not tell counts as filtered. */
  #summary(): Summary {
    const seen = {...this.#seen}
    const inFlows = {...this.#told}
    const undecodable = {...this.#undecodable}
    return {
      node,
      target: this.#options.file,
      seconds: Number(this.#lastNs - (this.#firstNs ?? this.#lastNs)) / 1e9,
      seen,
      filtered: {
        packets: seen.packets - inFlows.packets - undecodable.packets,
        bytes: seen.bytes - inFlows.bytes - undecodable.bytes,
      },
      inFlows,
      overflow: nothing,
      undecodable,
      reasons: this.#reasons,
      flows: 0,
      forgotten: 0,
      protocols: new Map(),
      classes: new Map(),
      icmp: this.#icmp,
      copies: {copied: 0, overBudget: new Map(), ringFull: 0},
      removed: {programs: 0, links: 0, maps: 0, pods: []},
      clean: true,
      isCapture: true,
      remains: [],
      failure: undefined,
      isComplete: true,
    }
  }
}
