import {FrameCursor} from '../capture/frame-cursor.ts'
import {directionOf, LinkWalk} from '../capture/network-place.ts'
import {packetFilter} from '../capture/packet-filter.ts'
import {decoded, otherFamily, PacketWalk} from '../capture/packet-walk.ts'
import {type CapturedFrame, readCapture} from '../capture/read-capture.ts'
import {ChainTally} from '../events/extension-chains.ts'
import {ExtensionNode, type ExtensionNews} from '../events/extension-node.ts'
import {extensionFields, extensionSummary, extensionText} from '../events/extension-summary.ts'
import {summaryObject} from '../events/summary-json.ts'
import type {Summary} from '../events/summary.ts'
import {summaryText} from '../events/summary-text.ts'
import {type Direction, undecodableReasons} from '../generated/words.ts'
import type {Palette} from '../output/colour.ts'
import {jsonLine} from '../output/json.ts'
import {decodeFrame} from '../packet/decode.ts'
import {interfaceChoice} from './capture-source.ts'
import {jsonOf, textOf} from './exthdr-lines.ts'
import type {ExthdrRequest} from './exthdr-request.ts'
import {Interruption} from './interruption.ts'
import {Sink} from './sink.ts'

/** What `node` says of lines that come from a file. */
const node = 'capture'

interface CaptureOptions {
  readonly request: ExthdrRequest
  readonly file: string
  readonly palette: Palette
}

/** `exthdr --input-file`: the same words and rules over a capture, by its own clock; each packet is told. */
export async function exthdrCapture(options: CaptureOptions): Promise<ExtensionNode> {
  using interruption = new Interruption(() => undefined)
  const sink = new Sink(process.stdout, () => interruption.stop())
  const telling = new Telling(options)
  const stop = interruption.signal
  try {
    for await (const batch of readCapture(options.file, {stop, onOtherLink: (link) => telling.skip(link)})) {
      let text = ''
      for (const captured of batch) text += telling.hear(captured)
      await sink.write(text)
    }
  } finally {
    await sink.write(telling.end())
  }
  return telling.node
}

class Telling {
  readonly node = new ExtensionNode(node, {hearsAll: true})
  readonly #options: CaptureOptions
  readonly #place = new LinkWalk()
  readonly #walk = new PacketWalk()
  readonly #cursor = new FrameCursor()
  readonly #chains = new ChainTally()
  readonly #isChosen: (name: string) => boolean
  readonly #passes: (walk: PacketWalk) => boolean
  readonly #seen = {packets: 0, bytes: 0}
  readonly #passed = {packets: 0, bytes: 0}
  readonly #undecodable = {packets: 0, bytes: 0}
  readonly #reasons = new Map<string, number>()
  readonly #fragmentSets: number[] = new Array<number>(16).fill(0)
  #firstNs: bigint | undefined
  #lastNs = 0n

  constructor(options: CaptureOptions) {
    const {filter, interfaces} = options.request.run
    this.#options = options
    this.#isChosen = interfaceChoice(interfaces)
    this.#passes = packetFilter(filter.kernel)
  }

  hear(captured: CapturedFrame): string {
    if (!this.#isChosen(captured.interface)) return ''
    const {frame, timeNs} = captured
    this.#firstNs ??= timeNs
    this.#lastNs = timeNs
    const {bytes, length, link} = frame
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    Object.assign(this.#cursor, {captured: bytes.byteLength, length, direction: captured.direction})
    const verdict = this.#decode(view, link)
    add(this.#seen, this.#walk.bytes)
    if (verdict === otherFamily) return ''
    if (verdict !== decoded) {
      this.#refuse(undecodableReasons[verdict] ?? 'not-readable', this.#walk.bytes)
      return ''
    }
    const direction = directionOf(view, this.#cursor, link)
    return this.#isWanted(direction) ? this.#take(captured, direction) : ''
  }

  /** A frame of a link type that is not decoded. */
  skip(link: string): void {
    add(this.#seen, 0)
    this.#refuse(`link type ${link}`, 0)
  }

  end(): string {
    const {request, palette} = this.#options
    const {form, top} = request.run.view
    this.node.chains.learn(this.#chains.counts)
    const last = this.#tell(this.node.rest())
    const findings = this.node.counts
    const met = extensionSummary([{node: this.node, fragmentSets: [this.#fragmentSets], overflow: nothing}], top)
    const summary = this.#summary()
    if (form === 'json')
      return last + jsonLine({...summaryObject(summary, {timeNs: this.#lastNs, top: [], findings}), ...extensionFields(met)}) // prettier-ignore
    return last + extensionText(met, palette, () => undefined) + summaryText(summary, {top: [], palette, findings})
  }

  #decode(view: DataView, link: CapturedFrame['frame']['link']): number {
    const verdict = this.#place.find(view, this.#cursor, link)
    this.#walk.bytes = this.#place.available
    if (verdict !== decoded) return verdict
    if (!this.#options.request.run.filter.kernel.families.includes(this.#place.family)) return otherFamily
    return this.#walk.decode(view, this.#place)
  }

  #isWanted(direction: Direction | undefined): boolean {
    const {direction: asked} = this.#options.request.run.filter.kernel
    return (asked === undefined || asked === direction) && this.#passes(this.#walk)
  }

  #take({frame, timeNs, interface: name, number}: CapturedFrame, direction: Direction | undefined): string {
    const {bytes, marks, depth, protocol} = this.#walk
    add(this.#passed, bytes)
    const set = (marks >> 16) & 0xf
    this.#fragmentSets[set] = (this.#fragmentSets[set] ?? 0) + 1
    if (depth === 0) return ''
    const packet = decodeFrame(frame)
    const headers = packet.chain.slice(0, depth).map((header) => header.name)
    this.#chains.add({direction, headers, protocol, bytes})
    return this.#tell(this.node.hear({timeNs, interface: name, direction, packet, frame: number}))
  }

  #refuse(reason: string, bytes: number): void {
    add(this.#undecodable, bytes)
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
  }

  #tell(all: Iterable<ExtensionNews>): string {
    const {request, palette} = this.#options
    const {form, timeFormat} = request.run.view
    const options = {palette, timeFormat, startNs: this.#firstNs ?? 0n, isWide: form === 'wide', node: undefined}
    let text = ''
    for (const news of all) {
      if (request.isFindingsOnly && news.type !== 'finding') continue
      text += form === 'json' ? jsonOf(news, node) : textOf(news, {...options, labelOf: () => undefined})
    }
    return text
  }

  #summary(): Summary {
    const [seen, inFlows, undecodable] = [{...this.#seen}, {...this.#passed}, {...this.#undecodable}]
    return {
      node,
      target: this.#options.file,
      isCapture: true,
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
      icmp: new Map(),
      copies: {copied: 0, overBudget: new Map(), ringFull: 0},
      removed: {programs: 0, links: 0, maps: 0, pods: []},
      clean: true,
      remains: [],
      failure: undefined,
      isComplete: true,
    }
  }
}

const nothing = {packets: 0, bytes: 0}

function add(counts: {packets: number; bytes: number}, bytes: number): void {
  counts.packets++
  counts.bytes += bytes
}
