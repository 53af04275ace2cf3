import {solicitedNodeOf} from '../diagnosis/address-text.ts'
import type {FoldedFinding} from '../diagnosis/finding-ledger.ts'
import type {Severity} from '../diagnosis/finding.ts'
import {FoldedDiagnosis} from '../diagnosis/folding.ts'
import {type ClusterKnowledge, noCluster, type Observation} from '../diagnosis/observation.ts'
import type {Expected} from '../diagnosis/rule.ts'
import type {Icmpv6Message} from '../packet/icmpv6-message.ts'
import type {Packet} from '../packet/packet.ts'
import type {NodeFacts} from '../protocol/facts.ts'
import {type HeardPacket, icmpv6Of, isTold} from './ndp-message.ts'
import {IcmpCounts} from './icmp-counts.ts'
import type {HeardChange} from './neighbour-text.ts'
import type {NodeState} from './node-state.ts'
import {type Resolution, ResolutionBook} from './resolution-book.ts'

export type NdpNews =
  | {readonly type: 'message'; readonly heard: HeardPacket; readonly message: Icmpv6Message}
  | {readonly type: 'resolution'; readonly resolution: Resolution}
  | {readonly type: 'neighbour'; readonly heard: HeardChange}
  | {readonly type: 'finding'; readonly folded: FoldedFinding}

export interface NdpNodeOptions {
  /** Of a capture, where no budget leaves a packet out. */
  readonly hearsAll: boolean
  /** ICMPv6 types that are told beside those that `isTold`. */
  readonly types?: readonly number[]
  readonly knowledge?: ClusterKnowledge | undefined
  readonly expected?: Expected
}

/** What one node's neighbour discovery comes to: messages, what they settle, and what is wrong. */
export class NdpNode {
  readonly #node: string
  readonly #types: readonly number[]
  readonly #resolutions: ResolutionBook
  readonly #counts = new IcmpCounts()
  readonly #diagnosis: FoldedDiagnosis

  #facts: NodeFacts | undefined

  constructor(node: string, {hearsAll, types = [], knowledge, expected = {}}: NdpNodeOptions) {
    this.#node = node
    this.#types = types
    this.#resolutions = new ResolutionBook(node)
    const cluster = knowledge?.(() => this.#facts) ?? noCluster
    this.#diagnosis = new FoldedDiagnosis({cluster, options: {...expected, hearsAll}})
  }

  /** Different findings by severity. */
  get counts(): Readonly<Record<Severity, number>> {
    return this.#diagnosis.counts
  }

  hasFound(severity: Severity): boolean {
    return this.#diagnosis.hasFound(severity)
  }

  *hear(met: Omit<HeardPacket, 'node'>): Generator<NdpNews> {
    const heard = {...met, node: this.#node}
    const message = icmpv6Of(heard.packet)
    if (message !== undefined && isTold(message, this.#types)) {
      yield {type: 'message', heard, message}
      for (const resolution of this.#resolutions.hear(heard)) yield {type: 'resolution', resolution}
    }
    yield* this.observe([{type: 'packet', ...met}])
  }

  /** What the kernel did to its neighbour table. */
  *learn(met: Omit<HeardChange, 'node'>): Generator<NdpNews> {
    yield {type: 'neighbour', heard: {...met, node: this.#node}}
    yield* this.observe([{type: 'neighbour', ...met}])
  }

  /** Whatever else the rules judge by. */
  *observe(observations: Iterable<Observation>): Generator<NdpNews> {
    for (const each of observations) {
      if (each.type === 'facts') this.#facts = each.facts
      yield* findings(this.#diagnosis.hear(each))
    }
  }

  /** The kernel has told its counts, and time has passed. */
  *drained(state: NodeState): Generator<NdpNews> {
    yield* this.observe(this.#counts.since(state))
    for (const resolution of this.#resolutions.tick(state.nowNs)) yield {type: 'resolution', resolution}
    yield* findings(this.#diagnosis.tick(state.nowNs))
  }

  /** At the end: what has waited long enough by then, and what was counted on since it was last told. */
  *rest(nowNs: bigint): Generator<NdpNews> {
    for (const resolution of this.#resolutions.tick(nowNs)) yield {type: 'resolution', resolution}
    yield* findings(this.#diagnosis.end(nowNs))
  }
}

function* findings(all: Iterable<FoldedFinding>): Generator<NdpNews> {
  for (const folded of all) yield {type: 'finding', folded}
}

/** Whether it concerns this address: as an end, a target, a group that it listens to, or in what an error quotes. */
export function concerns(news: NdpNews, ip: string): boolean {
  if (news.type === 'resolution') return news.resolution.target === ip || news.resolution.asker === ip
  if (news.type === 'neighbour') return news.heard.change.ip === ip
  if (news.type === 'finding')
    return [news.folded.finding.detail, news.folded.finding.key].some((text) => text.split(/[\s,;()/]+/).includes(ip))
  return isEnd(news.heard.packet, ip) || isNamed(news.message, ip)
}

const isEnd = ({ip}: Packet, address: string): boolean => ip?.source === address || ip?.destination === address

function isNamed({body}: Icmpv6Message, ip: string): boolean {
  const groups = [ip, solicitedNodeOf(ip)]
  if ('target' in body && body.target === ip) return true
  if ('destination' in body && body.destination === ip) return true
  if ('group' in body) return groups.includes(body.group)
  if ('records' in body) return body.records.some(({group}) => groups.includes(group))
  return body.kind === 'error' && body.quoted !== undefined && isEnd(body.quoted, ip)
}
