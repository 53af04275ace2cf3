import {extensions} from '../diagnosis/extension-rules.ts'
import type {FoldedFinding} from '../diagnosis/finding-ledger.ts'
import type {Severity} from '../diagnosis/finding.ts'
import {FoldedDiagnosis} from '../diagnosis/folding.ts'
import {fragments} from '../diagnosis/fragment-rules.ts'
import type {Observation} from '../diagnosis/observation.ts'
import {ChainBook, type ChainRow, type CountedChain} from './extension-chains.ts'
import {SourceBook} from './extension-sources.ts'
import type {HeardPacket} from './ndp-message.ts'

export type ExtensionNews =
  | {readonly type: 'packet'; readonly heard: HeardPacket}
  | {readonly type: 'chain'; readonly timeNs: bigint; readonly row: ChainRow}
  | {readonly type: 'finding'; readonly folded: FoldedFinding}

/** What one node's extension headers come to: exact counts by chain, details of the packets that were copied, and what is wrong. */
export class ExtensionNode {
  readonly chains = new ChainBook()
  readonly sources = new SourceBook()
  readonly #node: string
  readonly #diagnosis: FoldedDiagnosis
  #copied = 0

  constructor(node: string, {hearsAll}: {readonly hearsAll: boolean}) {
    this.#node = node
    this.#diagnosis = new FoldedDiagnosis({kinds: [extensions, fragments], options: {hearsAll}})
  }

  /** Packets whose details were told. */
  get copied(): number {
    return this.#copied
  }

  /** Different findings by severity. */
  get counts(): Readonly<Record<Severity, number>> {
    return this.#diagnosis.counts
  }

  hasFound(severity: Severity): boolean {
    return this.#diagnosis.hasFound(severity)
  }

  /** Without a header it is only judged: such packets are copied for how they end. */
  *hear(met: Omit<HeardPacket, 'node'>): Generator<ExtensionNews> {
    if (met.packet.chain.length > 0) {
      this.#copied++
      this.sources.add(met.packet)
      yield {type: 'packet', heard: {...met, node: this.#node}}
    }
    yield* this.observe({type: 'packet', ...met})
  }

  /** Cumulative counts by chain. */
  *learn(counts: readonly CountedChain[], timeNs: bigint): Generator<ExtensionNews> {
    for (const row of this.chains.learn(counts)) yield {type: 'chain', timeNs, row}
  }

  /** Whatever else the rules judge by. */
  *observe(observation: Observation): Generator<ExtensionNews> {
    yield* findings(this.#diagnosis.hear(observation))
  }

  /** Time has passed. */
  *tick(nowNs: bigint): Generator<ExtensionNews> {
    yield* findings(this.#diagnosis.tick(nowNs))
  }

  /** At the end: what was counted on since it was last told. */
  *rest(nowNs: bigint): Generator<ExtensionNews> {
    yield* findings(this.#diagnosis.end(nowNs))
  }
}

function* findings(all: Iterable<FoldedFinding>): Generator<ExtensionNews> {
  for (const folded of all) yield {type: 'finding', folded}
}
