import type {Counts} from '../events/conversation-row.ts'
import type {Summary} from '../events/summary.ts'

/** What `node` says of lines that come from a file. */
export const captureNode = 'capture'
const nothing: Counts = {packets: 0, bytes: 0}

/** What became of a capture's frames, by its own clock. */
export class CaptureCounts {
  readonly #seen = {...nothing}
  readonly #passed = {...nothing}
  readonly #undecodable = {...nothing}
  readonly #reasons = new Map<string, number>()
  #firstNs: bigint | undefined
  #lastNs = 0n

  get hasSeen(): boolean {
    return this.#seen.packets > 0
  }

  /** Of the first frame, since 1970. */
  get firstNs(): bigint {
    return this.#firstNs ?? 0n
  }

  get lastNs(): bigint {
    return this.#lastNs
  }

  see(timeNs: bigint, bytes: number): void {
    this.#firstNs ??= timeNs
    this.#lastNs = timeNs
    add(this.#seen, bytes)
  }

  /** Told, as its verb understands it; what is neither told nor refused counts as filtered. */
  pass(bytes: number): void {
    add(this.#passed, bytes)
  }

  refuse(reason: string, bytes: number): void {
    add(this.#undecodable, bytes)
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
  }

  /** With what broke the capture off, if something did. */
  summary(
    file: string,
    {failure, icmp = new Map()}: {readonly failure: Error | undefined; readonly icmp?: ReadonlyMap<string, number>},
  ): Summary {
    const [seen, inFlows, undecodable] = [{...this.#seen}, {...this.#passed}, {...this.#undecodable}]
    return {
      node: captureNode,
      target: file,
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
      icmp,
      copies: {copied: 0, overBudget: new Map(), ringFull: 0},
      losses: {neighbours: 0, retransmissions: 0, drops: 0},
      removed: {programs: 0, links: 0, maps: 0, pods: []},
      clean: failure === undefined,
      remains: [],
      failure: failure?.message,
      isComplete: true,
    }
  }
}

function add(counts: {packets: number; bytes: number}, bytes: number): void {
  counts.packets++
  counts.bytes += bytes
}
