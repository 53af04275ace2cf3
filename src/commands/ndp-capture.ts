import type {CapturedFrame} from '../capture/read-capture.ts'
import {icmpCountName} from '../events/icmp-names.ts'
import {icmpv6Of, isTold} from '../events/ndp-message.ts'
import {NdpNode, type NdpNews} from '../events/ndp-node.ts'
import type {Palette} from '../output/colour.ts'
import {decodeFrame} from '../packet/decode.ts'
import type {Packet} from '../packet/packet.ts'
import {CaptureCounts, captureNode} from './capture-counts.ts'
import {tellCapture, type Telling} from './capture-telling.ts'
import {ending, isAsked, told} from './ndp-lines.ts'
import type {NdpRequest} from './ndp-request.ts'

interface CaptureOptions {
  readonly request: NdpRequest
  readonly file: string
  readonly palette: Palette
}

/** `ndp --input-file`: the same words and rules over a capture, by its own clock. */
export async function ndpCapture(options: CaptureOptions): Promise<NdpNode> {
  const telling = new NdpTelling(options)
  await tellCapture(options.file, options.request.run, telling)
  return telling.ndp
}

class NdpTelling implements Telling {
  readonly ndp: NdpNode
  readonly #options: CaptureOptions
  readonly #counts = new CaptureCounts()
  readonly #icmp = new Map<string, number>()

  constructor(options: CaptureOptions) {
    this.#options = options
    const {icmpTypes: types, expected} = options.request
    this.ndp = new NdpNode(captureNode, {hearsAll: true, types, expected})
  }

  get hasHeard(): boolean {
    return this.#counts.hasSeen
  }

  hear({frame, timeNs, interface: name, direction, number}: CapturedFrame): string {
    const packet = decodeFrame(frame)
    this.#count(timeNs, packet)
    return this.#tell(this.ndp.hear({timeNs, interface: name, direction, packet, frame: number}))
  }

  skip(timeNs: bigint, bytes: number): void {
    this.#counts.see(timeNs, bytes)
    this.#counts.refuse('not-readable', bytes)
  }

  end(failure: Error | undefined): string {
    const {request, palette, file} = this.#options
    const last = this.#tell(this.ndp.rest(this.#counts.lastNs))
    const {form = 'text'} = request.run.view
    const summary = this.#counts.summary(file, {failure, icmp: this.#icmp})
    return last + ending(summary, form, {palette, timeNs: this.#counts.lastNs, findings: this.ndp.counts})
  }

  #count(timeNs: bigint, packet: Packet): void {
    const {bytes} = packet
    this.#counts.see(timeNs, bytes)
    const message = icmpv6Of(packet)
    if (message !== undefined && isTold(message, this.#options.request.icmpTypes)) {
      this.#counts.pass(bytes)
      const name = icmpCountName({family: 6, type: message.type})
      this.#icmp.set(name, (this.#icmp.get(name) ?? 0) + 1)
    } else if (packet.ip?.family === 6 && packet.problem !== undefined) {
      this.#counts.refuse(packet.problem.reason, bytes)
    }
  }

  #tell(all: Iterable<NdpNews>): string {
    const {request, palette} = this.#options
    const {form = 'text', timeFormat} = request.run.view
    const options = {
      palette,
      timeFormat,
      startNs: this.#counts.firstNs,
      isWide: form === 'wide',
      node: undefined,
      nodeName: captureNode,
      facts: undefined,
      labelOf: () => undefined,
    }
    let text = ''
    for (const news of all) if (isAsked(news, request)) text += told(news, form, options)
    return text
  }
}
