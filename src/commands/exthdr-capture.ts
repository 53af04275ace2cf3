import {FrameCursor} from '../capture/frame-cursor.ts'
import {directionOf, LinkWalk} from '../capture/network-place.ts'
import {isUnfiltered, packetFilter} from '../capture/packet-filter.ts'
import {chainEndOf, decoded, otherFamily, PacketWalk} from '../capture/packet-walk.ts'
import type {CapturedFrame} from '../capture/read-capture.ts'
import {endsOddly} from '../diagnosis/extension-faults.ts'
import {ChainTally, type ToldEnd} from '../events/extension-chains.ts'
import {ExtensionNode, type ExtensionNews} from '../events/extension-node.ts'
import {extensionFields, extensionSummary, extensionText} from '../events/extension-summary.ts'
import {summaryObject} from '../events/summary-json.ts'
import {summaryText} from '../events/summary-text.ts'
import {type Direction, undecodableReasons} from '../generated/words.ts'
import type {Palette} from '../output/colour.ts'
import {jsonLine} from '../output/json.ts'
import {decodeFrame} from '../packet/decode.ts'
import {CaptureCounts, captureNode} from './capture-counts.ts'
import {noDirections} from './capture-request.ts'
import {tellCapture, type Telling} from './capture-telling.ts'
import {jsonOf, textOf} from './exthdr-lines.ts'
import type {ExthdrRequest} from './exthdr-request.ts'

const notReadable = undecodableReasons.indexOf('not-readable')

interface CaptureOptions {
  readonly request: ExthdrRequest
  readonly file: string
  readonly palette: Palette
}

/** `exthdr --input-file`: the same words and rules over a capture, by its own clock; each packet is told. */
export async function exthdrCapture(options: CaptureOptions): Promise<ExtensionNode> {
  const telling = new ExtensionTelling(options)
  await tellCapture(options.file, options.request.run, telling)
  return telling.node
}

class ExtensionTelling implements Telling {
  readonly node = new ExtensionNode(captureNode, {hearsAll: true})
  readonly #options: CaptureOptions
  readonly #counts = new CaptureCounts()
  readonly #place = new LinkWalk()
  readonly #walk = new PacketWalk()
  readonly #cursor = new FrameCursor()
  readonly #chains = new ChainTally()
  readonly #passes: (walk: PacketWalk) => boolean
  readonly #fragmentSets: number[] = new Array<number>(16).fill(0)

  constructor(options: CaptureOptions) {
    this.#options = options
    this.#passes = packetFilter(options.request.run.filter.kernel)
  }

  get hasHeard(): boolean {
    return this.#counts.hasSeen
  }

  hear(captured: CapturedFrame): string {
    const {frame, timeNs} = captured
    const {bytes, length, link} = frame
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    Object.assign(this.#cursor, {captured: bytes.byteLength, length, direction: captured.direction})
    const direction = directionOf(view, this.#cursor, link)
    const asked = this.#kernelFilter.direction
    if (asked !== undefined && direction === undefined) throw noDirections()
    const verdict = this.#decode(view, link)
    this.#counts.see(timeNs, this.#walk.bytes)
    if (verdict === otherFamily) return ''
    if (verdict !== decoded) this.#counts.refuse(undecodableReasons[verdict] ?? 'not-readable', this.#walk.bytes)
    const isWanted = (asked === undefined || asked === direction) && this.#isAskedFor(verdict)
    return isWanted ? this.#take(captured, direction, this.#endOf(verdict)) : ''
  }

  skip(timeNs: bigint, bytes: number): void {
    this.#counts.see(timeNs, bytes)
    this.#counts.refuse('not-readable', bytes)
  }

  end(failure: Error | undefined): string {
    const {request, palette, file} = this.#options
    const {form, top} = request.run.view
    this.node.chains.learn(this.#chains.counts)
    const last = this.#tell(this.node.rest(this.#counts.lastNs))
    const findings = this.node.counts
    const overflow = {packets: 0, bytes: 0}
    const met = extensionSummary([{node: this.node, fragmentSets: [this.#fragmentSets], overflow}], top)
    const summary = this.#counts.summary(file, {failure})
    if (form === 'json') {
      const fields = summaryObject(summary, {timeNs: this.#counts.lastNs, top: [], findings})
      return last + jsonLine({...fields, ...extensionFields(met)})
    }
    return last + extensionText(met, palette, () => undefined) + summaryText(summary, {top: [], palette, findings})
  }

  get #kernelFilter() {
    return this.#options.request.run.filter.kernel
  }

  #decode(view: DataView, link: CapturedFrame['frame']['link']): number {
    const verdict = this.#place.find(view, this.#cursor, link)
    this.#walk.bytes = this.#place.available
    this.#walk.depth = 0
    if (verdict !== decoded) return verdict
    if (!this.#kernelFilter.families.includes(this.#place.family)) return otherFamily
    return this.#walk.decode(view, this.#place)
  }

  /** Of a chain without an end nobody knows what is behind it, so no filter can choose it. */
  #isAskedFor(verdict: number): boolean {
    if (verdict === decoded) return this.#passes(this.#walk)
    return this.#endOf(verdict) !== undefined && isUnfiltered(this.#kernelFilter)
  }

  #endOf(verdict: number): ToldEnd | undefined {
    if (verdict === notReadable && this.#walk.depth > 0) return 'cut'
    return chainEndOf(verdict, this.#walk.depth)
  }

  #take(captured: CapturedFrame, direction: Direction | undefined, end: ToldEnd = 'decoded'): string {
    const {bytes, marks, depth, protocol} = this.#walk
    const {frame, timeNs, interface: name, number} = captured
    if (end === 'decoded') {
      const set = (marks >> 16) & 0xf
      this.#counts.pass(bytes)
      this.#fragmentSets[set] = (this.#fragmentSets[set] ?? 0) + 1
    }
    if (this.#place.family !== 6) return ''
    if (depth === 0 && end === 'decoded' && !endsOddly(protocol)) return ''
    const packet = decodeFrame(frame)
    const headers = packet.chain.slice(0, depth).map((header) => header.name)
    if (depth > 0 || end !== 'decoded') this.#chains.add({direction, headers, protocol, end, bytes})
    return this.#tell(this.node.hear({timeNs, interface: name, direction, packet, frame: number}))
  }

  #tell(all: Iterable<ExtensionNews>): string {
    const {request, palette} = this.#options
    const {form, timeFormat} = request.run.view
    const startNs = this.#counts.firstNs
    const options = {palette, timeFormat, startNs, isWide: form === 'wide', node: undefined, labelOf: () => undefined}
    let text = ''
    for (const news of all) {
      if (request.isFindingsOnly && news.type !== 'finding') continue
      text += form === 'json' ? jsonOf(news, captureNode) : textOf(news, options)
    }
    return text
  }
}
