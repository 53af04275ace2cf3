import {BoundedMap} from './bounded-map.ts'
import type {Finding} from './finding.ts'
import {isChained} from './extension-faults.ts'
import {type NeighbourMessage, readNeighbourMessage} from './neighbour-message.ts'
import {NodeView} from './node-view.ts'
import {type ClusterFacts, noCluster, type Observation} from './observation.ts'
import type {Context, DiagnosisOptions, Rule, RuleKind} from './rule.ts'
import {ruleKinds} from './rules.ts'
import {Sightings} from './sightings.ts'

/** In place of an ICMPv6 type: none, or none that rules read. */
const noType = 256
const tickNs = 100_000_000n
const remembered = 4096

/**
 * Evidence in, findings out. It knows no clock but the times of what it hears and of `tick`, and its memory is bounded
 * whatever it hears. Repeats are not folded here: see FindingLedger.
 */
export class Diagnosis {
  readonly #kinds: readonly RuleKind[]
  readonly #rules: readonly Rule[]
  /** Rules that need a packet, by its ICMPv6 type and whether it has a chain: most packets concern few. */
  readonly #concerned: (readonly Rule[] | undefined)[] = []
  readonly #context: Context & {readonly node: NodeView}
  readonly #sightings = new Sightings()
  /** When each key was last said, so that one packet at three interfaces says it once. */
  readonly #said = new BoundedMap<string, bigint>(remembered)
  #tickedNs: bigint | undefined

  constructor({
    cluster = noCluster,
    options = {},
    kinds = ruleKinds,
  }: {
    readonly cluster?: ClusterFacts
    readonly options?: DiagnosisOptions
    readonly kinds?: readonly RuleKind[]
  } = {}) {
    this.#kinds = kinds
    this.#rules = kinds.map((kind) => kind.make())
    this.#context = {cluster, options, node: new NodeView(cluster)}
  }

  hear(observation: Observation): readonly Finding[] {
    const findings = [...this.tick(observation.timeNs)]
    if (observation.type === 'facts') this.#context.node.learn(observation.facts)
    const message = readNeighbourMessage(observation, this.#sightings.isSeenElsewhere)
    for (const rule of this.#rulesFor(observation, message)) {
      for (const item of rule.hear(observation, this.#context, message)) {
        if (message?.isRepeat === true && this.#isSaidJustNow(item)) continue
        findings.push(item)
        this.#said.set(item.key, item.timeNs)
      }
    }
    return findings
  }

  #rulesFor(observation: Observation, message: NeighbourMessage | undefined): readonly Rule[] {
    if (observation.type !== 'packet') return this.#rules
    const type = message?.icmp.type ?? noType
    const isLinked = isChained(observation.packet)
    const place = 2 * type + (isLinked ? 1 : 0)
    return (this.#concerned[place] ??= this.#rules.filter((_, index) => {
      const hears = this.#kinds[index]?.hears
      if (hears === undefined || hears.packets === 'all') return true
      return hears.types.includes(type) || (isLinked && hears.packets === 'chained')
    }))
  }

  /** Time has passed up to `nowNs`: what waited for something that did not come is told. */
  tick(nowNs: bigint): readonly Finding[] {
    this.#tickedNs ??= nowNs
    if (nowNs - this.#tickedNs < tickNs) return []
    return this.#tickNow(nowNs)
  }

  /** Nothing more will be heard. */
  end(nowNs: bigint): readonly Finding[] {
    return [...this.#tickNow(nowNs), ...this.#rules.flatMap((rule) => [...(rule.end?.(nowNs, this.#context) ?? [])])]
  }

  #tickNow(nowNs: bigint): readonly Finding[] {
    this.#tickedNs = nowNs
    return this.#rules.flatMap((rule) => [...(rule.tick?.(nowNs, this.#context) ?? [])])
  }

  #isSaidJustNow(item: Finding): boolean {
    const saidNs = this.#said.get(item.key)
    return saidNs !== undefined && item.timeNs - saidNs < 1_000_000_000n
  }
}
